using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Beadswarm.Beads;
using Beadswarm.Control;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Control;

public sealed class ControlSocketTests : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    readonly TemporaryFolder _folder = new();
    readonly FixedReader _reader = FixedReader.Busy();
    readonly FixedCommands _commands = new();

    string SocketPath => ControlSocket.PathOf(_folder.Path);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Every_question_gets_the_same_answer_as_from_the_store()
    {
        await using var server = Serve();
        var client = new ControlClient(SocketPath);

        Same(await _reader.ReadStatusAsync(Token), await client.ReadStatusAsync(Token));
        Same(await _reader.ReadSwarmAsync(Token), await client.ReadSwarmAsync(Token));
        Same(_reader.Beads, await client.ReadBeadsAsync(Token));
        Same(_reader.Beads[3], await client.ReadBeadAsync(BeadId.Parse("demo-9"), Token));
        Assert.Null(await client.ReadBeadAsync(BeadId.Parse("none"), Token));
        Same(_reader.History, await client.ReadHistoryAsync(null, null, 100, Token));
        Same(_reader.History[3..], await client.ReadHistoryAsync(BeadId.Parse("demo-7"), null, 100, Token));
        Same(_reader.History[^2..], await client.ReadHistoryAsync(null, null, 2, Token));
        Same(await _reader.ReadQueueAsync(Token), await client.ReadQueueAsync(Token));
        Same(_reader.Gates, await client.ReadGatesAsync(Token));
        Same(FixedCommands.Line, await client.ReadLineAsync(Token));
        Same(_reader.Landings, await client.ReadLandingsAsync(BeadId.Parse("demo-8"), Token));
        Same(_reader.Journal[1..], await client.ReadJournalAsync(1, null, 100, Token));
        var artifact = Assert.Single(await client.ReadArtifactsAsync(BeadId.Parse("demo-9"), Token));
        Assert.Equal("42 ≠ 41", Encoding.UTF8.GetString(artifact.Content.Span));
    }

    [Fact]
    public async Task Commands_reach_the_swarm_and_their_outcome_comes_back()
    {
        await using var server = Serve();
        var client = new ControlClient(SocketPath);

        Assert.True((await client.DrainAsync("supper", Token)).Done);
        Assert.True((await client.TerminateAsync("now", Token)).Done);
        Assert.Equal(new CommandReply(true, "pending again"), await client.RetryAsync(BeadId.Parse("demo-9"), Token));
        Assert.Equal(
            new CommandReply(false, "nobody holds it"), await client.ReleaseAsync(BeadId.Parse("demo-7"), "x", Token));

        Assert.True((await client.AskQueueAsync(new QueueRequest.Pause(null), Token)).Done);
        Assert.True((await client.AskQueueAsync(new QueueRequest.Resume(), Token)).Done);
        var bead = BeadId.Parse("demo-8");
        Assert.True((await client.AskQueueAsync(new QueueRequest.First(bead), Token)).Done);
        Assert.True((await client.AskQueueAsync(new QueueRequest.Eject(bead, "late"), Token)).Done);

        Assert.Equal("drain: supper", await _commands.Told.Reader.ReadAsync(Token));
        Assert.Equal("terminate: now", await _commands.Told.Reader.ReadAsync(Token));
        Assert.Equal("retry demo-9", await _commands.Told.Reader.ReadAsync(Token));
        Assert.Equal("release demo-7: x", await _commands.Told.Reader.ReadAsync(Token));
        Assert.Equal("Pause { Reason =  }", await _commands.Told.Reader.ReadAsync(Token));
        Assert.Equal("Resume { }", await _commands.Told.Reader.ReadAsync(Token));
        Assert.Equal("First { Bead = demo-8 }", await _commands.Told.Reader.ReadAsync(Token));
        Assert.Equal("Eject { Bead = demo-8, Reason = late }", await _commands.Told.Reader.ReadAsync(Token));
    }

    [Fact]
    public async Task A_follower_gets_entries_as_they_come_until_the_journal_ends()
    {
        await using var server = Serve();
        await using var follower = new ControlClient(SocketPath).FollowAsync(0, Token).GetAsyncEnumerator(Token);

        foreach (var entry in _reader.Journal)
        {
            _commands.Journal.Writer.TryWrite(entry);
            Assert.True(await follower.MoveNextAsync());
            Assert.Equal(entry, follower.Current);
        }

        _commands.Journal.Writer.Complete();
        Assert.False(await follower.MoveNextAsync());
    }

    [Fact]
    public async Task A_stop_of_the_server_ends_its_followers()
    {
        var server = Serve();
        await using var follower = new ControlClient(SocketPath).FollowAsync(0, Token).GetAsyncEnumerator(Token);
        _commands.Journal.Writer.TryWrite(_reader.Journal[0]);
        Assert.True(await follower.MoveNextAsync());

        await server.DisposeAsync().AsTask().WaitAsync(Patience, Token);

        Assert.False(await follower.MoveNextAsync());
        Assert.Null(ControlSocket.Locate(SocketPath));
    }

    [Fact]
    public async Task A_swarm_that_takes_the_question_and_says_nothing_is_told_from_one_that_is_gone()
    {
        using var stopped = ControlSocket.Listen(SocketPath);
        var client = new ControlClient(SocketPath) { AnswerTimeout = TimeSpan.FromMilliseconds(50) };

        var error = await Assert.ThrowsAsync<ControlException>(() => client.ReadStatusAsync(Token));

        Assert.Equal(ControlErrorKind.Silent, error.Kind);
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"op\":7}")]
    [InlineData("{\"op\":\"launch missiles\"}")]
    [InlineData("{\"op\":\"bead\"}")]
    [InlineData("{\"op\":\"bead\",\"bead\":\"two words\"}")]
    [InlineData("{\"op\":\"history\",\"agent\":99999999999}")]
    [InlineData("\0\u0001\ufffd")]
    public async Task Nonsense_is_refused_with_a_reason_and_hurts_nobody(string line)
    {
        await using var server = Serve();

        var answer = await SendAsync(Encoding.UTF8.GetBytes(line + "\n"));

        Assert.Contains("\"kind\":\"BadRequest\"", answer, StringComparison.Ordinal);
        Assert.Equal(12, (await new ControlClient(SocketPath).ReadStatusAsync(Token)).Landed);
    }

    [Fact]
    public async Task A_request_beyond_the_limit_is_refused()
    {
        await using var server = Serve();
        var request = new byte[(2 * ControlProtocol.RequestBytesMax) + 1];
        request.AsSpan().Fill((byte)'x');
        request[^1] = (byte)'\n';

        var answer = await SendAsync(request);

        Assert.Contains("\"kind\":\"TooLarge\"", answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failing_store_is_the_answer_and_not_the_end()
    {
        await using var server = Serve();
        var client = new ControlClient(SocketPath);
        _reader.Failure = new IOException("disk on fire");
        var error = await Assert.ThrowsAsync<ControlException>(() => client.ReadStatusAsync(Token));
        Assert.Equal((ControlErrorKind.Failed, "disk on fire"), (error.Kind, error.Message));

        _reader.Failure = null;
        Assert.Equal(12, (await client.ReadStatusAsync(Token)).Landed);
    }

    [Fact]
    public async Task Many_clients_at_once_are_all_answered()
    {
        await using var server = Serve();
        var client = new ControlClient(SocketPath);

        var answers = await Task.WhenAll(
            Enumerable.Range(0, ControlProtocol.ConnectionsMax / 2).Select(_ => client.ReadBeadsAsync(Token)));

        Assert.All(answers, answer => Assert.Equal(_reader.Beads.Count, answer.Count));
    }

    [Fact]
    public async Task Too_many_open_connections_are_told_so_and_room_comes_back()
    {
        await using var server = Serve();
        var idle = new List<Socket>();
        for (var i = 0; i < ControlProtocol.ConnectionsMax; i++)
        {
            idle.Add(await ConnectAsync());
        }

        var error = await Assert.ThrowsAsync<ControlException>(
            () => new ControlClient(SocketPath).ReadStatusAsync(Token));
        Assert.Equal(ControlErrorKind.Busy, error.Kind);

        idle.ForEach(socket => socket.Dispose());
        await WaitUntilAnsweredAsync();
    }

    [Fact]
    public async Task A_dead_servers_socket_is_replaced_and_a_living_ones_is_not()
    {
        LeaveDeadSocket();
        Assert.NotNull(ControlSocket.Locate(SocketPath));
        var gone = await Assert.ThrowsAsync<ControlException>(
            () => new ControlClient(SocketPath).ReadStatusAsync(Token));
        Assert.Equal(ControlErrorKind.Gone, gone.Kind);

        await using (var server = Serve())
        {
            Assert.Equal(12, (await new ControlClient(SocketPath).ReadStatusAsync(Token)).Landed);
            Assert.Throws<IOException>(Serve);
            Assert.Equal(12, (await new ControlClient(SocketPath).ReadStatusAsync(Token)).Landed);
        }

        await using var next = Serve();
        Assert.Equal(12, (await new ControlClient(SocketPath).ReadStatusAsync(Token)).Landed);
    }

    [Fact]
    public async Task The_socket_is_for_its_user_only()
    {
        await using var server = Serve();

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(SocketPath));
    }

    [Fact]
    public async Task A_path_too_long_for_a_socket_is_led_to_a_short_private_one()
    {
        var deep = ControlSocket.PathOf(_folder[new string('d', 60) + "/" + new string('e', 60)]);
        var server = new ControlServer(deep, _reader, _commands.Commands, TimeProvider.System);

        Assert.Equal(12, (await new ControlClient(deep).ReadStatusAsync(Token)).Landed);
        var real = ControlSocket.Locate(deep)!;
        Assert.InRange(Encoding.UTF8.GetByteCount(real), 1, ControlSocket.PathBytesMax);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute,
            File.GetUnixFileMode(Path.GetDirectoryName(real)!));

        await server.DisposeAsync();
        Assert.Null(ControlSocket.Locate(deep));
        Assert.False(File.Exists(real));
    }

    [Fact]
    public async Task Status_on_the_wire_is_what_the_verb_prints()
    {
        await using var server = Serve();

        var answer = await SendAsync("{\"op\":\"status\"}\n"u8.ToArray());

        var expected = Encoding.UTF8.GetString(
            StatusJson.Format(_reader.Status, new SwarmLife.Here(), FixedReader.Vitals));
        Assert.Equal($"{{\"ok\":{expected}}}\n", answer);
    }

    [Fact]
    public async Task Status_for_people_is_written_by_the_swarm_for_the_width_that_is_asked_for()
    {
        var commands = _commands.Commands with
        {
            StatusText = (json, width) => $"{json.Length} bytes, {width} wide ✔\n",
        };
        await using var server = new ControlServer(SocketPath, _reader, commands, TimeProvider.System);

        var answer = await SendAsync("{\"op\":\"status-text\",\"limit\":72}\n"u8.ToArray());

        var length = StatusJson.Format(_reader.Status, new SwarmLife.Here(), FixedReader.Vitals).Length;
        var text = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{length} bytes, 72 wide ✔\n"));
        Assert.Equal($"{{\"ok\":\"{text}\"}}\n", answer);
    }

    ControlServer Serve() => new(SocketPath, _reader, _commands.Commands, TimeProvider.System);

    /// <summary>
    /// A socket file that nobody listens on, as kill -9 leaves one: .NET removes it on an orderly end.
    /// </summary>
    void LeaveDeadSocket()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(SocketPath)!);
        var elsewhere = _folder["elsewhere.sock"];
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            socket.Bind(new UnixDomainSocketEndPoint(elsewhere));
            File.Move(elsewhere, SocketPath);
        }
    }

    async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), Token);
        return socket;
    }

    async Task<string> SendAsync(byte[] request)
    {
        using var socket = await ConnectAsync();
        using var stream = new NetworkStream(socket);
        await stream.WriteAsync(request, Token);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync(Token).WaitAsync(Patience, Token);
    }

    /// <summary>
    /// The server learns of a closed connection in its own time, and each refusal is an answer to wait for.
    /// </summary>
    async Task WaitUntilAnsweredAsync()
    {
        for (var i = 0; i < 1000; i++)
        {
            try
            {
                await new ControlClient(SocketPath).ReadStatusAsync(Token);
                return;
            }
            catch (ControlException error) when (error.Kind == ControlErrorKind.Busy)
            {
                await Task.Yield();
            }
        }

        Assert.Fail("no connection became free");
    }

    static void Same<T>(T expected, T actual) =>
        Assert.Equal(JsonSerializer.Serialize<object?>(expected), JsonSerializer.Serialize<object?>(actual));
}
