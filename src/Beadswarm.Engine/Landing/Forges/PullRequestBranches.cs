using Beadswarm.Beads;
using Beadswarm.Git;
using Beadswarm.Workspaces;

namespace Beadswarm.Landing.Forges;

/// <summary>What became of the wish to show a head on the branch of a pull request.</summary>
abstract record BranchPush
{
    BranchPush() { }

    public sealed record Shown : BranchPush;

    /// <summary>Somebody else's commits are on it: they are not pushed away.</summary>
    public sealed record Foreign(CommitId There) : BranchPush;

    /// <summary>The remote does not take it: a hook, missing rights.</summary>
    public sealed record Refused(string Reason) : BranchPush;

    /// <summary>The answer was lost, and the branch does not show the head.</summary>
    public sealed record Unknown(string Reason) : BranchPush;
}

/// <summary>
/// The branches of pull requests on the remote: one for each bead, through all its attempts, so that its pull request
/// stays the same one. Moved by compare-and-swap, and only from what was made here.
/// </summary>
sealed class PullRequestBranches(Hub hub, string remote)
{
    public static BranchName Of(BeadId bead) => new($"beadswarm/{WorkspaceBranch.Encode(bead.Value)}/pull-request");

    /// <summary>Brings the branch to a head. Doing it twice is the same as once.</summary>
    /// <param name="ours">Heads that were shown for this bead before.</param>
    public async Task<BranchPush> PushAsync(
        BranchName branch, CommitId head, IReadOnlySet<CommitId> ours, CancellationToken cancellationToken)
    {
        var git = await RemoteGit.FindAsync(hub, remote, cancellationToken);
        var there = await git.FindAsync(branch.Ref, cancellationToken);
        if (there == head)
        {
            return new BranchPush.Shown();
        }

        if (there is { } other && !ours.Contains(other)
            && !await IsMadeHereAsync(other, head, ours, cancellationToken))
        {
            return new BranchPush.Foreign(other);
        }

        var output = await git.PushAsync([new RefMove(branch.Ref, there, head)], cancellationToken);
        return PushAnswer.Read(output.Text, output.StandardErrorTail) switch
        {
            PushAnswer.Accepted => new BranchPush.Shown(),
            PushAnswer.Refused refused => new BranchPush.Refused(refused.Reason),
            PushAnswer.Stale or PushAnswer.Lost => await git.FindAsync(branch.Ref, cancellationToken) == head
                ? new BranchPush.Shown()
                : new BranchPush.Unknown($"exit code {output.ExitCode}: {output.StandardErrorTail.Trim()}"),
            var answer => throw new System.Diagnostics.UnreachableException($"{answer}"),
        };
    }

    /// <summary>Removes the branch where it still shows this head, and says in a few words what it did.</summary>
    public async Task<string> RemoveAsync(BranchName branch, CommitId head, CancellationToken cancellationToken)
    {
        var git = await RemoteGit.FindAsync(hub, remote, cancellationToken);
        var there = await git.FindAsync(branch.Ref, cancellationToken);
        if (there is null)
        {
            return "its branch is gone";
        }

        if (there != head)
        {
            return $"its branch is kept: it is at {there}";
        }

        var output = await git.PushAsync([new RefMove(branch.Ref, head, null)], cancellationToken);
        return PushAnswer.Read(output.Text, output.StandardErrorTail) is PushAnswer.Accepted
            ? "its branch was removed"
            : $"its branch is kept: {output.StandardErrorTail.Trim()}";
    }

    /// <summary>What a commit was made on top of; null when the commit is not here, or the first of all.</summary>
    public async Task<CommitId?> FirstParentAsync(CommitId commit, CancellationToken cancellationToken) =>
        await ParentAsync(commit, 1, cancellationToken);

    /// <summary>
    /// What leads to the head, or takes the target up on top of what was shown: the latter was pushed and not
    /// recorded, when the orchestrator died in between.
    /// </summary>
    async Task<bool> IsMadeHereAsync(
        CommitId other, CommitId head, IReadOnlySet<CommitId> ours, CancellationToken cancellationToken)
    {
        if ((await hub.Repository.LookUpAsync([other.Value], cancellationToken))[0] is null)
        {
            return false;
        }

        return await hub.Repository.IsAncestorAsync(other, head, cancellationToken)
            || (await ParentAsync(other, 1, cancellationToken) is { } below
                && (ours.Contains(below) || below == head)
                && await ParentAsync(other, 2, cancellationToken) is not null);
    }

    async Task<CommitId?> ParentAsync(CommitId commit, int number, CancellationToken cancellationToken) =>
        (await hub.Repository.LookUpAsync([$"{commit}^{number}"], cancellationToken))[0] is { Kind: "commit" } parent
            ? CommitId.Parse(parent.Id)
            : null;
}
