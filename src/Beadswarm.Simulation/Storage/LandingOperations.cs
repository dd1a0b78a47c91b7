using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Storage;
using Beadswarm.Swarms;

namespace Beadswarm.Simulation.Storage;

/// <summary>The merge queue, and the outbox to the tracker that landing feeds.</summary>
static class LandingOperations
{
    public static void Queue(StoreTransaction transaction, ClaimKey key)
    {
        var bead = transaction.Tables.Beads.Get(key.Bead);
        if (bead is not
            {
                Branch: { } branch,
                Work: { BaseCommit: { } baseCommit, HeadCommit: { } head, HeadTree: { } tree, Attempt: var attempt },
            })
        {
            throw new InvalidOperationException($"bead '{key.Bead}' cannot land: no stage left a commit with its tree");
        }

        var id = transaction.Tables.Landings.Next;
        transaction.Tables.Landings.Add(new StoredLanding(
            id, key.Bead, attempt, key.Agent, branch, baseCommit, head, tree, new LandingState.Queued(), null,
            transaction.Now, transaction.Now));
        ClaimOperations.End(transaction, key.Bead, new BeadState.Landing());
        transaction.Append(key.Bead, key.Agent, new JournalEvent.LandingQueued(id.Value, head));
    }

    public static WriteOutcome Intend(
        StoreTransaction transaction, SwarmEpoch epoch, IReadOnlyList<IntendedLanding> landings)
    {
        if (transaction.Hold(epoch) is null
            || landings.Any(landing => Find(transaction, landing.Landing) is not { Live: true }))
        {
            return WriteOutcome.Fenced;
        }

        foreach (var intended in transaction.Defects.IntentForgotten ? [] : landings)
        {
            var (id, intent) = intended;
            var landing = Find(transaction, id)!; // looked at just above
            Change(transaction, landing, new LandingState.Intended(intent with { Paths = intent.Paths.ToArray() }));
            transaction.Append(landing.Bead, landing.Agent, intended.Event);
            if (transaction.Defects.LandedWhenIntended)
            {
                Complete(transaction, epoch, id, new LandingProof(intent.Candidate, intent.Candidate));
            }
        }

        return WriteOutcome.Done;
    }

    public static WriteOutcome Propose(
        StoreTransaction transaction, SwarmEpoch epoch, LandingId id, PullRequest pull)
    {
        if (transaction.Hold(epoch) is null
            || Find(transaction, id) is not { State: LandingState.Queued } landing)
        {
            return WriteOutcome.Fenced;
        }

        Change(transaction, landing with { PullRequest = pull }, landing.State);
        transaction.Append(landing.Bead, landing.Agent, new JournalEvent.LandingProposed(
            id.Value, pull.Number, pull.Url, pull.Head, pull.Waits));
        return WriteOutcome.Done;
    }

    public static WriteOutcome Void(StoreTransaction transaction, SwarmEpoch epoch, LandingId id, string reason)
    {
        if (transaction.Hold(epoch) is null
            || Find(transaction, id) is not { State: LandingState.Intended } landing)
        {
            return WriteOutcome.Fenced;
        }

        // Back to where it was before the intent.
        Change(transaction, landing, landing.Integrated is { } commit
            ? new LandingState.Integrated(commit)
            : new LandingState.Queued());
        transaction.Append(landing.Bead, landing.Agent, new JournalEvent.LandingVoided(id.Value, reason));
        return WriteOutcome.Done;
    }

    public static WriteOutcome Integrate(StoreTransaction transaction, SwarmEpoch epoch, LandingId id, string commit)
    {
        if (transaction.Hold(epoch) is null
            || Find(transaction, id) is not { State: LandingState.Queued or LandingState.Intended } landing)
        {
            return WriteOutcome.Fenced;
        }

        Change(transaction, landing with { Integrated = commit }, new LandingState.Integrated(commit)
        {
            Batch = (landing.State as LandingState.Intended)?.Intent.Batch,
        });
        transaction.Append(landing.Bead, landing.Agent, new JournalEvent.LandingIntegrated(id.Value, commit));
        return WriteOutcome.Done;
    }

    public static WriteOutcome Complete(
        StoreTransaction transaction, SwarmEpoch epoch, LandingId id, LandingProof proof)
    {
        if (transaction.Hold(epoch) is null || Find(transaction, id) is not { } landing)
        {
            return WriteOutcome.Fenced;
        }

        if (landing.State is LandingState.Landed landed && landed.Commit == proof.Commit)
        {
            return WriteOutcome.Done; // recovery saw the same content again
        }

        if (!landing.Live)
        {
            return WriteOutcome.Fenced;
        }

        Change(transaction, landing, new LandingState.Landed(proof.Commit, transaction.Now));
        ClaimOperations.End(transaction, landing.Bead, new BeadState.Completed(proof.Commit, transaction.Now));
        transaction.Append(landing.Bead, landing.Agent, new JournalEvent.BeadLanded(
            id.Value, proof.Commit, proof.ObservedTip));
        transaction.Tell(new BeadChange.Close(landing.Bead, $"landed as {proof.Commit}"));
        return WriteOutcome.Done;
    }

    public static WriteOutcome Leave(StoreTransaction transaction, SwarmEpoch epoch, LandingId id, string branch)
    {
        if (transaction.Hold(epoch) is null || Find(transaction, id) is not { Live: true } landing)
        {
            return WriteOutcome.Fenced;
        }

        Change(transaction, landing, new LandingState.Left(branch));
        ClaimOperations.End(transaction, landing.Bead, new BeadState.Left(branch));
        transaction.Append(landing.Bead, landing.Agent, new JournalEvent.LandingLeft(id.Value, branch));
        transaction.Tell(new BeadChange.Block(
            landing.Bead, $"finished on branch {branch}: merge it and close this bead, or reopen it"));
        return WriteOutcome.Done;
    }

    public static WriteOutcome Return(
        StoreTransaction transaction, SwarmEpoch epoch, LandingId id, string reason, BeadTransition transition,
        IReadOnlyList<NewArtifact> artifacts)
    {
        if (transition is BeadTransition.Keep or BeadTransition.Land)
        {
            throw new ArgumentException("a landing returns a bead to a stage or blocks it", nameof(transition));
        }

        if (transaction.Hold(epoch) is null || Find(transaction, id) is not { Live: true } landing)
        {
            return WriteOutcome.Fenced;
        }

        Change(transaction, landing, new LandingState.Returned(reason));
        StageOperations.Keep(transaction, landing.Bead, run: null, artifacts);
        var (next, stage, attempt, notBefore) = StoredNames.Of(transition);
        transaction.Append(landing.Bead, landing.Agent, new JournalEvent.LandingReturned(
            id.Value, reason, next, stage, attempt, notBefore,
            (transition as BeadTransition.Free)?.InfrastructureFailures));
        if (transition is BeadTransition.Free free)
        {
            ClaimOperations.Free(transaction, landing.Bead, free);
        }
        else if (transition is BeadTransition.Block block)
        {
            ClaimOperations.Block(transaction, landing.Bead, landing.Agent, block.Reason);
        }

        return WriteOutcome.Done;
    }

    public static WriteOutcome Reopen(
        StoreTransaction transaction, SwarmEpoch epoch, LandingId id, LandingFault fault, string reason,
        BeadTransition.Free to, int furtherAttempts, IReadOnlyList<NewArtifact> artifacts)
    {
        if (transaction.Hold(epoch) is null
            || Find(transaction, id) is not { State: LandingState.Landed landed } landing
            || transaction.Tables.Beads.Get(landing.Bead).Work is not { State: BeadState.Completed completed } bead
            || completed.Commit != landed.Commit)
        {
            return WriteOutcome.Fenced;
        }

        StageOperations.Keep(transaction, landing.Bead, run: null, artifacts);
        transaction.Append(landing.Bead, landing.Agent, fault switch
        {
            LandingFault.TakenOff => new JournalEvent.LandingLost(id.Value, completed.Commit, reason),
            LandingFault.BreaksTarget => new JournalEvent.LandingBroke(id.Value, completed.Commit, reason),
        });
        ClaimOperations.Revive(
            transaction, landing.Bead, to, ClaimRules.Allowance(bead.AttemptsAllowed, to.Attempt, furtherAttempts),
            ready: true, afresh: true, by: "watch");
        transaction.Tell(new BeadChange.Reopen(landing.Bead, reason));
        return WriteOutcome.Done;
    }

    public static WriteOutcome Wish(StoreTransaction transaction, BeadId bead, LandingWish wish)
    {
        if (transaction.Tables.Landings.Of(bead)
            .FirstOrDefault(landing => landing.State is LandingState.Queued or LandingState.Intended)
            is not { } landing)
        {
            return WriteOutcome.Fenced;
        }

        transaction.Tables.Landings.Put(landing with { Wish = wish });
        var (word, reason) = StoredNames.Of(wish);
        transaction.Append(bead, landing.Agent, new JournalEvent.LandingWished(landing.Id.Value, word, reason));
        return WriteOutcome.Done;
    }

    public static WriteOutcome Pause(StoreTransaction transaction, string? reason)
    {
        if (transaction.Tables.Pauses.Find(InMemoryDatabase.ThePause) is not null)
        {
            return WriteOutcome.Fenced;
        }

        transaction.Tables.Pauses.Put(InMemoryDatabase.ThePause, new QueuePause(reason, transaction.Now));
        transaction.Append(null, null, new JournalEvent.QueuePaused(reason));
        return WriteOutcome.Done;
    }

    public static WriteOutcome Resume(StoreTransaction transaction)
    {
        if (transaction.Tables.Pauses.Find(InMemoryDatabase.ThePause) is null)
        {
            return WriteOutcome.Fenced;
        }

        transaction.Tables.Pauses.Put(InMemoryDatabase.ThePause, null);
        transaction.Append(null, null, new JournalEvent.QueueResumed());
        return WriteOutcome.Done;
    }

    public static bool ConfirmOutbox(StoreTransaction transaction, SwarmEpoch epoch, IReadOnlyList<long> ids)
    {
        if (transaction.Hold(epoch) is null)
        {
            return false;
        }

        foreach (var id in transaction.Defects.OutboxConfirmedWhole ? [.. transaction.Tables.Untold] : ids)
        {
            if (transaction.Tables.Outbox.Find(id) is { } told)
            {
                transaction.Tables.Outbox.Put(id, null);
                transaction.Append(told.Change.Bead, null, new JournalEvent.TrackerTold(
                    StoredNames.Of(told.Change).Kind));
            }
        }

        return true;
    }

    static StoredLanding? Find(StoreTransaction transaction, LandingId id) => transaction.Tables.Landings.Find(id);

    static void Change(StoreTransaction transaction, StoredLanding landing, LandingState state) =>
        transaction.Tables.Landings.Put(landing with { State = state, UpdatedAt = transaction.Now });
}
