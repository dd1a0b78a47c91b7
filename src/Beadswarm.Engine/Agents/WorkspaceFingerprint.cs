using System.IO.Enumeration;

namespace Beadswarm.Agents;

/// <summary>A number that differs when a file of a folder was made, changed or removed; needs no clock.</summary>
static class WorkspaceFingerprint
{
    // Beyond this many entries a look would cost more than it tells.
    const int EntriesMax = 100_000;

    public static long Of(string folder)
    {
        if (!Directory.Exists(folder))
        {
            return 0;
        }

        var entries = new FileSystemEnumerable<long>(
            folder,
            static (ref FileSystemEntry entry) => HashCode.Combine(
                entry.FileName.Length, entry.IsDirectory ? 0 : entry.Length, entry.LastWriteTimeUtc.Ticks),
            new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = true })
        {
            ShouldRecursePredicate = static (ref FileSystemEntry entry) =>
                !entry.Attributes.HasFlag(FileAttributes.ReparsePoint),
        };
        try
        {
            return entries.Take(EntriesMax).Aggregate(17L, static (sum, hash) => unchecked(sum + (hash * 31) + 1));
        }
        catch (IOException)
        {
            // A folder vanished while it was read: somebody is at work.
            return -1;
        }
    }
}
