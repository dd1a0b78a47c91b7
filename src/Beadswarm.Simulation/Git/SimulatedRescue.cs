using System.Collections.Immutable;
using Beadswarm.Git;
using Beadswarm.Workspaces;

namespace Beadswarm.Simulation.Git;

/// <summary>How a simulated workspace stands.</summary>
/// <param name="Unsaved">What a commit of everything would hold: neither the tracker's nor the swarm's files.</param>
sealed record FolderState(
    SimulatedCommit Head, BranchName? Branch, IReadOnlyList<FileDifference> Unsaved, bool OperationUnderWay)
{
    public bool Matches(BranchName branch, CommitId head) =>
        Branch == branch && Head.Id == head && !OperationUnderWay && Unsaved.Count == 0;
}

/// <summary>
/// Brings what an agent left onto the branch it belongs to, in the steps of the real rescue: objects, then the branch,
/// then HEAD, then the files. Doing it again after a crash ends the same.
/// </summary>
sealed class SimulatedRescue(GitHands hands, SimulatedFolder folder)
{
    readonly SimulatedGit _git = hands.Git;

    public async Task<FolderState> InspectAsync(CancellationToken cancellationToken)
    {
        await hands.StepAsync(GitStep.WorkspaceInspected, cancellationToken);
        var head = folder.Head
            ?? (folder.OwnBranch is { } own && _git.Hub.Find(own) is { } tip ? _git[tip] : null)
            ?? throw new GitException(["status"], 128, "HEAD names no commit", folder.Path, isTransient: false);
        var unsaved = FileTree.Differences(head.Tree, folder.Files)
            .Where(change => !ProtectedFolders.Contain(change.Path)).ToArray();
        return new FolderState(
            head, folder.Branch, unsaved, folder.MergeHead is not null || folder.RebaseUnderWay);
    }

    public async Task<LeftoverOutcome> CommitAsync(
        BranchName branch, string message, DateTimeOffset when, CancellationToken cancellationToken)
    {
        _git.Hub.Unlock(branch.Ref);
        var state = await InspectAsync(cancellationToken);
        var tip = _git.Hub.Find(branch) is { } id ? _git[id] : state.Head;
        if (state.Matches(branch, tip.Id))
        {
            return new LeftoverOutcome.Nothing(tip.Id);
        }

        if (hands.Defects.LeftoversDropped)
        {
            await SettleAsync(branch, tip, cancellationToken);
            return new LeftoverOutcome.Nothing(tip.Id);
        }

        string[] files = [.. state.Unsaved.Select(change => change.Path)];
        var saved = Save(state, message, when);
        await hands.StepAsync(GitStep.CommitMade, cancellationToken);
        var outcome = state.Branch != branch
            ? await BringOverAsync(new Found(branch, tip, state, saved, files), message, when, cancellationToken)
            : saved == tip ? new LeftoverOutcome.Nothing(tip.Id)
            : new LeftoverOutcome.Committed(saved.Id, files);
        await SettleAsync(branch, _git[outcome.Head], cancellationToken);
        return outcome;
    }

    /// <summary>A commit with everything that lies here; HEAD's own when there is nothing new in it.</summary>
    SimulatedCommit Save(FolderState state, string message, DateTimeOffset when)
    {
        var content = state.Unsaved.Aggregate(state.Head.Tree, (tree, change) => tree.With(change.Path, change.To));
        return folder is { MergeHead: { } other, Unmerged: false }
            ? _git.Commit(content, [state.Head, _git[other]], message, when)
            : CommitUnlessSame(content, state.Head, message, when);
    }

    /// <summary>Work found on a detached HEAD or another branch joins the branch it belongs to.</summary>
    async Task<LeftoverOutcome> BringOverAsync(
        Found found, string message, DateTimeOffset when, CancellationToken cancellationToken)
    {
        var (branch, tip, state, saved, files) = found;
        var from = state.Branch is { } other ? $"branch '{other}'" : "a detached HEAD";
        if (folder.RebaseUnderWay)
        {
            return HistoryRules.IsAncestor(saved, tip)
                ? new LeftoverOutcome.Nothing(tip.Id)
                : await KeepAsync(found, cancellationToken);
        }

        if (state.Branch is { } foreign && IsOfAnother(foreign, branch))
        {
            // Another bead's branch: its commits are not this bead's work, the uncommitted files are.
            if (saved == state.Head)
            {
                return new LeftoverOutcome.Nothing(tip.Id);
            }

            var carried = MergeRules.Merge(state.Head.Tree, tip.Tree, saved.Tree);
            return carried.Conflicts.Count == 0
                ? new LeftoverOutcome.Moved(
                    CommitUnlessSame(carried.Tree, tip, message, when).Id, from, files, Contested: false)
                : await KeepAsync(found, cancellationToken);
        }

        if (HistoryRules.IsAncestor(tip, saved))
        {
            return saved == tip ? new LeftoverOutcome.Nothing(tip.Id)
                : new LeftoverOutcome.Moved(saved.Id, from, files, Contested: false);
        }

        if (HistoryRules.IsAncestor(saved, tip))
        {
            return new LeftoverOutcome.Nothing(tip.Id);
        }

        // A merge of both; where they contradict each other, what lies in the folder counts and the rest is history.
        var merged = MergeRules.Merge(tip, saved);
        var contested = merged.Conflicts.Count > 0;
        var content = contested ? saved.Tree : merged.Tree;
        return content.Id == tip.Tree.Id
            ? new LeftoverOutcome.Nothing(tip.Id)
            : new LeftoverOutcome.Moved(_git.Commit(content, [tip, saved], message, when).Id, from, files, contested);
    }

    async Task<LeftoverOutcome> KeepAsync(Found found, CancellationToken cancellationToken)
    {
        var name = $"{WorkspacePool.KeptPrefix}{found.Branch}/{found.Saved.Id}";
        await hands.MoveRefAsync(_git.Hub, new RefChange.Move(name, found.Saved.Id.Value, null), cancellationToken);
        return new LeftoverOutcome.Kept(found.Tip.Id, name, found.Files);
    }

    /// <summary>The branch moves, HEAD returns to it, and the files are what it says.</summary>
    async Task SettleAsync(BranchName branch, SimulatedCommit head, CancellationToken cancellationToken)
    {
        await hands.MoveRefAsync(_git.Hub, new RefChange.Move(branch.Ref, head.Id.Value, null), cancellationToken);
        folder.Name(branch, null);
        await hands.StepAsync(GitStep.WorkspaceSwitched, cancellationToken);
        var untracked = FileTree.Differences(head.Tree, folder.Files)
            .Where(change => change.From is null && ProtectedFolders.Contain(change.Path)).ToImmutableArray();
        folder.ForgetOperations();
        folder.Files = untracked.Aggregate(head.Tree, (tree, change) => tree.With(change.Path, change.To));
        await hands.StepAsync(GitStep.WorkspaceCleaned, cancellationToken);
    }

    SimulatedCommit CommitUnlessSame(
        FileTree content, SimulatedCommit parent, string message, DateTimeOffset when) =>
        content.Id == parent.Tree.Id ? parent : _git.Commit(content, [parent], message, when);

    // Also another bead's of the same agent: what has not landed of that one must not land with this one.
    static bool IsOfAnother(BranchName found, BranchName own) =>
        found != own && WorkspaceBranch.TryParseAgent(found, out _);

    /// <summary>Work that is not where it belongs.</summary>
    sealed record Found(
        BranchName Branch, SimulatedCommit Tip, FolderState State, SimulatedCommit Saved, IReadOnlyList<string> Files);
}
