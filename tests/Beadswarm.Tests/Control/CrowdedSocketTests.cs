using System.Net.Sockets;
using Beadswarm.Control;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Control;

/// <summary>A swarm that lives but accepts nobody: stopped, or with more clients than it can take.</summary>
public sealed class CrowdedSocketTests : IDisposable
{
    readonly TemporaryFolder _folder = new();
    readonly List<Socket> _clients = [];

    string SocketPath => ControlSocket.PathOf(_folder.Path);

    public void Dispose()
    {
        _clients.ForEach(client => client.Dispose());
        _folder.Dispose();
    }

    [Fact]
    public async Task A_swarm_that_accepts_nobody_is_busy_and_not_gone_and_keeps_its_socket()
    {
        using var listener = ControlSocket.Listen(SocketPath);
        while (await TryConnectAsync())
        {
        }

        Assert.True(ControlSocket.Answers(SocketPath));
        Assert.Throws<IOException>(() => ControlSocket.Listen(SocketPath));
        var error = await Assert.ThrowsAsync<ControlException>(
            () => new ControlClient(SocketPath).ReadStatusAsync(TestContext.Current.CancellationToken));
        Assert.Equal(ControlErrorKind.Busy, error.Kind);
    }

    async Task<bool> TryConnectAsync()
    {
        var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _clients.Add(client);
        try
        {
            await client.ConnectAsync(
                new UnixDomainSocketEndPoint(SocketPath), TestContext.Current.CancellationToken);
            return true;
        }
        catch (SocketException crowded)
        {
            Assert.True(ControlSocket.IsCrowded(crowded), $"{crowded.SocketErrorCode}");
            return false;
        }
    }
}
