using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Beadswarm.Beads;

/// <summary>
/// Replaces a file as a whole: at every instant, also after a crash or a power cut, its name leads to the old content
/// or to the new one.
/// </summary>
static partial class AtomicFile
{
    const string Mark = ".beadswarm.tmp";
    const int CloseOnExec = 0x80000;
    const int CloseOnExecMac = 0x1000000;

    /// <summary>Writes a temporary file beside it with the same mode, syncs it, renames it, syncs the folder.</summary>
    /// <param name="beforeRename">Called when the new content is on disk and the name still leads to the old
    /// one.</param>
    public static void Replace(string path, ReadOnlySpan<byte> bytes, Action? beforeRename = null)
    {
        // A link stays a link: its target is replaced.
        var file = new FileInfo(path);
        var real = file.ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? file.FullName;
        var folder = Path.GetDirectoryName(real)!; // a full path of a file has a folder
        var temporary = $"{real}.{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}{Mark}";
        try
        {
            WriteSynced(temporary, bytes, real);
            beforeRename?.Invoke();
            File.Move(temporary, real, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }

        SyncFolder(folder);
    }

    /// <summary>
    /// Deletes what a writer left that died before its rename. Only under the writers' lock: then nobody is writing.
    /// </summary>
    public static void DeleteLeftovers(string path)
    {
        var real = new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path);
        var folder = Path.GetDirectoryName(real)!; // a full path of a file has a folder
        foreach (var left in Directory.EnumerateFiles(folder, $"{Path.GetFileName(real)}.*{Mark}"))
        {
            File.Delete(left);
        }
    }

    static void WriteSynced(string temporary, ReadOnlySpan<byte> bytes, string real)
    {
        using var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None);
        stream.Write(bytes);
        if (!OperatingSystem.IsWindows())
        {
            // Explicitly: the mode given at creation would be cut by the umask.
            File.SetUnixFileMode(stream.SafeFileHandle, File.GetUnixFileMode(real));
        }

        stream.Flush(flushToDisk: true);
    }

    // The rename itself is durable only when the folder's own blocks are on disk.
    static void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using var handle = OpenFolder(folder);
        // Some file systems do not offer it for folders (EINVAL); they order renames themselves.
        _ = FSync(handle);
    }

    /// <summary>An open folder, for syncing or locking it; never inherited by a child process.</summary>
    public static SafeFileHandle OpenFolder(string folder)
    {
        var descriptor = Open(folder, OperatingSystem.IsMacOS() ? CloseOnExecMac : CloseOnExec);
        return descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw new IOException($"cannot open the folder {folder}: error {Marshal.GetLastPInvokeError()}");
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(SafeFileHandle handle);
}
