using System.Buffers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Beadswarm.Storage;

namespace Beadswarm.Control;

/// <summary>
/// Answers other processes of the same user on the swarm's control socket. A client that is slow, silent or malformed
/// costs
/// one of a bounded number of connections for a bounded time, and never the swarm.
/// </summary>
sealed class ControlServer : IAsyncDisposable
{
    readonly string _socketPath;
    readonly IStoreReader _store;
    readonly ControlCommands _commands;
    readonly TimeProvider _time;
    readonly Socket _listener;
    readonly CancellationTokenSource _close = new();
    readonly CancellationTokenSource _stop = new();
    readonly HashSet<Task> _conversations = [];
    readonly Lock _lock = new();
    readonly Task _accepting;

    /// <summary>Listens from here on.</summary>
    /// <param name="socketPath">The wanted place, from <see cref="ControlSocket.PathOf"/>.</param>
    public ControlServer(string socketPath, IStoreReader store, ControlCommands commands, TimeProvider time)
    {
        _socketPath = socketPath;
        _store = store;
        _commands = commands;
        _time = time;
        _listener = ControlSocket.Listen(socketPath);
        _accepting = AcceptAsync(_close.Token);
    }

    /// <summary>
    /// Stops listening, removes the socket, lets what is being answered come to its end for a short time, and ends it.
    /// May be called twice.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await _close.CancelAsync();
        await _accepting;
        _listener.Dispose();
        ControlSocket.Forget(_socketPath);
        Task[] left;
        lock (_lock)
        {
            left = [.. _conversations];
        }

        // Whoever follows the journal has its last entries still to come; one that does not read is not waited for.
        await Task.WhenAll(left).WaitAsync(PartingTime, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _stop.CancelAsync();
        await Task.WhenAll(left);
    }

    static readonly TimeSpan PartingTime = TimeSpan.FromSeconds(2);

    async Task AcceptAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Socket client;
            try
            {
                client = await _listener.AcceptAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException)
            {
                // One client that went away, or no free file descriptor: the next one may do better.
                await Task.Delay(AcceptPause, _time, cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            Begin(client, _stop.Token);
        }
    }

    static readonly TimeSpan AcceptPause = TimeSpan.FromMilliseconds(50);

    void Begin(Socket client, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _conversations.RemoveWhere(task => task.IsCompleted);
            if (_conversations.Count >= ControlProtocol.ConnectionsMax + ControlProtocol.RefusalsMax)
            {
                client.Dispose();
                return;
            }

            var busy = _conversations.Count >= ControlProtocol.ConnectionsMax;
            _conversations.Add(ConverseAsync(client, busy, cancellationToken));
        }
    }

    async Task ConverseAsync(Socket client, bool busy, CancellationToken cancellationToken)
    {
        // Begin holds a lock while this starts.
        await Task.Yield();
        using var stream = new NetworkStream(client, ownsSocket: true);
        try
        {
            if (busy)
            {
                throw new ControlException(
                    ControlErrorKind.Busy, $"{ControlProtocol.ConnectionsMax} connections are open already; try again");
            }

            var line = await ReadRequestAsync(stream, cancellationToken);
            await AnswerAsync(stream, ControlProtocol.ParseRequest(line.Span), cancellationToken);
        }
        catch (ControlException error)
        {
            await RefuseAsync(stream, error.Kind, error.Message, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The client took too long, or we stop.
        }
        catch (Exception error)
        {
            // A question must never bring the swarm down, whatever the store, a command or the connection threw.
            await RefuseAsync(stream, ControlErrorKind.Failed, error.Message, cancellationToken);
        }
    }

    async Task<ReadOnlyMemory<byte>> ReadRequestAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(ControlProtocol.LineTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var buffer = new byte[ControlProtocol.RequestBytesMax];
        var length = 0;
        while (true)
        {
            if (length == buffer.Length)
            {
                throw new ControlException(
                    ControlErrorKind.TooLarge, $"a request is at most {ControlProtocol.RequestBytesMax} bytes");
            }

            var read = await stream.ReadAsync(buffer.AsMemory(length), either.Token);
            if (read == 0)
            {
                throw new IOException("the client closed the connection before its request was whole");
            }

            var end = buffer.AsSpan(length, read).IndexOf((byte)'\n');
            if (end >= 0)
            {
                return buffer.AsMemory(0, length + end);
            }

            length += read;
        }
    }

    async Task AnswerAsync(NetworkStream stream, ControlRequest request, CancellationToken cancellationToken)
    {
        var json = SwarmJson.Default;
        switch (request.Operation)
        {
            case ControlOperations.Status:
                await SendAsync(stream, await ReadStatusAsync(cancellationToken), cancellationToken);
                break;
            case ControlOperations.StatusText when _commands.StatusText is { } render:
                var text = Encoding.UTF8.GetBytes(
                    render(await ReadStatusAsync(cancellationToken), request.Limit));
                await SendAsync(
                    stream, Encoding.ASCII.GetBytes($"\"{Convert.ToBase64String(text)}\""), cancellationToken);
                break;
            case ControlOperations.Snapshot:
                await SendAsync(
                    stream, await _store.ReadStatusAsync(cancellationToken), json.StatusSnapshot, cancellationToken);
                break;
            case ControlOperations.Swarm:
                await SendAsync(
                    stream, await _store.ReadSwarmAsync(cancellationToken), json.SwarmRecord!, cancellationToken);
                break;
            case ControlOperations.Beads:
                await SendAsync(
                    stream, await _store.ReadBeadsAsync(cancellationToken), json.IReadOnlyListBeadWork,
                    cancellationToken);
                break;
            case ControlOperations.Bead:
                await SendAsync(
                    stream, await _store.ReadBeadAsync(BeadOf(request), cancellationToken), json.BeadWork!,
                    cancellationToken);
                break;
            case ControlOperations.History:
                await SendAsync(
                    stream,
                    await _store.ReadHistoryAsync(request.Bead, request.Agent, request.Limit, cancellationToken),
                    json.IReadOnlyListStageRun, cancellationToken);
                break;
            case ControlOperations.Costs when request.Costs is { } query:
                await SendAsync(
                    stream, await _store.ReadCostsAsync(query, cancellationToken), json.IReadOnlyListCostGroup,
                    cancellationToken);
                break;
            case ControlOperations.Queue:
                await SendAsync(
                    stream, await _store.ReadQueueAsync(cancellationToken), json.LandingQueue, cancellationToken);
                break;
            case ControlOperations.Health:
                await SendAsync(
                    stream, await _store.ReadTargetHealthAsync(cancellationToken), json.TargetHealth!,
                    cancellationToken);
                break;
            case ControlOperations.Line when _commands.Line is { } line:
                await SendAsync(stream, await line(cancellationToken), json.LineReport, cancellationToken);
                break;
            case ControlOperations.Gates:
                await SendAsync(
                    stream, await _store.ReadGatesAsync(cancellationToken), json.IReadOnlyListGateSummary,
                    cancellationToken);
                break;
            case ControlOperations.Landings:
                await SendAsync(
                    stream, await _store.ReadLandingsAsync(request.Bead, cancellationToken),
                    json.IReadOnlyListLandingEntry, cancellationToken);
                break;
            case ControlOperations.Artifacts:
                await SendAsync(
                    stream, await _store.ReadArtifactsAsync(BeadOf(request), cancellationToken),
                    json.IReadOnlyListStoredArtifact, cancellationToken);
                break;
            case ControlOperations.Journal:
                await SendAsync(
                    stream,
                    await _store.ReadJournalAsync(request.After, request.Bead, request.Limit, cancellationToken),
                    json.IReadOnlyListJournalEntry, cancellationToken);
                break;
            default:
                await CommandAsync(stream, request, cancellationToken);
                break;
        }
    }

    async Task<byte[]> ReadStatusAsync(CancellationToken cancellationToken)
    {
        var status = await _store.ReadStatusAsync(cancellationToken);
        var vitals = _commands.Vitals is { } read ? await read(status, cancellationToken) : null;
        return StatusJson.Format(status, new SwarmLife.Here(), vitals);
    }

    async Task CommandAsync(NetworkStream stream, ControlRequest request, CancellationToken cancellationToken)
    {
        var reply = SwarmJson.Default.CommandReply;
        switch (request.Operation)
        {
            case ControlOperations.Drain:
                _commands.Drain(request.Reason);
                await SendAsync(stream, new CommandReply(true, "draining"), reply, cancellationToken);
                break;
            case ControlOperations.Terminate:
                _commands.Terminate(request.Reason);
                await SendAsync(stream, new CommandReply(true, "terminating"), reply, cancellationToken);
                break;
            case ControlOperations.Retry:
                await SendAsync(
                    stream, await _commands.Retry(BeadOf(request), cancellationToken), reply, cancellationToken);
                break;
            case ControlOperations.Release:
                await SendAsync(
                    stream, await _commands.Release(BeadOf(request), request.Reason, cancellationToken), reply,
                    cancellationToken);
                break;
            case var _ when _commands.Queue is { } queue && ControlProtocol.ReadQueue(request) is { } asked:
                await SendAsync(stream, await queue(asked, cancellationToken), reply, cancellationToken);
                break;
            case ControlOperations.Plan when _commands.Plan is { } ask && request.Plan is { } plan:
                await SendAsync(stream, await ask(BeadOf(request), plan, cancellationToken), reply, cancellationToken);
                break;
            case ControlOperations.External when _commands.External is { } ask && request.External is { } call:
                await SendAsync(
                    stream, Encoding.UTF8.GetBytes(await ask(call, cancellationToken) ?? "null"), cancellationToken);
                break;
            case ControlOperations.Follow:
                await FollowAsync(stream, request.After, cancellationToken);
                break;
            case var unknown:
                throw new ControlException(
                    ControlErrorKind.BadRequest,
                    $"there is no operation '{Beads.Excerpt.Of(unknown)}'; is the swarm of another version?");
        }
    }

    /// <summary>Sends entries until the swarm is over or the client closes its end.</summary>
    async Task FollowAsync(NetworkStream stream, long after, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var gone = EndWhenClosedAsync(stream, end);
        try
        {
            await foreach (var entry in _commands.Follow(after, end.Token).WithCancellation(end.Token))
            {
                await SendAsync(stream, entry, SwarmJson.Default.JournalEntry, end.Token);
            }
        }
        finally
        {
            await end.CancelAsync();
            await gone;
        }
    }

    /// <summary>A client that follows says nothing more: whatever can be read means that it is gone.</summary>
    static async Task EndWhenClosedAsync(NetworkStream stream, CancellationTokenSource end)
    {
        try
        {
            _ = await stream.ReadAsync(new byte[1], end.Token);
            await end.CancelAsync();
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            await end.CancelAsync();
        }
    }

    Task SendAsync<T>(NetworkStream stream, T result, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        SendAsync(stream, JsonSerializer.SerializeToUtf8Bytes(result, type), cancellationToken);

    async Task SendAsync(NetworkStream stream, byte[] result, CancellationToken cancellationToken)
    {
        var line = new ArrayBufferWriter<byte>(result.Length + ControlProtocol.OkPrefix.Length + 2);
        line.Write(ControlProtocol.OkPrefix);
        line.Write(result);
        line.Write("}\n"u8);

        using var timeout = new CancellationTokenSource(ControlProtocol.LineTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        await stream.WriteAsync(line.WrittenMemory, either.Token);
    }

    async Task RefuseAsync(
        NetworkStream stream, ControlErrorKind kind, string message, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(ControlProtocol.LineTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await stream.WriteAsync(ControlProtocol.FormatError(kind, message), either.Token);

            // Closing with unread input would reset the connection and the client would not see the reason.
            stream.Socket.Shutdown(SocketShutdown.Send);
            var rest = new byte[ControlProtocol.RequestBytesMax];
            for (var i = 0; i < RefusedReadsMax && await stream.ReadAsync(rest, either.Token) > 0; i++)
            {
            }
        }
        catch (Exception error) when (error is IOException or SocketException or OperationCanceledException)
        {
            // The client did not wait for the reason.
        }
    }

    /// <summary>How much of a refused request is still read, in requests.</summary>
    const int RefusedReadsMax = 1024;

    static Beads.BeadId BeadOf(ControlRequest request) =>
        request.Bead
        ?? throw new ControlException(ControlErrorKind.BadRequest, $"'{request.Operation}' needs a 'bead'");
}
