using System.Buffers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Costs;
using Beadswarm.Gates;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Landing.Queueing;
using Beadswarm.Storage;
using Beadswarm.Swarms;

namespace Beadswarm.Control;

/// <summary>
/// Asks the swarm that runs over a repository. One connection per request; every method throws a
/// <see cref="ControlException"/> of kind Gone when there is no swarm (any more).
/// </summary>
sealed class ControlClient(string socketPath) : IStoreReader
{
    const int ReadBytes = 64 * 1024;

    /// <summary>A swarm that says nothing for so long is stopped, or its machine is far too busy.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>Whether a swarm answers right now.</summary>
    public bool Answers() => ControlSocket.Locate(socketPath) is { } path && ControlSocket.Answers(path);

    public Task<SwarmRecord?> ReadSwarmAsync(CancellationToken cancellationToken) =>
        FindAsync(new(ControlOperations.Swarm), SwarmJson.Default.SwarmRecord, cancellationToken);

    /// <summary>The object that <c>status --format json</c> prints.</summary>
    public async Task<byte[]> ReadStatusJsonAsync(CancellationToken cancellationToken) =>
        (await AskAsync(new(ControlOperations.Status), cancellationToken)).ToArray();

    public Task<StatusSnapshot> ReadStatusAsync(CancellationToken cancellationToken) =>
        AskAsync(new(ControlOperations.Snapshot), SwarmJson.Default.StatusSnapshot, cancellationToken);

    public Task<IReadOnlyList<BeadWork>> ReadBeadsAsync(CancellationToken cancellationToken) =>
        AskAsync(new(ControlOperations.Beads), SwarmJson.Default.IReadOnlyListBeadWork, cancellationToken);

    public Task<BeadWork?> ReadBeadAsync(BeadId bead, CancellationToken cancellationToken) =>
        FindAsync(
            new(ControlOperations.Bead) { Bead = bead }, SwarmJson.Default.BeadWork, cancellationToken);

    public Task<IReadOnlyList<StageRun>> ReadHistoryAsync(
        BeadId? bead, AgentNumber? agent, int limit, CancellationToken cancellationToken) =>
        AskAsync(
            new(ControlOperations.History) { Bead = bead, Agent = agent, Limit = limit },
            SwarmJson.Default.IReadOnlyListStageRun, cancellationToken);

    public Task<IReadOnlyList<GateSummary>> ReadGatesAsync(CancellationToken cancellationToken) =>
        AskAsync(new(ControlOperations.Gates), SwarmJson.Default.IReadOnlyListGateSummary, cancellationToken);

    public Task<LandingQueue> ReadQueueAsync(CancellationToken cancellationToken) =>
        AskAsync(new(ControlOperations.Queue), SwarmJson.Default.LandingQueue, cancellationToken);

    public Task<TargetHealth?> ReadTargetHealthAsync(CancellationToken cancellationToken) =>
        FindAsync(new(ControlOperations.Health), SwarmJson.Default.TargetHealth, cancellationToken);

    public Task<IReadOnlyList<CostGroup>> ReadCostsAsync(CostQuery query, CancellationToken cancellationToken) =>
        AskAsync(
            new(ControlOperations.Costs) { Bead = query.Bead, Costs = query },
            SwarmJson.Default.IReadOnlyListCostGroup, cancellationToken);

    public Task<IReadOnlyList<LandingEntry>> ReadLandingsAsync(BeadId? bead, CancellationToken cancellationToken) =>
        AskAsync(
            new(ControlOperations.Landings) { Bead = bead }, SwarmJson.Default.IReadOnlyListLandingEntry,
            cancellationToken);

    public Task<IReadOnlyList<StoredArtifact>> ReadArtifactsAsync(BeadId bead, CancellationToken cancellationToken) =>
        AskAsync(
            new(ControlOperations.Artifacts) { Bead = bead }, SwarmJson.Default.IReadOnlyListStoredArtifact,
            cancellationToken);

    public Task<IReadOnlyList<JournalEntry>> ReadJournalAsync(
        long after, BeadId? bead, int limit, CancellationToken cancellationToken) =>
        AskAsync(
            new(ControlOperations.Journal) { Bead = bead, After = after, Limit = limit },
            SwarmJson.Default.IReadOnlyListJournalEntry, cancellationToken);

    public Task<CommandReply> DrainAsync(string reason, CancellationToken cancellationToken) =>
        AskAsync(
            new(ControlOperations.Drain) { Reason = reason }, SwarmJson.Default.CommandReply, cancellationToken);

    public Task<CommandReply> TerminateAsync(string reason, CancellationToken cancellationToken) =>
        AskAsync(
            new(ControlOperations.Terminate) { Reason = reason }, SwarmJson.Default.CommandReply, cancellationToken);

    public Task<CommandReply> RetryAsync(BeadId bead, CancellationToken cancellationToken) =>
        AskAsync(new(ControlOperations.Retry) { Bead = bead }, SwarmJson.Default.CommandReply, cancellationToken);

    public Task<CommandReply> ReleaseAsync(BeadId bead, string reason, CancellationToken cancellationToken) =>
        AskAsync(
            new(ControlOperations.Release) { Bead = bead, Reason = reason }, SwarmJson.Default.CommandReply,
            cancellationToken);

    /// <summary>Where the landings stood when the lander last looked.</summary>
    public Task<LineReport> ReadLineAsync(CancellationToken cancellationToken) =>
        AskAsync(new(ControlOperations.Line), SwarmJson.Default.LineReport, cancellationToken);

    public Task<CommandReply> AskQueueAsync(QueueRequest request, CancellationToken cancellationToken) =>
        AskAsync(ControlProtocol.Of(request), SwarmJson.Default.CommandReply, cancellationToken);

    public Task<CommandReply> AskPlanAsync(BeadId bead, PlanCall call, CancellationToken cancellationToken) =>
        AskAsync(
            new(ControlOperations.Plan) { Bead = bead, Plan = call }, SwarmJson.Default.CommandReply,
            cancellationToken);

    /// <summary>What an external agent is answered, as JSON; null while it is not done.</summary>
    public async Task<byte[]?> AskExternalAsync(ExternalCall call, CancellationToken cancellationToken)
    {
        var answer = await AskAsync(new(ControlOperations.External) { External = call }, cancellationToken);
        return answer.Span.SequenceEqual("null"u8) ? null : answer.ToArray();
    }

    /// <summary>The journal's entries after a sequence number, then new ones; ends when the swarm does.</summary>
    public async IAsyncEnumerable<JournalEntry> FollowAsync(
        long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var stream = await SendAsync(new(ControlOperations.Follow) { After = after }, cancellationToken);
        var lines = new LineReader(stream);
        while (await lines.ReadAsync(cancellationToken) is { } line)
        {
            yield return Read(ControlProtocol.ParseResponse(line), SwarmJson.Default.JournalEntry)
                ?? throw ControlProtocol.Unreadable(null);
        }
    }

    async Task<T> AskAsync<T>(ControlRequest request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class =>
        await FindAsync(request, type, cancellationToken) ?? throw ControlProtocol.Unreadable(null);

    /// <summary>As asking, where there may be nothing of what is asked for.</summary>
    async Task<T?> FindAsync<T>(ControlRequest request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class =>
        Read(await AskAsync(request, cancellationToken), type);

    static T? Read<T>(ReadOnlyMemory<byte> json, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json.Span, type);
        }
        catch (Exception error) when (error is JsonException or FormatException or NotSupportedException
            or InvalidOperationException)
        {
            throw ControlProtocol.Unreadable(error);
        }
    }

    async Task<ReadOnlyMemory<byte>> AskAsync(ControlRequest request, CancellationToken cancellationToken)
    {
        using var stream = await SendAsync(request, cancellationToken);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(AnswerTimeout);
        try
        {
            return ControlProtocol.ParseResponse(
                await new LineReader(stream).ReadAsync(patience.Token) ?? throw Gone(null));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ControlException(
                ControlErrorKind.Silent,
                $"nothing came for {AnswerTimeout.TotalSeconds:0.#} s");
        }
    }

    async Task<NetworkStream> SendAsync(ControlRequest request, CancellationToken cancellationToken)
    {
        var path = ControlSocket.Locate(socketPath) ?? throw Gone(null);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            var stream = new NetworkStream(socket, ownsSocket: true);
            await stream.WriteAsync(ControlProtocol.Format(request), cancellationToken);
            return stream;
        }
        catch (SocketException crowded) when (ControlSocket.IsCrowded(crowded))
        {
            socket.Dispose();
            throw new ControlException(
                ControlErrorKind.Busy, "too many clients wait for the swarm; try again", crowded);
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            socket.Dispose();
            throw Gone(error);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    static ControlException Gone(Exception? cause) => new(ControlErrorKind.Gone, "no swarm answers", cause);

    /// <summary>Splits what comes into lines of bounded length.</summary>
    sealed class LineReader(NetworkStream stream)
    {
        readonly ArrayBufferWriter<byte> _pending = new();
        byte[] _left = [];

        /// <summary>The next line, or null at the end. A line cut off by the end is no line.</summary>
        public async Task<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken cancellationToken)
        {
            _pending.ResetWrittenCount();
            _pending.Write(_left);
            var searched = 0;
            while (true)
            {
                var end = _pending.WrittenSpan[searched..].IndexOf((byte)'\n');
                if (end >= 0)
                {
                    var line = _pending.WrittenMemory[..(searched + end)].ToArray();
                    _left = _pending.WrittenMemory[(searched + end + 1)..].ToArray();
                    return line;
                }

                searched = _pending.WrittenCount;
                if (searched > ControlProtocol.ResponseBytesMax)
                {
                    throw new ControlException(
                        ControlErrorKind.TooLarge,
                        $"an answer is longer than {ControlProtocol.ResponseBytesMax} bytes");
                }

                var read = await ReceiveAsync(cancellationToken);
                if (read == 0)
                {
                    return null;
                }

                _pending.Advance(read);
            }
        }

        async Task<int> ReceiveAsync(CancellationToken cancellationToken)
        {
            try
            {
                return await stream.ReadAsync(_pending.GetMemory(ReadBytes), cancellationToken);
            }
            catch (IOException)
            {
                // Killed in the middle of an answer: the same as an end.
                return 0;
            }
        }
    }
}
