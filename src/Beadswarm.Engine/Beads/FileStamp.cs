using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Beadswarm.Beads;

/// <summary>
/// A cheap value that differs when a file may have changed: size, times and inode, without reading it.
/// </summary>
static partial class FileStamp
{
    const int CurrentFolder = -100;
    const uint BasicFields = 0x7FF;

    // struct statx is the same on every Linux.
    const int StatxBytes = 256;
    const int InodeAt = 32;
    const int SizeAt = 40;
    const int ChangedAt = 96;
    const int ModifiedAt = 112;

    public static string Of(string path)
    {
        if (OperatingSystem.IsLinux())
        {
            Span<byte> stat = stackalloc byte[StatxBytes];
            if (Statx(CurrentFolder, path, 0, BasicFields, ref MemoryMarshal.GetReference(stat)) == 0)
            {
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"{Long(stat, SizeAt)}-{Time(stat, ModifiedAt)}-{Time(stat, ChangedAt)}-{Long(stat, InodeAt)}");
            }
        }

        var file = new FileInfo(path);
        return file.Exists
            ? string.Create(CultureInfo.InvariantCulture, $"{file.Length}-{file.LastWriteTimeUtc.Ticks}")
            : "absent";
    }

    static string Time(ReadOnlySpan<byte> stat, int at) =>
        string.Create(
            CultureInfo.InvariantCulture, $"{Long(stat, at)}.{MemoryMarshal.Read<uint>(stat[(at + sizeof(long))..])}");

    static long Long(ReadOnlySpan<byte> stat, int at) => BitConverter.IsLittleEndian
        ? BinaryPrimitives.ReadInt64LittleEndian(stat[at..])
        : BinaryPrimitives.ReadInt64BigEndian(stat[at..]);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(int folder, string path, int flags, uint mask, ref byte result);
}
