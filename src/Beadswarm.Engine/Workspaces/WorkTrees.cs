using Beadswarm.Git;

namespace Beadswarm.Workspaces;

/// <summary>
/// The work trees of a hub. Made one at a time: concurrent <c>git worktree add</c>s race for the same files.
/// </summary>
sealed class WorkTrees(Hub hub)
{
    const string GitFilePrefix = "gitdir: ";

    readonly Lock _lock = new();
    readonly Dictionary<string, WorkTree> _known = [];

    /// <summary>The work tree in a folder; null when there is none, or only the remains of one.</summary>
    public async Task<WorkTree?> FindAsync(string path, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_known.TryGetValue(path, out var known) && IsWhole(path) == known.AdminFolder)
            {
                return known;
            }
        }

        if (IsWhole(path) is not { } admin)
        {
            return null;
        }

        // Once per process: git's own opinion, which also sees what is broken inside.
        var probe = await hub.Repository.RunOnceAsync(
            GitCall.Of("-C", path, "rev-parse", "--absolute-git-dir"), cancellationToken);
        if (!probe.Succeeded || probe.Line != admin)
        {
            return null;
        }

        var tree = new WorkTree(hub, path, admin);
        lock (_lock)
        {
            _known[path] = tree;
        }

        return tree;
    }

    public Task<WorkTree> AddDetachedAsync(string path, CommitId commit, CancellationToken cancellationToken) =>
        AddAsync(path, ["--detach", path, commit.Value], cancellationToken);

    /// <summary>Adds it without files: the caller checks out what it wants.</summary>
    public Task<WorkTree> AddEmptyAsync(string path, CommitId commit, CancellationToken cancellationToken) =>
        AddAsync(path, ["--no-checkout", "--detach", path, commit.Value], cancellationToken);

    async Task<WorkTree> AddAsync(string path, string[] arguments, CancellationToken cancellationToken)
    {
        await hub.AddingWorkTrees.WaitAsync(cancellationToken);
        try
        {
            // Remains of one that was being made or removed when the process died. A folder with work in it has a whole
            // link to the hub and is found instead.
            Forget(path);
            await hub.Repository.RunAsync(
                new GitCall(["worktree", "add", "--quiet", "--force", "--force", .. arguments]), cancellationToken);
        }
        finally
        {
            hub.AddingWorkTrees.Release();
        }

        return await FindAsync(path, cancellationToken)
            ?? throw new InvalidOperationException($"git made a work tree in '{path}' that is not one");
    }

    /// <summary>Removes folder and administration; what was committed stays in the hub.</summary>
    public void Forget(string path)
    {
        lock (_lock)
        {
            _known.Remove(path);
        }

        var admin = AdminOf(path);
        FolderTree.Delete(path);
        if (admin is not null)
        {
            FolderTree.Delete(admin);
        }
    }

    /// <summary>The administrative folder of a work tree; null when there is none, or only the remains.</summary>
    public string? AdminFolderOf(string path) => IsWhole(path);

    /// <summary>The administrative folder when folder and administration point at each other.</summary>
    string? IsWhole(string path)
    {
        var admin = SmallFile.Read(Path.Combine(path, ".git"))?.Trim() is { } text
            && text.StartsWith(GitFilePrefix, StringComparison.Ordinal) ? text[GitFilePrefix.Length..] : null;
        return admin is not null && admin == AdminOf(path) && File.Exists(Path.Combine(admin, "HEAD"))
            && File.Exists(Path.Combine(admin, "commondir")) ? admin : null;
    }

    string? AdminOf(string path)
    {
        var worktrees = Path.Combine(hub.GitDirectory, "worktrees");
        return !Directory.Exists(worktrees) ? null : Directory.EnumerateDirectories(worktrees)
            .FirstOrDefault(admin =>
                SmallFile.Read(Path.Combine(admin, "gitdir"))?.Trim() == Path.Combine(path, ".git"));
    }
}
