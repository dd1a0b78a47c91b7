namespace Beadswarm.Workspaces;

/// <summary>Whole folders: their size, and getting rid of them. Symbolic links are never followed.</summary>
static class FolderTree
{
    static readonly EnumerationOptions Everything = new()
    {
        RecurseSubdirectories = true,
        AttributesToSkip = FileAttributes.None,
        IgnoreInaccessible = true,
        MatchType = MatchType.Simple,
    };

    /// <summary>The bytes of all files.</summary>
    public static long Size(string path)
    {
        if (!Directory.Exists(path))
        {
            return 0;
        }

        // Files come and go while agents work; one that is gone has no size.
        return new DirectoryInfo(path).EnumerateFiles("*", Everything)
            .Sum(file => file.LinkTarget is null && file.Exists ? file.Length : 0);
    }

    /// <summary>Some tools write their caches read-only, and then neither git nor anybody can remove them.</summary>
    public static void MakeWritable(string path)
    {
        if (OperatingSystem.IsWindows() || !Directory.Exists(path))
        {
            return;
        }

        const UnixFileMode own = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        var folders = new Stack<DirectoryInfo>([new DirectoryInfo(path)]);
        while (folders.TryPop(out var folder))
        {
            folder.UnixFileMode |= own;
            foreach (var child in folder.EnumerateDirectories().Where(child => child.LinkTarget is null))
            {
                folders.Push(child);
            }
        }
    }

    public static void Delete(string path)
    {
        if (!Directory.Exists(path))
        {
            return;
        }

        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (Exception exception) when (exception is UnauthorizedAccessException or IOException)
        {
            MakeWritable(path);
            Directory.Delete(path, recursive: true);
        }
    }
}
