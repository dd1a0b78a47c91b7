using Beadswarm.Claims;
using Beadswarm.Git;
using Beadswarm.Workspaces;

namespace Beadswarm.Simulation.Git;

/// <summary>The workspaces of simulated agents: what <see cref="WorkspacePool"/> is for real git.</summary>
sealed class SimulatedWorkspaces(GitHands hands, WorkspaceOptions options) : IWorkspaces
{
    const int UnreachableShownMax = 100;

    readonly SimulatedGit _git = hands.Git;

    public string PathOf(AgentNumber agent) => _git.PathOf(agent);

    public async Task<Workspace> AcquireAsync(WorkspaceRequest request, CancellationToken cancellationToken)
    {
        var workspace = new Workspace(
            request.Agent, PathOf(request.Agent), WorkspaceBranch.Of(request.Agent, request.Bead));
        var folder = _git.FolderOf(request.Agent);
        if (!folder.Exists)
        {
            folder.Clear();
            await hands.StepAsync(GitStep.WorkspaceHalfMade, cancellationToken);
            folder.Make(_git[request.Start].Id);
            await hands.StepAsync(GitStep.WorkspaceMade, cancellationToken);
        }
        else
        {
            var rescue = new SimulatedRescue(hands, folder);
            var state = await rescue.InspectAsync(cancellationToken);
            if (state.Matches(workspace.Branch, request.Start))
            {
                folder.OwnBranch = workspace.Branch;
                return workspace;
            }

            if (folder.OwnBranch is { } before)
            {
                await rescue.CommitAsync(
                    before, "Keep work left in the workspace\n", hands.Time.GetUtcNow(), cancellationToken);
            }
        }

        folder.OwnBranch = null;
        await PlaceBranchAsync(workspace.Branch, request.Start, cancellationToken);
        await SwitchAsync(folder, workspace.Branch, cancellationToken);
        folder.Files = folder.Head?.Tree ?? folder.Files;
        await hands.StepAsync(GitStep.WorkspaceCleaned, cancellationToken);
        folder.OwnBranch = workspace.Branch;
        await hands.StepAsync(GitStep.WorkspaceNamed, cancellationToken);
        return workspace;
    }

    public Task<Workspace?> FindAsync(AgentNumber agent, CancellationToken cancellationToken) =>
        Task.FromResult(_git.FolderOf(agent) is { Exists: true, OwnBranch: { } branch } folder
            ? new Workspace(agent, folder.Path, branch)
            : null);

    public async Task<LeftoverOutcome> CommitLeftoversAsync(
        Workspace workspace, string message, DateTimeOffset when, CancellationToken cancellationToken)
    {
        var folder = _git.FolderAt(workspace.Path);
        return folder.Exists
            ? await new SimulatedRescue(hands, folder).CommitAsync(workspace.Branch, message, when, cancellationToken)
            : throw new GitException(
                ["status"], 128, "the workspace is gone or no work tree of the hub any more", workspace.Path, false);
    }

    public async Task<RemovalOutcome> RemoveLandedBranchAsync(
        BranchName branch, CommitId landedHead, CancellationToken cancellationToken)
    {
        if (_git.Hub.Find(branch) is not { } tip)
        {
            return new RemovalOutcome.Removed();
        }

        if (tip != landedHead && !hands.Defects.RemovalWithoutReachability)
        {
            var unreachable = HistoryRules.Unreachable(
                _git[tip], _git.Reached(except: branch.Ref).Append(_git[landedHead]));
            if (unreachable.Count > 0)
            {
                return new RemovalOutcome.Refused(
                    [.. unreachable.Take(UnreachableShownMax).Select(commit => commit.Id)], []);
            }
        }

        if (WorkspaceBranch.TryParseAgent(branch, out var agent)
            && _git.FolderOf(agent) is { Exists: true } folder)
        {
            await LetGoAsync(folder, branch, cancellationToken);
        }

        var deleted = await hands.MoveRefsAsync(
            _git.Hub, [new RefChange.Delete(branch.Ref, tip.Value)], cancellationToken);
        return deleted is RefTransaction.Done ? new RemovalOutcome.Removed() : new RemovalOutcome.Refused([tip], []);
    }

    public WorkspaceGround? GroundOf(Workspace workspace) => null;

    public AdmissionOutcome Admit()
    {
        var used = _git.WorkspaceBytes;
        var free = _git.DiskBytes - _git.ForeignBytes - used;
        return free < options.BytesFreeMin ? new AdmissionOutcome.DiskFull(free, options.BytesFreeMin)
            : used > options.BytesMax ? new AdmissionOutcome.OverQuota(used, options.BytesMax)
            : new AdmissionOutcome.Admitted(used, free);
    }

    /// <summary>A workspace that stands on a branch lets go of it, files as they are.</summary>
    async Task LetGoAsync(SimulatedFolder folder, BranchName branch, CancellationToken cancellationToken)
    {
        if (folder.OwnBranch == branch)
        {
            folder.OwnBranch = null;
            await hands.StepAsync(GitStep.WorkspaceNamed, cancellationToken);
        }

        if (folder.Branch == branch)
        {
            folder.Detach();
            await hands.StepAsync(GitStep.WorkspaceDetached, cancellationToken);
        }
    }

    /// <summary>The branch is at its start; where it was before stays reachable.</summary>
    async Task PlaceBranchAsync(BranchName branch, CommitId start, CancellationToken cancellationToken)
    {
        _git.Hub.Unlock(branch.Ref);
        var tip = _git.Hub.Find(branch);
        if (tip == start)
        {
            return;
        }

        var changes = new List<RefChange>();
        if (tip is { } old && !HistoryRules.IsAncestor(_git[old], _git[start]) && !hands.Defects.RestartDropsCommits)
        {
            changes.Add(new RefChange.Move($"{WorkspacePool.KeptPrefix}{branch}/{old}", old.Value, null));
        }

        changes.Add(tip is { } from
            ? new RefChange.Move(branch.Ref, start.Value, from.Value)
            : new RefChange.Create(branch.Ref, start.Value));
        await hands.MoveRefsOrFailAsync(_git.Hub, changes, cancellationToken);
    }

    /// <summary>
    /// Files first, HEAD last, as git does it. Files that neither commit has stay; cleaning is a step of its own.
    /// </summary>
    async Task SwitchAsync(SimulatedFolder folder, BranchName branch, CancellationToken cancellationToken)
    {
        folder.ForgetOperations();
        var (before, after) = (folder.Head?.Tree ?? FileTree.Empty, _git[_git.Hub.Find(branch)!.Value].Tree);
        var wanted = FileTree.Differences(before, folder.Files)
            .Where(change => change.From is null && after.Find(change.Path) is null)
            .Aggregate(after, (tree, change) => tree.With(change.Path, change.To));
        var changes = FileTree.Differences(folder.Files, wanted);
        foreach (var change in changes.Take(changes.Count / 2))
        {
            folder.Files = folder.Files.With(change.Path, change.To);
        }

        await hands.StepAsync(GitStep.WorkspaceHalf, cancellationToken);
        folder.Files = wanted;
        folder.Name(branch, null);
        await hands.StepAsync(GitStep.WorkspaceSwitched, cancellationToken);
    }
}
