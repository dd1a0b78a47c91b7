using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Beadswarm.Processes;

/// <summary>
/// Reads a file that an untrusted program may have replaced: a symbolic link is refused, a named pipe does not block,
/// and never more than a bound is read.
/// </summary>
static class UntrustedFile
{
    const int NotThere = 2;
    const int TooManyLinks = 40;
    const int BufferBytesMin = 256;

    /// <summary>The first bytes of the file; null when it is not there.</summary>
    /// <exception cref="IOException">It is a link, or cannot be read.</exception>
    public static byte[]? ReadHead(string path, int bytesMax)
    {
        using var file = Open(path);
        return file is null ? null : Read(file, 0, bytesMax);
    }

    /// <summary>The last bytes of the file as text, beginning at a whole line; empty when it cannot be read.</summary>
    public static string ReadTailText(string path, int bytesMax)
    {
        try
        {
            using var file = Open(path);
            if (file is null)
            {
                return "";
            }

            var start = Math.Max(0, Length(file) - bytesMax);
            var bytes = Read(file, start, bytesMax).AsSpan();
            var lineEnd = start > 0 ? bytes.IndexOf((byte)'\n') : -1;
            return Encoding.UTF8.GetString(bytes[(lineEnd + 1)..]);
        }
        catch (IOException)
        {
            // The program has made its own output unreadable; there is nothing to show.
            return "";
        }
    }

    /// <summary>The whole file, to be read from its beginning.</summary>
    /// <exception cref="IOException">It is not there, is a link, or cannot be read.</exception>
    public static FileStream OpenStream(string path) =>
        Open(path) is { } file
            ? new FileStream(file, FileAccess.Read)
            : throw new IOException($"'{path}' is not there");

    static SafeFileHandle? Open(string path)
    {
        var descriptor = Libc.OpenForReading(path);
        if (descriptor >= 0)
        {
            return new SafeFileHandle(descriptor, ownsHandle: true);
        }

        var error = Marshal.GetLastPInvokeError();
        return error switch
        {
            NotThere => null,
            TooManyLinks => throw new IOException($"'{path}' is a symbolic link"),
            _ => throw new IOException($"cannot read '{path}': {Libc.Describe(error)}"),
        };
    }

    static long Length(SafeFileHandle file)
    {
        try
        {
            return RandomAccess.GetLength(file);
        }
        catch (NotSupportedException)
        {
            return 0;
        }
    }

    static byte[] Read(SafeFileHandle file, long offset, int bytesMax)
    {
        // As much as there seems to be, and one byte to see its end; what grows meanwhile is read on.
        var expected = Math.Clamp(Length(file) - offset + 1, Math.Min(bytesMax, BufferBytesMin), bytesMax);
        var buffer = new byte[expected];
        var length = 0;
        while (length < bytesMax)
        {
            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, (int)Math.Min(bytesMax, 2L * buffer.Length));
            }

            int count;
            try
            {
                count = RandomAccess.Read(file, buffer.AsSpan(length), offset + length);
            }
            catch (Exception special) when (special is NotSupportedException or UnauthorizedAccessException)
            {
                throw new IOException("it is a pipe or a device, expected a regular file", special);
            }

            if (count == 0)
            {
                break;
            }

            length += count;
        }

        return buffer[..length];
    }
}
