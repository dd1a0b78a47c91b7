using System.Runtime.InteropServices;

namespace Beadswarm.Cli;

/// <summary>Standard output by system calls alone, for the one verb that must start like an empty program.</summary>
static unsafe partial class LinuxTerminal
{
    const int StandardOutput = 1;
    const nuint AskForSize = 0x5413;

    /// <summary>Columns of the terminal; null when standard output is none.</summary>
    public static int? Width()
    {
        // struct winsize: rows, columns, and two sizes in pixels.
        var size = stackalloc ushort[4];
        return ioctl(StandardOutput, AskForSize, size) == 0 && size[1] > 0 ? size[1] : null;
    }

    /// <summary>
    /// Writes all of it. A reader that has gone away ends the writing, as it ends every other program's.
    /// </summary>
    public static void Write(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            nint written;
            fixed (byte* start = bytes)
            {
                written = write(StandardOutput, start, (nuint)bytes.Length);
            }

            if (written <= 0)
            {
                return;
            }

            bytes = bytes[(int)written..];
        }
    }

    [LibraryImport("libc")]
    private static partial int ioctl(int descriptor, nuint request, void* argument);

    [LibraryImport("libc")]
    private static partial nint write(int descriptor, byte* bytes, nuint length);
}
