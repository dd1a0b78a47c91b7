using Beadswarm.Claims;
using Beadswarm.Git;

namespace Beadswarm.Workspaces;

/// <summary>Something of the hub's that the store knows nothing about, or the remains of something that died.</summary>
abstract record Orphan
{
    Orphan() { }

    /// <summary>A workspace no agent of the swarm has. Repaired by keeping its work and removing the folder.</summary>
    public sealed record Folder(string Path) : Orphan;

    /// <summary>Administration of a work tree whose folder is gone. Repaired by removing it.</summary>
    public sealed record Entry(string AdminFolder, string MissingPath) : Orphan;

    /// <summary>A branch of no known bead. Never deleted while it holds commits that no other ref reaches.</summary>
    public sealed record Branch(BranchName Name, CommitId Tip, int CommitsOnlyHere) : Orphan;

    /// <summary>A lock that a killed git left behind. The caller knows that no git of the swarm lives.</summary>
    public sealed record StaleLock(string Path) : Orphan;

    public string Describe() => this switch
    {
        Folder folder => $"workspace {folder.Path} belongs to no agent",
        Entry entry => $"the workspace {entry.MissingPath} is gone, but the hub still lists it",
        Branch branch =>
            $"branch '{branch.Name}' belongs to no bead and holds {branch.CommitsOnlyHere} commits found nowhere else",
        StaleLock stale => $"lock {stale.Path} was left by a git that is gone",
    };
}

/// <summary>Whether an orphan could be put away.</summary>
abstract record OrphanRepair
{
    OrphanRepair() { }

    public sealed record Done(string What) : OrphanRepair;

    public sealed record Left(string Why) : OrphanRepair;
}

/// <summary>
/// Finds and repairs what a crash or a hand in the wrong place left in the hub. Meant for a swarm at rest.
/// </summary>
sealed class OrphanSearch(Hub hub, WorkspacePool pool)
{
    const int LocksShownMax = 1000;

    /// <param name="agents">Agents that may have a workspace.</param>
    /// <param name="branches">Branches of beads that the store knows.</param>
    public async Task<IReadOnlyList<Orphan>> FindAsync(
        IReadOnlySet<AgentNumber> agents, IReadOnlySet<BranchName> branches, CancellationToken cancellationToken)
    {
        var orphans = new List<Orphan>();
        orphans.AddRange(Folders(agents));
        orphans.AddRange(Entries());
        orphans.AddRange(await BranchesAsync(branches, cancellationToken));
        orphans.AddRange(Locks());
        return orphans;
    }

    public async Task<OrphanRepair> RepairAsync(Orphan orphan, CancellationToken cancellationToken) => orphan switch
    {
        Orphan.Folder folder => await RepairFolderAsync(folder, cancellationToken),
        Orphan.Entry entry => RepairEntry(entry),
        Orphan.Branch branch => await RepairBranchAsync(branch, cancellationToken),
        Orphan.StaleLock stale => await RemoveLockAsync(stale, cancellationToken),
    };

    IEnumerable<Orphan> Folders(IReadOnlySet<AgentNumber> agents) =>
        !Directory.Exists(pool.Folder) ? [] : Directory.EnumerateDirectories(pool.Folder)
            .Where(path => NumberOf(path) is not { } agent || !agents.Contains(agent))
            .Select(path => new Orphan.Folder(path));

    IEnumerable<Orphan> Entries()
    {
        var worktrees = Path.Combine(hub.GitDirectory, "worktrees");
        return !Directory.Exists(worktrees) ? [] : Directory.EnumerateDirectories(worktrees)
            .Select(admin => (Admin: admin, GitFile: SmallFile.Read(Path.Combine(admin, "gitdir"))?.Trim() ?? ""))
            .Where(entry => !File.Exists(entry.GitFile))
            .Select(entry => new Orphan.Entry(
                entry.Admin, Path.GetDirectoryName(entry.GitFile) is { Length: > 0 } path ? path : entry.Admin));
    }

    async Task<IEnumerable<Orphan>> BranchesAsync(
        IReadOnlySet<BranchName> known, CancellationToken cancellationToken)
    {
        var orphans = new List<Orphan>();
        foreach (var found in await hub.Repository.RefsAsync(["refs/heads/"], cancellationToken))
        {
            if (BranchName.OfRef(found.Name) is { } name && !known.Contains(name))
            {
                var only = await pool.UnreachableAsync([found.Id], [found.Name], cancellationToken);
                orphans.Add(new Orphan.Branch(name, CommitId.Parse(found.Id), only.Count));
            }
        }

        return orphans;
    }

    IEnumerable<Orphan> Locks()
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true };
        return Directory.EnumerateFiles(hub.GitDirectory, "*.lock", options)
            .Where(path => !Path.GetRelativePath(hub.GitDirectory, path).StartsWith("objects",
                StringComparison.Ordinal))
            .Take(LocksShownMax).Select(path => new Orphan.StaleLock(path));
    }

    async Task<OrphanRepair> RepairFolderAsync(Orphan.Folder folder, CancellationToken cancellationToken)
    {
        if (NumberOf(folder.Path) is not { } agent)
        {
            return new OrphanRepair.Left($"{folder.Path} is no workspace: look at it and remove it by hand");
        }

        if (await pool.FindAsync(agent, cancellationToken) is { } workspace)
        {
            await pool.CommitLeftoversAsync(
                workspace, "Keep work left in an orphaned workspace\n", hub.Runner.TimeProvider.GetUtcNow(),
                cancellationToken);
        }

        return await pool.RemoveAsync(agent, cancellationToken) switch
        {
            RemovalOutcome.Removed => new OrphanRepair.Done($"removed {folder.Path}; its work is on its branch"),
            RemovalOutcome.Refused refused => new OrphanRepair.Left(
                $"{folder.Path} holds work that is nowhere else ({refused.Commits.Count} commits, "
                    + $"{refused.Files.Count} files): look at it and remove it by hand"),
        };
    }

    static OrphanRepair.Done RepairEntry(Orphan.Entry entry)
    {
        FolderTree.Delete(entry.AdminFolder);
        return new OrphanRepair.Done($"removed the entry of {entry.MissingPath}");
    }

    async Task<OrphanRepair> RepairBranchAsync(Orphan.Branch branch, CancellationToken cancellationToken) =>
        branch.CommitsOnlyHere == 0
            && await pool.RemoveLandedBranchAsync(branch.Name, branch.Tip, cancellationToken) is RemovalOutcome.Removed
            ? new OrphanRepair.Done($"deleted branch '{branch.Name}'")
            : new OrphanRepair.Left(
                $"branch '{branch.Name}' holds commits that are nowhere else: merge it or delete it by hand");

    async Task<OrphanRepair> RemoveLockAsync(Orphan.StaleLock stale, CancellationToken cancellationToken) =>
        await LockFile.RemoveAsync([stale.Path], [hub.Folder], hub.Runner.TimeProvider, cancellationToken)
        ? new OrphanRepair.Done($"removed {stale.Path}")
        : new OrphanRepair.Left($"a git is at work in {hub.Folder} and may hold {stale.Path}: wait for it or end it");

    static AgentNumber? NumberOf(string path) =>
        int.TryParse(
            Path.GetFileName(path), System.Globalization.NumberStyles.None,
            System.Globalization.CultureInfo.InvariantCulture, out var number)
            ? new AgentNumber(number)
            : null;
}
