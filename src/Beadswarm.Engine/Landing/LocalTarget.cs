using Beadswarm.Git;
using Beadswarm.Workspaces;

namespace Beadswarm.Landing;

/// <summary>
/// A branch of the user's own repository. Moved by compare-and-swap; a checkout of it follows when nothing of the
/// user's is in the way, and otherwise the landing is held.
/// </summary>
/// <param name="epoch">Of this lander, in the user's repository; null: not fenced.</param>
sealed class LocalTarget(Hub hub, BranchName branch, LandingEpoch? epoch) : ILandingTarget
{
    const string Reason = "beadswarm: landed";

    readonly GitRepository _user = hub.User.Repository;

    public BranchName Branch { get; } = branch;

    public async Task RecoverAsync(CancellationToken cancellationToken)
    {
        await RemoveLocksAsync(cancellationToken);
        if (!hub.User.IsBare)
        {
            await new UserCheckout(hub.User).RepairAsync(cancellationToken);
        }
    }

    public async Task<CommitId?> TipAsync(CancellationToken cancellationToken)
    {
        var tip = await _user.FindCommitAsync(Branch.Ref, cancellationToken);
        if (tip is { } commit)
        {
            await hub.PinAsync(Branch.Value, commit, cancellationToken);
        }

        return tip;
    }

    public async Task EnsureBranchAsync(CommitId at, CancellationToken cancellationToken)
    {
        if (await _user.FindCommitAsync(Branch.Ref, cancellationToken) is null)
        {
            await TransferAsync(at, have: null, cancellationToken);

            // Refused means that somebody made the branch in between, which is as good.
            RefChange[] create = [new RefChange.Create(Branch.Ref, at.Value)];
            for (var attempt = 1;
                await _user.UpdateRefsAsync(create, Reason, cancellationToken) is RefTransaction.Locked locked;
                attempt++)
            {
                if (attempt == CreationsMax || !await RemoveLocksAsync(cancellationToken))
                {
                    throw new GitException(
                        ["update-ref", Branch.Ref], 128, locked.Reason, hub.User.Root, isTransient: true);
                }
            }
        }
    }

    /// <summary>Once more when the lock of a git that was killed has been removed.</summary>
    const int CreationsMax = 2;

    public async Task<AdvanceOutcome> AdvanceAsync(
        CommitId expected, CommitId candidate, CancellationToken cancellationToken)
    {
        var checkout = hub.User.IsBare ? null : new UserCheckout(hub.User);
        if (checkout is not null)
        {
            await checkout.RepairAsync(cancellationToken);
        }

        var tip = await _user.FindCommitAsync(Branch.Ref, cancellationToken);
        if (tip != expected)
        {
            return await AfterLostRaceAsync(tip, candidate, cancellationToken);
        }

        await TransferAsync(candidate, expected, cancellationToken);
        return await CheckoutPlace.FindAsync(hub.User, Branch, cancellationToken) switch
        {
            CheckoutPlace.Nowhere => await MoveAsync(expected, candidate, cancellationToken),
            CheckoutPlace.Elsewhere elsewhere => new AdvanceOutcome.Held(
                $"'{Branch}' is checked out in {elsewhere.Path}: switch that work tree to another branch"),
            CheckoutPlace.Busy busy => new AdvanceOutcome.Held(
                $"{busy.Operation} of '{Branch}' is under way in {busy.Path}: finish or abort it"),
            CheckoutPlace.Here => await checkout!.AdvanceAsync(
                Branch, expected, candidate, token => MoveAsync(expected, candidate, token), cancellationToken),
        };
    }

    public async Task<FollowOutcome> FollowAsync(CommitId landed, CancellationToken cancellationToken)
    {
        try
        {
            var local = await _user.FindCommitAsync(Branch.Ref, cancellationToken);
            if (local is not { } from)
            {
                return new FollowOutcome.Skipped($"there is no local branch '{Branch}'");
            }

            // The user may have commits that the hub has never seen; then the branch does not follow.
            if ((await hub.Repository.LookUpAsync([from.Value], cancellationToken))[0] is null
                || !await hub.Repository.IsAncestorAsync(from, landed, cancellationToken))
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
        catch (Exception exception) when (exception is GitException or IOException or UnauthorizedAccessException)
        {
            // The bead has landed on the remote; that the user's own branch lags behind is worth a line, not a failure.
            return new FollowOutcome.Skipped(exception.Message);
        }
    }

    async Task TransferAsync(CommitId candidate, CommitId? have, CancellationToken cancellationToken)
    {
        var known = have ?? await hub.User.Repository.FindCommitAsync("HEAD", cancellationToken);
        if (known is { } commit && (await _user.LookUpAsync([candidate.Value], cancellationToken))[0] is null)
        {
            await ObjectTransfer.CopyAsync(hub.Repository, _user, candidate, commit, cancellationToken);
        }
    }

    async Task<AdvanceOutcome> MoveAsync(CommitId expected, CommitId candidate, CancellationToken cancellationToken)
    {
        // One ref moves, so a kill at any point leaves it old or new; two refs in a transaction can be torn apart. The
        // pin follows when the tip is looked at next.
        List<RefChange> changes = [new RefChange.Move(Branch.Ref, candidate.Value, expected.Value)];
        if (epoch is not null)
        {
            changes.Insert(0, new RefChange.Verify(LandingEpoch.Ref, epoch.Blob));
        }

        var moved = await _user.UpdateRefsAsync(changes, Reason, cancellationToken);
        return moved switch
        {
            RefTransaction.Done => new AdvanceOutcome.Moved(),
            RefTransaction.Locked locked => await AfterLockedAsync(locked.Reason.Trim(), cancellationToken),
            RefTransaction.Refused refused => await AfterRefusalAsync(
                expected, candidate, refused.Reason, cancellationToken),
        };
    }

    async Task<AdvanceOutcome> AfterLockedAsync(string reason, CancellationToken cancellationToken) =>
        new AdvanceOutcome.Held(await RemoveLocksAsync(cancellationToken)
            ? $"a git that was killed had left a lock, which is removed: {reason}"
            : $"a git at work in {hub.User.CommonDirectory}, or one that was killed, holds a lock: {reason}");

    /// <summary>
    /// A git that was killed while it moved the branch, ours or the user's, leaves a lock on everything that takes
    /// part.
    /// </summary>
    /// <returns>Whether none of them is there any more; a git that may hold one is waited for.</returns>
    Task<bool> RemoveLocksAsync(CancellationToken cancellationToken) => LockFile.RemoveAsync(
        [
            Path.Combine(hub.User.CommonDirectory, Branch.Ref + ".lock"),
            Path.Combine(hub.User.CommonDirectory, LandingEpoch.Ref + ".lock"),
            Path.Combine(hub.User.GitDirectory, "HEAD.lock"),
        ],
        hub.User.Places(), hub.Runner.TimeProvider, cancellationToken);

    async Task<AdvanceOutcome> AfterRefusalAsync(
        CommitId expected, CommitId candidate, string reason, CancellationToken cancellationToken)
    {
        var found = await _user.LookUpAsync([LandingEpoch.Ref, Branch.Ref], cancellationToken);
        return epoch is not null && found[0]?.Id != epoch.Blob ? new AdvanceOutcome.Fenced()
            : found[1]?.Id != expected.Value ? await AfterLostRaceAsync(
                found[1] is { } actual ? new CommitId(actual.Id) : null, candidate, cancellationToken)
            : new AdvanceOutcome.Refused(reason.Trim());
    }

    async Task<AdvanceOutcome> AfterLostRaceAsync(
        CommitId? tip, CommitId candidate, CancellationToken cancellationToken) =>
        tip is not { } actual ? new AdvanceOutcome.Refused($"there is no branch '{Branch}' any more")
        : await hub.Repository.IsAncestorAsync(candidate, actual, cancellationToken) ? new AdvanceOutcome.Moved()
        : new AdvanceOutcome.LostRace(actual);
}
