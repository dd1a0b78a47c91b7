namespace Beadswarm.Cli;

/// <summary>Finds the root of the repository that a folder belongs to, without starting git.</summary>
static class RepositoryFolder
{
    public static string Find(string start)
    {
        if (!Directory.Exists(start))
        {
            throw new UserError($"there is no folder '{start}'", "name an existing folder", ExitCodes.NotARepository);
        }

        return TryFind(start) ?? throw new UserError(
            $"'{start}' is not inside a git repository",
            "change into one, name one with --repo PATH, or make one with 'git init'",
            ExitCodes.NotARepository);
    }

    /// <summary>The nearest folder upwards that holds <c>.git</c>, which is a file in a linked worktree.</summary>
    public static string? TryFind(string start)
    {
        for (var folder = Path.GetFullPath(start); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (Path.Exists(Path.Combine(folder, ".git")))
            {
                return folder;
            }
        }

        return null;
    }
}
