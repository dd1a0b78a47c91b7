using System.Net.Sockets;
using System.Text;
using Beadswarm.Beads;
using Beadswarm.Control;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Control;

/// <summary>The control socket among strangers: garbage, half frames, huge ones, clients without end.</summary>
public sealed class ControlFuzzTests : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    static readonly byte[][] Requests = FuzzInputs.Of(
        "{\"op\":\"status\"}\n", "{\"op\":\"status-text\",\"limit\":72}\n", "{\"op\":\"bead\",\"bead\":\"demo-9\"}\n",
        "{\"op\":\"history\",\"bead\":null,\"agent\":2,\"after\":0,\"limit\":5,\"reason\":null}\n",
        "{\"op\":\"release\",\"bead\":\"demo-7\",\"reason\":\"a person \\ud83d\\ude00\"}\n",
        "{\"op\":\"follow\",\"after\":1}\n",
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "");

    static readonly string[] Tokens =
        ["\"op\":\"beads\"", "\"op\":", "\"bead\":", "\"agent\":", "\"limit\":", "\"after\":", "\"reason\":", "\n",
        "{\"op\":\"drain\"}"];

    static readonly byte[][] Answers = FuzzInputs.Of(
        "{\"ok\":null}\n", "{\"ok\":[]}\n", "{\"ok\":{\"done\":true,\"message\":\"m\"}}\n",
        "{\"error\":{\"kind\":\"Busy\",\"message\":\"later\"}}\n",
        "{\"ok\":{\"swarm\":null,\"landed\":1,\"inProgress\":0,\"agents\":[{\"agent\":1,\"bead\":\"a b\"}]}}\n");

    readonly TemporaryFolder _folder = new();
    readonly FixedCommands _commands = new();

    string SocketPath => ControlSocket.PathOf(_folder.Path);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public Task Any_line_is_a_request_that_reads_back_or_refused_as_a_bad_one() =>
        new Fuzz<ControlRequest>(Requests, Tokens)
        {
            Read = input => ControlProtocol.ParseRequest(input.Bytes),
            Thrown = error => error is ControlException { Kind: ControlErrorKind.BadRequest } ? error.Message : null,
            Holds = (_, request) =>
            {
                Assert.InRange(request.Limit, 0, ControlProtocol.RowsMax);
                Assert.NotEmpty(request.Operation);
                Assert.Equal(request, ControlProtocol.ParseRequest(ControlProtocol.Format(request)));
            },
            Count = 5000,
            BytesMax = ControlProtocol.RequestBytesMax,
            RepeatedBytesMax = ControlProtocol.RequestBytesMax,
        }.RunAsync();

    [Fact]
    public Task Any_answer_is_a_result_or_an_error_of_the_protocol() =>
        new Fuzz<ReadOnlyMemory<byte>>(Answers, "{\"ok\":", "}", "\"error\":", "\"kind\":", "\"message\":")
        {
            Read = input => ControlProtocol.ParseResponse(input.Bytes),
            Thrown = error => error is ControlException ? error.Message : null,
            Count = 3000,
        }.RunAsync();

    [Fact]
    public async Task Whatever_clients_send_they_get_one_answer_and_the_server_goes_on()
    {
        await using var server = Serve();
        var inputs = new FuzzInputs(Requests, Tokens, 2 * ControlProtocol.RequestBytesMax);
        for (var seed = 0; seed < (FuzzInputs.Number("BEADSWARM_FUZZ") ?? 200); seed++)
        {
            var answer = await SendAsync(inputs.Make(seed));

            Assert.True(
                answer.StartsWith("{\"ok\":", StringComparison.Ordinal) && answer.EndsWith("}\n",
                StringComparison.Ordinal)
                    || answer.StartsWith("{\"error\":{\"kind\":\"", StringComparison.Ordinal)
                    || (answer.Length == 0 && FollowsNothing(inputs.Make(seed))),
                $"seed {seed}: {FuzzInputs.Show(inputs.Make(seed))} got '{answer}'");
        }

        Assert.Equal(12, (await new ControlClient(SocketPath).ReadStatusAsync(Token)).Landed);
    }

    [Fact]
    public async Task Whatever_a_server_answers_a_client_has_a_result_or_an_error_of_the_protocol()
    {
        using var listener = ControlSocket.Listen(SocketPath);
        var inputs = new FuzzInputs(Answers, ["{\"ok\":", "}\n", "\n"], 4096);
        var client = new ControlClient(SocketPath);
        for (var seed = 0; seed < (FuzzInputs.Number("BEADSWARM_FUZZ") ?? 200); seed++)
        {
            var answer = inputs.Make(seed);
            var asked = AskAsync(client, seed);
            using (var connection = await listener.AcceptAsync(Token))
            {
                await connection.SendAsync(answer, Token);
            }

            var failure = await Record.ExceptionAsync(() => asked.WaitAsync(Patience, Token));
            Assert.True(
                failure is null or ControlException { Message.Length: > 0 and < 1500 },
                $"seed {seed}: {FuzzInputs.Show(answer)} made {failure}");
        }
    }

    [Fact]
    public void A_request_with_something_behind_it_is_refused() =>
        Assert.Equal(
            ControlErrorKind.BadRequest,
            Assert.Throws<ControlException>(
                () => ControlProtocol.ParseRequest("{\"op\":\"drain\"} {\"op\":\"status\"}"u8)).Kind);

    [Fact]
    public async Task A_flood_of_clients_that_say_nothing_is_cut_off_and_room_comes_back()
    {
        const int flood = 4 * (ControlProtocol.ConnectionsMax + ControlProtocol.RefusalsMax);
        await using var server = Serve();
        var clients = new List<Socket>();
        for (var i = 0; i < flood; i++)
        {
            clients.Add(await ConnectWhenThereIsRoomAsync());
        }

        // The last of them was accepted last, so all before it have been dealt with when it is cut off.
        var received = clients[^1].ReceiveAsync(new byte[1], Token).AsTask();
        Assert.Equal(0, await received.WaitAsync(Patience, Token));
        clients.ForEach(client => client.Dispose());
        while (true)
        {
            try
            {
                Assert.Equal(12, (await new ControlClient(SocketPath).ReadStatusAsync(Token)).Landed);
                return;
            }
            catch (ControlException busy) when (busy.Kind is ControlErrorKind.Busy or ControlErrorKind.Gone)
            {
                // The server learns of a closed connection in its own time.
                await Task.Yield();
            }
        }
    }

    ControlServer Serve() => new(SocketPath, FixedReader.Busy(), _commands.Commands, TimeProvider.System);

    // A follower that closes its end before there is anything to tell gets nothing.
    static bool FollowsNothing(byte[] request) =>
        request.AsSpan().IndexOf("follow"u8) >= 0 || request.AsSpan().IndexOf("\\u00"u8) >= 0;

    static async Task AskAsync(ControlClient client, int seed)
    {
        switch (seed % 6)
        {
            case 0:
                await client.ReadStatusAsync(Token);
                break;
            case 1:
                await client.ReadBeadsAsync(Token);
                break;
            case 2:
                await client.ReadJournalAsync(0, null, 10, Token);
                break;
            case 3:
                await client.DrainAsync("x", Token);
                break;
            case 4:
                await client.ReadBeadAsync(BeadId.Parse("a"), Token);
                break;
            default:
                await foreach (var _ in client.FollowAsync(0, Token))
                {
                }

                break;
        }
    }

    async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), Token);
        return socket;
    }

    /// <summary>The kernel queues a few clients that are not accepted yet, and sends further ones away.</summary>
    async Task<Socket> ConnectWhenThereIsRoomAsync()
    {
        while (true)
        {
            try
            {
                return await ConnectAsync();
            }
            catch (SocketException crowded) when (ControlSocket.IsCrowded(crowded))
            {
                await Task.Yield();
            }
        }
    }

    /// <summary>Sends, closes its own end as a client that died would, and reads what comes.</summary>
    async Task<string> SendAsync(byte[] request)
    {
        using var socket = await ConnectAsync();
        using var stream = new NetworkStream(socket);
        await stream.WriteAsync(request, Token);
        socket.Shutdown(SocketShutdown.Send);
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return await reader.ReadToEndAsync(Token).WaitAsync(Patience, Token);
    }
}
