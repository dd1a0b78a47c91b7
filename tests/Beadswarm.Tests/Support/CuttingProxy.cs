using System.Net.Sockets;

namespace Beadswarm.Tests.Support;

/// <summary>
/// Stands between a store and its server and cuts the connection around a commit: before the server hears of it, or
/// after the server has committed and before the store hears so.
/// </summary>
sealed class CuttingProxy : IAsyncDisposable
{
    /// <summary>Where the next commit is cut.</summary>
    public enum Cut
    {
        None,
        BeforeTheServerHears,
        AfterTheServerCommitted,
    }

    // The whole text of the statement: READ COMMITTED is not one.
    static readonly byte[] Commit = "COMMIT\0"u8.ToArray();

    // Sync: the end of what is sent at once.
    static readonly byte[] Sync = [(byte)'S', 0, 0, 0, 4];

    // ReadyForQuery, outside of a transaction.
    static readonly byte[] Idle = [(byte)'Z', 0, 0, 0, 5, (byte)'I'];

    readonly TemporaryFolder _folder = new();
    readonly string _server;
    readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    readonly CancellationTokenSource _closing = new();
    readonly Task _accepting;
    int _next;
    bool _swallowing;

    public CuttingProxy(string serverSocket)
    {
        _server = serverSocket;
        _listener.Bind(new UnixDomainSocketEndPoint(_folder[".s.PGSQL.5432"]));
        _listener.Listen();
        _accepting = AcceptAsync();
    }

    /// <summary>The folder to name as host.</summary>
    public string Folder => _folder.Path;

    public int Cuts { get; private set; }

    /// <summary>How often the server was asked something that is waited for.</summary>
    public int RoundTrips { get; private set; }

    public void CutNext(Cut cut) => Interlocked.Exchange(ref _next, (int)cut);

    public async ValueTask DisposeAsync()
    {
        await _closing.CancelAsync();
        _listener.Dispose();
        await _accepting;
        _folder.Dispose();
    }

    async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                connections.Add(ServeAsync(await _listener.AcceptAsync(_closing.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            await Task.WhenAll(connections);
        }
    }

    async Task ServeAsync(Socket client)
    {
        using var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await server.ConnectAsync(new UnixDomainSocketEndPoint(_server), _closing.Token);
            var answers = AnswerAsync(server, client);
            await AskAsync(client, server);
            await answers;
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // One of the two is gone; so is the other.
        }
        finally
        {
            client.Dispose();
        }
    }

    async Task AskAsync(Socket client, Socket server)
    {
        var buffer = new byte[1 << 20];
        while (await client.ReceiveAsync(buffer, _closing.Token) is > 0 and var length)
        {
            if (buffer.AsSpan(0, length).IndexOf(Commit) >= 0)
            {
                var cut = (Cut)Interlocked.Exchange(ref _next, 0);
                Cuts += cut == Cut.None ? 0 : 1;
                if (cut == Cut.BeforeTheServerHears)
                {
                    client.Dispose();
                    return;
                }

                _swallowing = cut == Cut.AfterTheServerCommitted;
            }

            RoundTrips += buffer.AsSpan(0, length).EndsWith(Sync) ? 1 : 0;
            await server.SendAsync(buffer.AsMemory(0, length), _closing.Token);
        }
    }

    async Task AnswerAsync(Socket server, Socket client)
    {
        var buffer = new byte[1 << 20];
        while (await server.ReceiveAsync(buffer, _closing.Token) is > 0 and var length)
        {
            if (!_swallowing)
            {
                await client.SendAsync(buffer.AsMemory(0, length), _closing.Token);
            }
            else if (buffer.AsSpan(0, length).EndsWith(Idle))
            {
                _swallowing = false;
                client.Dispose();
                return;
            }
        }

        client.Dispose();
    }
}
