using Beadswarm.Claims;
using Beadswarm.Git;

namespace Beadswarm.Workspaces;

/// <summary>The bounds of a pool.</summary>
sealed record WorkspaceOptions
{
    /// <summary>What is removed before a workspace is used for another bead.</summary>
    public WorkspaceCleaning Cleaning { get; init; } = WorkspaceCleaning.Everything;

    public long BytesMax { get; init; } = 20L * 1024 * 1024 * 1024;

    public long BytesFreeMin { get; init; } = 1024L * 1024 * 1024;

    /// <summary>
    /// A measured size is believed for at least so long; walking all files costs more than a stale figure.
    /// </summary>
    public TimeSpan SizeValidFor { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>
/// The workspaces of the agents, one folder a slot, used again and again. Before a folder is given to another bead,
/// whatever was left in it is committed to the branch it belongs to.
/// </summary>
sealed class WorkspacePool(Hub hub, WorkspaceOptions options) : IWorkspaces
{
    /// <summary>Commits that a branch was reset away from stay reachable under here.</summary>
    public const string KeptPrefix = "refs/beadswarm/kept/";

    // Of a walk's own time; so it takes a twentieth of one processor at most.
    const int WalkPause = 20;

    readonly WorkTrees _trees = new(hub);
    readonly Lock _sizeLock = new();
    long _sizeBytes;
    (long At, TimeSpan ValidFor)? _sizeTaken;

    public string Folder { get; } = Path.Combine(hub.Folder, "workspaces");

    public string PathOf(AgentNumber agent) => Path.Combine(Folder, agent.ToString());

    public async Task<Workspace> AcquireAsync(WorkspaceRequest request, CancellationToken cancellationToken)
    {
        var workspace = new Workspace(
            request.Agent, PathOf(request.Agent), WorkspaceBranch.Of(request.Agent, request.Bead));
        var tree = await _trees.FindAsync(workspace.Path, cancellationToken);
        if (tree is null)
        {
            tree = await _trees.AddEmptyAsync(workspace.Path, request.Start, cancellationToken);
        }
        else
        {
            var rescue = new LeftoverRescue(hub, tree);
            var state = await rescue.InspectAsync(cancellationToken);
            if (state.Matches(workspace.Branch, request.Start))
            {
                tree.OwnBranch = workspace.Branch;
                return workspace;
            }

            if (tree.OwnBranch is { } before)
            {
                await rescue.CommitAsync(
                    before, state, "Keep work left in the workspace\n", hub.Runner.TimeProvider.GetUtcNow(),
                    cancellationToken);
            }
        }

        tree.RemoveLocks(workspace.Branch);

        // Whoever dies from here on leaves files that are not those of the branch: they are nobody's work, and must not
        // be taken for changes that undo what the branch has got. Whatever was worth keeping has been committed.
        tree.OwnBranch = null;
        await PlaceBranchAsync(workspace.Branch, request.Start, cancellationToken);
        await tree.ResetAsync(
            GitCall.Of("checkout", "--quiet", "--force", workspace.Branch.Value, "--"), cancellationToken);
        await tree.CleanAsync(options.Cleaning, cancellationToken);
        tree.OwnBranch = workspace.Branch;
        return workspace;
    }

    public async Task<Workspace?> FindAsync(AgentNumber agent, CancellationToken cancellationToken) =>
        await _trees.FindAsync(PathOf(agent), cancellationToken) is { OwnBranch: { } branch } tree
            ? new Workspace(agent, tree.Path, branch)
            : null;

    public async Task<LeftoverOutcome> CommitLeftoversAsync(
        Workspace workspace, string message, DateTimeOffset when, CancellationToken cancellationToken)
    {
        var tree = await ExistingAsync(workspace, cancellationToken);
        return await new LeftoverRescue(hub, tree).CommitAsync(workspace.Branch, message, when, cancellationToken);
    }

    public WorkspaceGround? GroundOf(Workspace workspace) =>
        _trees.AdminFolderOf(workspace.Path) is { } admin
            ? HubGround.Of(hub, workspace, admin)
            : null;

    /// <summary>What the branch holds, against the tip of the target it is to land on.</summary>
    public async Task<WorkspaceHead> HeadAsync(
        BranchName branch, CommitId target, CancellationToken cancellationToken)
    {
        var output = await hub.Repository.RunAsync(
            GitCall.Of("rev-parse", branch.Ref, $"{branch.Ref}^{{tree}}", $"{branch.Ref}...{target}"),
                cancellationToken);
        var lines = output.Lines;
        var mergeBase = lines.FirstOrDefault(line => line[0] == '^')?[1..] ?? target.Value;
        return new WorkspaceHead(
            CommitId.Parse(lines[0]), TreeId.Parse(lines[1]), CommitId.Parse(mergeBase),
            await hub.Repository.ChangesAsync(mergeBase, lines[0], cancellationToken));
    }

    /// <summary>Measures the workspaces (not more often than the options say) and the free space of the disk.</summary>
    public AdmissionOutcome Admit()
    {
        var used = MeasuredSize();
        var free = new DriveInfo(hub.Folder).AvailableFreeSpace;
        return free < options.BytesFreeMin ? new AdmissionOutcome.DiskFull(free, options.BytesFreeMin)
            : used > options.BytesMax ? new AdmissionOutcome.OverQuota(used, options.BytesMax)
            : new AdmissionOutcome.Admitted(used, free);
    }

    /// <summary>Removes the folder, after proving that nothing is only there. Branches stay.</summary>
    public async Task<RemovalOutcome> RemoveAsync(AgentNumber agent, CancellationToken cancellationToken)
    {
        var path = PathOf(agent);
        if (await _trees.FindAsync(path, cancellationToken) is not { } tree)
        {
            // Without a link to the hub it is no work tree, and nobody can say what its files are.
            return Directory.Exists(path) && Directory.EnumerateFileSystemEntries(path).Any(IsContent)
                ? new RemovalOutcome.Refused([], [path])
                : RemoveRemains(path);
        }

        var state = await new LeftoverRescue(hub, tree).InspectAsync(cancellationToken);
        var unreachable = await UnreachableAsync([state.Head.Value], [], cancellationToken);
        var files = state.Unsaved.Select(entry => entry.Path).ToArray();
        if (unreachable.Count > 0 || files.Length > 0)
        {
            return new RemovalOutcome.Refused(unreachable, files);
        }

        return RemoveRemains(path);
    }

    public async Task<RemovalOutcome> RemoveLandedBranchAsync(
        BranchName branch, CommitId landedHead, CancellationToken cancellationToken)
    {
        if (await hub.Repository.FindCommitAsync(branch.Ref, cancellationToken) is not { } tip)
        {
            return new RemovalOutcome.Removed();
        }

        if (tip != landedHead)
        {
            var unreachable = await UnreachableAsync([tip.Value, $"^{landedHead}"], [branch.Ref], cancellationToken);
            if (unreachable.Count > 0)
            {
                return new RemovalOutcome.Refused(unreachable, []);
            }
        }

        await DetachAsync(branch, cancellationToken);
        var deleted = await hub.Repository.UpdateRefsAsync(
            [new RefChange.Delete(branch.Ref, tip.Value)], "beadswarm: landed", cancellationToken);
        return deleted is RefTransaction.Done ? new RemovalOutcome.Removed() : new RemovalOutcome.Refused([tip], []);
    }

    /// <summary>Commits reachable from the names and from no ref outside of <paramref name="exceptRefs"/>.</summary>
    public async Task<IReadOnlyList<CommitId>> UnreachableAsync(
        IReadOnlyList<string> names, IReadOnlyList<string> exceptRefs, CancellationToken cancellationToken)
    {
        const int shownMax = 100;
        var call = new GitCall([
            "rev-list", $"--max-count={shownMax}", .. names, "--not", .. exceptRefs.Select(name => $"--exclude={name}"),
            "--glob=refs/*", "--alternate-refs"]);
        return [.. (await hub.Repository.RunAsync(call, cancellationToken)).Lines.Select(CommitId.Parse)];
    }

    /// <summary>A work tree that stands on a branch lets go of it, files and index as they are.</summary>
    async Task DetachAsync(BranchName branch, CancellationToken cancellationToken)
    {
        if (!WorkspaceBranch.TryParseAgent(branch, out var agent)
            || await _trees.FindAsync(PathOf(agent), cancellationToken) is not { } tree)
        {
            return;
        }

        // Each for itself, because a crash may have done one of them: a workspace that still names the branch as its
        // own would bring it back.
        if (tree.OwnBranch == branch)
        {
            tree.OwnBranch = null;
        }

        if (SmallFile.Read(tree.InAdmin("HEAD"))?.Trim() == $"ref: {branch.Ref}")
        {
            await tree.Repository.RunAsync(GitCall.Of("update-ref", "--no-deref", "HEAD", "HEAD"), cancellationToken);
        }
    }

    /// <summary>The branch is at its start; where it was before stays reachable.</summary>
    async Task PlaceBranchAsync(BranchName branch, CommitId start, CancellationToken cancellationToken)
    {
        var tip = await hub.Repository.FindCommitAsync(branch.Ref, cancellationToken);
        if (tip == start)
        {
            return;
        }

        var changes = new List<RefChange>();
        if (tip is { } old && !await hub.Repository.IsAncestorAsync(old, start, cancellationToken))
        {
            changes.Add(new RefChange.Move($"{KeptPrefix}{branch}/{old}", old.Value, null));
        }

        changes.Add(tip is { } from
            ? new RefChange.Move(branch.Ref, start.Value, from.Value)
            : new RefChange.Create(branch.Ref, start.Value));
        var moved = await hub.Repository.UpdateRefsAsync(changes, "beadswarm: start", cancellationToken);
        if (moved is not RefTransaction.Done)
        {
            throw new GitException(
                ["update-ref", branch.Ref], 128, moved.ToString(), hub.GitDirectory, moved is RefTransaction.Locked);
        }
    }

    async Task<WorkTree> ExistingAsync(Workspace workspace, CancellationToken cancellationToken) =>
        await _trees.FindAsync(workspace.Path, cancellationToken)
        ?? throw new GitException(
            ["status"], 128, "the workspace is gone or no work tree of the hub any more: run 'beadswarm doctor'",
            workspace.Path, isTransient: false);

    RemovalOutcome.Removed RemoveRemains(string path)
    {
        _trees.Forget(path);
        return new RemovalOutcome.Removed();
    }

    static bool IsContent(string entry) => Path.GetFileName(entry) != ".git";

    // Nobody waits for somebody else's walk through all files; until the first one is done, no use is known of.
    long MeasuredSize()
    {
        var time = hub.Runner.TimeProvider;
        if (!_sizeLock.TryEnter())
        {
            return Interlocked.Read(ref _sizeBytes);
        }

        try
        {
            if (_sizeTaken is not { } taken || time.GetElapsedTime(taken.At) >= taken.ValidFor)
            {
                var began = time.GetTimestamp();
                Interlocked.Exchange(
                    ref _sizeBytes,
                    Hub.WorktreeFolders.Sum(name => FolderTree.Size(Path.Combine(hub.Folder, name))));
                var walk = time.GetElapsedTime(began) * WalkPause;
                _sizeTaken = (time.GetTimestamp(), walk > options.SizeValidFor ? walk : options.SizeValidFor);
            }

            return Interlocked.Read(ref _sizeBytes);
        }
        finally
        {
            _sizeLock.Exit();
        }
    }
}
