using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Workspaces;

namespace Beadswarm.Simulation.Git;

/// <summary>
/// A branch of the simulated user's repository, moved by compare-and-swap together with a look at the epoch; the
/// checkout follows, or the landing is held.
/// </summary>
sealed class SimulatedLocalTarget(GitHands hands, BranchName branch, long? epoch) : ILandingTarget
{
    readonly SimulatedGit _git = hands.Git;
    readonly FollowingCheckout? _checkout =
        hands.Git.Checkout is { } checkout ? new FollowingCheckout(hands, checkout) : null;

    public BranchName Branch { get; } = branch;

    public Task RecoverAsync(CancellationToken cancellationToken) =>
        _checkout?.RepairAsync(cancellationToken) ?? Task.CompletedTask;

    public async Task<CommitId?> TipAsync(CancellationToken cancellationToken)
    {
        await hands.StepAsync(GitStep.TargetAsked, cancellationToken);
        return _git.User.Find(Branch);
    }

    public async Task EnsureBranchAsync(CommitId at, CancellationToken cancellationToken)
    {
        await hands.StepAsync(GitStep.TargetAsked, cancellationToken);
        if (_git.User.Find(Branch) is null)
        {
            // Refused means that somebody made the branch in between, which is as good.
            await hands.MoveRefsAsync(_git.User, [new RefChange.Create(Branch.Ref, at.Value)], cancellationToken);
        }
    }

    public async Task<AdvanceOutcome> AdvanceAsync(
        CommitId expected, CommitId candidate, CancellationToken cancellationToken)
    {
        if (_checkout is not null)
        {
            await _checkout.RepairAsync(cancellationToken);
        }

        await hands.StepAsync(GitStep.TargetAsked, cancellationToken);
        var tip = _git.User.Find(Branch);
        if (tip != expected && !hands.Defects.NoCompareAndSwap)
        {
            return AfterLostRace(tip, candidate);
        }

        return _git.Checkout is { Busy: { } operation } ? new AdvanceOutcome.Held(operation)
            : _git.Checkout?.Branch != Branch ? await MoveAsync(expected, candidate, cancellationToken)
            : await _checkout!.AdvanceAsync(
                Branch, expected, candidate, token => MoveAsync(expected, candidate, token), cancellationToken);
    }

    public async Task<FollowOutcome> FollowAsync(CommitId landed, CancellationToken cancellationToken)
    {
        try
        {
            await hands.StepAsync(GitStep.TargetAsked, cancellationToken);
            if (_git.User.Find(Branch) is not { } from)
            {
                return new FollowOutcome.Skipped($"there is no local branch '{Branch}'");
            }

            if (!HistoryRules.IsAncestor(_git[from], _git[landed]))
            {
                return new FollowOutcome.Skipped($"the local branch '{Branch}' has commits of its own");
            }

            return await AdvanceAsync(from, landed, cancellationToken) switch
            {
                AdvanceOutcome.Moved => new FollowOutcome.Followed(),
                AdvanceOutcome.Held held => new FollowOutcome.Skipped(held.Reason),
                AdvanceOutcome.Refused refused => new FollowOutcome.Skipped(refused.Reason),
                AdvanceOutcome.Unknown unknown => new FollowOutcome.Skipped(unknown.Reason),
                AdvanceOutcome.LostRace => new FollowOutcome.Skipped($"'{Branch}' was moved at the same time"),
                AdvanceOutcome.Fenced => new FollowOutcome.Skipped("another lander has taken over"),
            };
        }
        catch (Exception exception) when (exception is GitException or IOException)
        {
            return new FollowOutcome.Skipped(exception.Message);
        }
    }

    async Task<AdvanceOutcome> MoveAsync(CommitId expected, CommitId candidate, CancellationToken cancellationToken)
    {
        var old = hands.Defects.NoCompareAndSwap ? null : expected.Value;
        List<RefChange> changes = [new RefChange.Move(Branch.Ref, candidate.Value, old)];
        if (epoch is { } mine && !hands.Defects.NoEpochFence)
        {
            changes.Insert(0, new RefChange.Verify(LandingEpoch.Ref, SimulatedGit.EpochId(mine)));
        }

        return await hands.MoveRefsAsync(_git.User, changes, cancellationToken) switch
        {
            RefTransaction.Done => new AdvanceOutcome.Moved(),
            RefTransaction.Locked locked => new AdvanceOutcome.Held(
                $"a git at work, or one that was killed, holds a lock: {locked.Reason}"),
            RefTransaction.Refused refused => AfterRefusal(expected, candidate, refused.Reason),
        };
    }

    AdvanceOutcome AfterRefusal(CommitId expected, CommitId candidate, string reason)
    {
        var tip = _git.User.Find(Branch);
        return epoch is not null && SimulatedGit.EpochOf(_git.User) != epoch ? new AdvanceOutcome.Fenced()
            : tip != expected ? AfterLostRace(tip, candidate)
            : new AdvanceOutcome.Refused(reason);
    }

    AdvanceOutcome AfterLostRace(CommitId? tip, CommitId candidate) =>
        tip is not { } actual ? new AdvanceOutcome.Refused($"there is no branch '{Branch}' any more")
        : HistoryRules.IsAncestor(_git[candidate], _git[actual]) ? new AdvanceOutcome.Moved()
        : new AdvanceOutcome.LostRace(actual);
}
