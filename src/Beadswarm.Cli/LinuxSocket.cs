using System.Runtime.InteropServices;
using System.Text;

namespace Beadswarm.Cli;

/// <summary>
/// A connection to a Unix socket by system calls alone. The framework's Socket brings an event engine and its tables
/// along, which take longer to start than the whole of <c>status</c>.
/// </summary>
sealed unsafe partial class LinuxSocket : IDisposable
{
    const int UnixFamily = 1;
    const int StreamCloseOnExec = 1 | 0x80000;
    const int SocketLevel = 1;
    const int ReceiveTimeout = 20;
    const int SendTimeout = 21;
    const int NoSignal = 0x4000;
    const int PathBytesMax = 107;

    readonly int _descriptor;

    LinuxSocket(int descriptor) => _descriptor = descriptor;

    /// <summary>Connects, or gives null when nobody listens there.</summary>
    /// <param name="timeoutMilliseconds">How long one call of sending or receiving may take.</param>
    public static LinuxSocket? TryConnect(string path, int timeoutMilliseconds)
    {
        var name = Encoding.UTF8.GetBytes(path);
        if (name.Length > PathBytesMax)
        {
            return null;
        }

        var descriptor = socket(UnixFamily, StreamCloseOnExec, 0);
        if (descriptor < 0)
        {
            return null;
        }

        // struct timeval, and struct sockaddr_un: the family in the first two bytes, then the path.
        var timeout = stackalloc long[2] { timeoutMilliseconds / 1000, timeoutMilliseconds % 1000 * 1000 };
        var address = stackalloc byte[PathBytesMax + 3];
        *(ushort*)address = UnixFamily;
        name.CopyTo(new Span<byte>(address + 2, name.Length));
        address[name.Length + 2] = 0;
        _ = setsockopt(descriptor, SocketLevel, ReceiveTimeout, timeout, 2 * sizeof(long));
        _ = setsockopt(descriptor, SocketLevel, SendTimeout, timeout, 2 * sizeof(long));
        if (connect(descriptor, address, (uint)(name.Length + 3)) == 0)
        {
            return new LinuxSocket(descriptor);
        }

        _ = close(descriptor);
        return null;
    }

    public bool TrySend(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            return send(_descriptor, start, (nuint)bytes.Length, NoSignal) == bytes.Length;
        }
    }

    /// <returns>Bytes received; 0 or less at the end, after the timeout and on an error.</returns>
    public int Receive(Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            return (int)recv(_descriptor, start, (nuint)buffer.Length, 0);
        }
    }

    public void Dispose() => _ = close(_descriptor);

    [LibraryImport("libc")]
    private static partial int socket(int family, int kind, int protocol);

    [LibraryImport("libc")]
    private static partial int setsockopt(int descriptor, int level, int option, void* value, uint length);

    [LibraryImport("libc")]
    private static partial int connect(int descriptor, byte* address, uint length);

    [LibraryImport("libc")]
    private static partial nint send(int descriptor, byte* bytes, nuint length, int flags);

    [LibraryImport("libc")]
    private static partial nint recv(int descriptor, byte* bytes, nuint length, int flags);

    [LibraryImport("libc")]
    private static partial int close(int descriptor);
}
