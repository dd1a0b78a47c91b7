using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Beadswarm.Control;

/// <summary>
/// Where the control socket of a repository is. A Unix socket's path is at most 107 bytes, so for a deep repository the
/// socket lies in a short private folder and a pointer file beside the wanted place says where.
/// </summary>
static class ControlSocket
{
    /// <summary>Longest path that is used as it is; the kernel takes 107 bytes, some tools less.</summary>
    public const int PathBytesMax = 100;

    /// <summary>Connections that wait to be accepted.</summary>
    const int Backlog = 64;

    const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The wanted place of a repository's socket.</summary>
    public static string PathOf(string repositoryPath) => Path.Combine(repositoryPath, ".beadswarm", "swarm.sock");

    /// <summary>Where to connect to, or null when there is nothing.</summary>
    public static string? Locate(string socketPath)
    {
        if (Fits(socketPath))
        {
            return File.Exists(socketPath) ? socketPath : null;
        }

        try
        {
            return File.ReadAllText(PointerOf(socketPath)).TrimEnd('\n') is { Length: > 0 } target && Fits(target)
                ? target
                : null;
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Listens, for this user only. A socket that a dead process left is replaced.</summary>
    /// <exception cref="IOException">A living process listens there.</exception>
    public static Socket Listen(string socketPath)
    {
        var path = Fits(socketPath) ? socketPath : PrepareShortPath(socketPath);
        Directory.CreateDirectory(Path.GetDirectoryName(socketPath)!);
        if (File.Exists(path))
        {
            if (Answers(path))
            {
                throw new IOException($"another process listens on '{path}'; end that swarm first");
            }

            File.Delete(path);
        }

        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            // Nobody can connect before Listen, so the mode is right before the first client comes.
            socket.Bind(new UnixDomainSocketEndPoint(path));
            File.SetUnixFileMode(path, Private);
            socket.Listen(Backlog);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Removes what <see cref="Listen"/> left beside the socket.</summary>
    public static void Forget(string socketPath)
    {
        if (!Fits(socketPath))
        {
            File.Delete(PointerOf(socketPath));
        }
    }

    /// <summary>Whether somebody accepts connections there.</summary>
    public static bool Answers(string path)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Blocking = false;
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (SocketException refused)
        {
            return IsCrowded(refused);
        }
    }

    /// <summary>Somebody listens, and more clients wait to be accepted than the kernel queues.</summary>
    public static bool IsCrowded(SocketException refused) => refused.SocketErrorCode == SocketError.WouldBlock;

    static bool Fits(string path) => Encoding.UTF8.GetByteCount(path) <= PathBytesMax;

    static string PointerOf(string socketPath) => socketPath + ".path";

    static string PrepareShortPath(string socketPath)
    {
        // Setting the mode fails unless the folder is ours: nobody else can have prepared it.
        var folder = Path.Combine("/tmp", $"beadswarm-{Environment.UserName}");
        Directory.CreateDirectory(folder);
        File.SetUnixFileMode(folder, Private | UnixFileMode.UserExecute);
        var name = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(socketPath)).AsSpan(0, 8));
        var path = Path.Combine(folder, $"{name}.sock");

        Directory.CreateDirectory(Path.GetDirectoryName(socketPath)!);
        var pointer = PointerOf(socketPath);
        File.WriteAllText(pointer + ".new", path + "\n");
        File.Move(pointer + ".new", pointer, overwrite: true);
        return path;
    }
}
