using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Workspaces;

namespace Beadswarm.Simulation.Git;

/// <summary>A branch on the simulated remote, moved by a push that is a compare-and-swap there.</summary>
sealed class SimulatedRemoteTarget(GitHands hands, SimulatedRemote remote, BranchName branch, long? epoch)
    : ILandingTarget
{
    readonly SimulatedGit _git = hands.Git;
    readonly SimulatedLocalTarget _local = new(hands, branch, epoch: null);

    public BranchName Branch { get; } = branch;

    string SeenRef => Hub.TargetPrefix + Branch.Value;

    public Task RecoverAsync(CancellationToken cancellationToken) => _local.RecoverAsync(cancellationToken);

    public async Task<CommitId?> TipAsync(CancellationToken cancellationToken)
    {
        await hands.StepAsync(GitStep.TargetAsked, cancellationToken);
        var tip = remote.Ask(Branch);
        if (tip is null || _git.Hub.Find(SeenRef) == tip.Value.Value)
        {
            return tip;
        }

        // What is fetched is what is there by then.
        await hands.StepAsync(GitStep.TargetFetched, cancellationToken);
        var fetched = remote.Ask(Branch) ?? throw new GitException(
            ["fetch", Branch.Ref], 128, $"fatal: couldn't find remote ref {Branch.Ref}", _git.Hub.Place, false);
        _git.Fetch(fetched);
        await hands.MoveRefAsync(_git.Hub, new RefChange.Move(SeenRef, fetched.Value, null), cancellationToken);
        return fetched;
    }

    public async Task EnsureBranchAsync(CommitId at, CancellationToken cancellationToken)
    {
        await hands.StepAsync(GitStep.TargetAsked, cancellationToken);
        if (remote.Ask(Branch) is null)
        {
            await PushAsync(expected: null, at, cancellationToken);
        }
    }

    public async Task<AdvanceOutcome> AdvanceAsync(
        CommitId expected, CommitId candidate, CancellationToken cancellationToken)
    {
        if (epoch is not null && SimulatedGit.EpochOf(_git.Hub) != epoch && !hands.Defects.NoEpochFence)
        {
            return new AdvanceOutcome.Fenced();
        }

        return await PushAsync(expected, candidate, cancellationToken) switch
        {
            PushAnswer.Accepted => await AcceptedAsync(candidate, cancellationToken),
            PushAnswer.Refused refused => new AdvanceOutcome.Refused(refused.Reason),
            PushAnswer.Stale => await LookAsync(
                expected, candidate, "the remote refused a stale push", cancellationToken),
            PushAnswer.Lost => await LookAsync(expected, candidate, "the push gave no answer", cancellationToken),
        };
    }

    public Task<FollowOutcome> FollowAsync(CommitId landed, CancellationToken cancellationToken) =>
        _local.FollowAsync(landed, cancellationToken);

    async Task<PushAnswer> PushAsync(CommitId? expected, CommitId candidate, CancellationToken cancellationToken)
    {
        await hands.StepAsync(GitStep.PushBegun, cancellationToken);
        if (remote.Away)
        {
            return new PushAnswer.Lost();
        }

        var push = remote.Send(
            [new RefMove(Branch.Ref, expected, candidate)], forced: hands.Defects.NoCompareAndSwap);
        return await hands.DeliverAsync(remote, push, cancellationToken);
    }

    async Task<AdvanceOutcome> AcceptedAsync(CommitId candidate, CancellationToken cancellationToken)
    {
        await hands.MoveRefAsync(_git.Hub, new RefChange.Move(SeenRef, candidate.Value, null), cancellationToken);
        return new AdvanceOutcome.Moved();
    }

    async Task<AdvanceOutcome> LookAsync(
        CommitId expected, CommitId candidate, string reason, CancellationToken cancellationToken)
    {
        CommitId? tip;
        try
        {
            tip = await TipAsync(cancellationToken);
        }
        catch (GitException exception)
        {
            return new AdvanceOutcome.Unknown($"{reason}; and the remote cannot be asked: {exception.Message}");
        }

        return tip is not { } actual ? new AdvanceOutcome.Refused($"the remote has no branch '{Branch}'")
            : HistoryRules.IsAncestor(_git[candidate], _git[actual]) ? new AdvanceOutcome.Moved()
            : actual == expected ? new AdvanceOutcome.Unknown(reason)
            : new AdvanceOutcome.LostRace(actual);
    }
}
