using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Swarms;

namespace Beadswarm.Storage.Sql;

/// <summary>The merge queue's rows, and the outbox to the tracker that landing feeds.</summary>
static class LandingOperations
{
    public static void Queue(SqlSession session, StoreInstant now, ClaimKey key)
    {
        var bead = session.First("SelectBead", Rows.BeadWork, ("bead", key.Bead));
        if (bead is not { HeadCommit: not null, HeadTree: not null })
        {
            throw new InvalidOperationException($"bead '{key.Bead}' cannot land: no stage left a commit with its tree");
        }

        var queued = session.First("InsertLanding", row => new { Id = row.GetInt64(0), Head = row.GetString(1) },
            ("bead", key.Bead), ("agent", key.Agent), ("now", now))!; // one row was inserted
        session.Post("EndBead", ("bead", key.Bead), ("state", "landing"), ("detail", null), ("now", now));
        session.Append(now, key.Bead, key.Agent, new JournalEvent.LandingQueued(queued.Id, queued.Head));
    }

    public static WriteOutcome Intend(
        SqlSession session, StoreInstant now, SwarmEpoch epoch, IReadOnlyList<IntendedLanding> landings)
    {
        if (session.Hold(epoch) is null)
        {
            return WriteOutcome.Fenced;
        }

        // With the epoch held nobody else changes them: all are looked at before the first is changed.
        var found = landings.Select(landing => Find(session, landing.Landing)).ToArray();
        if (found.Any(landing => landing is not { State: "queued" or "intended" or "integrated" }))
        {
            return WriteOutcome.Fenced;
        }

        foreach (var (intended, landing) in landings.Zip(found, (intended, landing) => (intended, landing!))) // found
        {
            var intent = intended.Intent;
            session.Post("IntendLanding", ("landing", intended.Landing.Value), ("base", intent.Base),
                ("candidate", intent.Candidate), ("tree", intent.Tree), ("paths", StoredLists.Write(intent.Paths)),
                ("batch_base", intent.Batch?.Base), ("batch", intent.Batch?.Commit), ("now", now));
            session.Append(now, landing.Bead, landing.Agent, intended.Event);
        }

        return WriteOutcome.Done;
    }

    public static WriteOutcome Propose(
        SqlSession session, StoreInstant now, SwarmEpoch epoch, LandingId id, PullRequest pull) =>
        Change(session, now, epoch, id,
            session => session.Run("ProposeLanding", ("landing", id.Value), ("number", pull.Number),
                ("url", pull.Url), ("branch", pull.Branch), ("head", pull.Head), ("waits", pull.Waits), ("now", now)),
            new JournalEvent.LandingProposed(id.Value, pull.Number, pull.Url, pull.Head, pull.Waits));

    public static WriteOutcome Void(
        SqlSession session, StoreInstant now, SwarmEpoch epoch, LandingId id, string reason) =>
        Change(session, now, epoch, id,
            session => session.Run("VoidLanding", ("landing", id.Value), ("now", now)),
            new JournalEvent.LandingVoided(id.Value, reason));

    public static WriteOutcome Integrate(
        SqlSession session, StoreInstant now, SwarmEpoch epoch, LandingId id, string commit) =>
        Change(session, now, epoch, id,
            session => session.Run("IntegrateLanding", ("landing", id.Value), ("commit", commit), ("now", now)),
            new JournalEvent.LandingIntegrated(id.Value, commit));

    public static WriteOutcome Complete(
        SqlSession session, StoreInstant now, SwarmEpoch epoch, LandingId id, LandingProof proof)
    {
        if (session.Hold(epoch) is null || Find(session, id) is not { } landing)
        {
            return WriteOutcome.Fenced;
        }

        if (landing.State == "landed" && landing.Detail == proof.Commit)
        {
            return WriteOutcome.Done; // recovery saw the same content again
        }

        if (!End(session, now, id, "landed", proof.Commit, proof.ObservedTip))
        {
            return WriteOutcome.Fenced;
        }

        session.Post("EndBead", ("bead", landing.Bead), ("state", "completed"), ("detail", proof.Commit), ("now", now));
        session.Append(now, landing.Bead, landing.Agent, new JournalEvent.BeadLanded(
            id.Value, proof.Commit, proof.ObservedTip));
        session.Tell(now, new BeadChange.Close(landing.Bead, $"landed as {proof.Commit}"));
        return WriteOutcome.Done;
    }

    public static WriteOutcome Leave(
        SqlSession session, StoreInstant now, SwarmEpoch epoch, LandingId id, string branch)
    {
        if (session.Hold(epoch) is null || Find(session, id) is not { } landing
            || !End(session, now, id, "left", branch, null))
        {
            return WriteOutcome.Fenced;
        }

        session.Post("EndBead", ("bead", landing.Bead), ("state", "left"), ("detail", branch), ("now", now));
        session.Append(now, landing.Bead, landing.Agent, new JournalEvent.LandingLeft(id.Value, branch));
        session.Tell(now, new BeadChange.Block(
            landing.Bead, $"finished on branch {branch}: merge it and close this bead, or reopen it"));
        return WriteOutcome.Done;
    }

    public static WriteOutcome Return(
        SqlSession session, StoreInstant now, SwarmEpoch epoch, LandingId id, string reason,
        BeadTransition transition, IReadOnlyList<NewArtifact> artifacts)
    {
        if (transition is BeadTransition.Keep or BeadTransition.Land)
        {
            throw new ArgumentException("a landing returns a bead to a stage or blocks it", nameof(transition));
        }

        if (session.Hold(epoch) is null || Find(session, id) is not { } landing
            || !End(session, now, id, "returned", reason, null))
        {
            return WriteOutcome.Fenced;
        }

        StageOperations.Keep(session, now, landing.Bead, run: null, id.Value, artifacts);
        var (next, stage, attempt, notBefore) = StoredNames.Of(transition);
        session.Append(now, landing.Bead, landing.Agent, new JournalEvent.LandingReturned(
            id.Value, reason, next, stage, attempt, notBefore,
            (transition as BeadTransition.Free)?.InfrastructureFailures));
        if (transition is BeadTransition.Free free)
        {
            ClaimOperations.Free(session, now, landing.Bead, free);
        }
        else if (transition is BeadTransition.Block block)
        {
            ClaimOperations.Block(session, now, landing.Bead, landing.Agent, block.Reason);
        }

        return WriteOutcome.Done;
    }

    public static WriteOutcome Reopen(
        SqlSession session, StoreInstant now, SwarmEpoch epoch, LandingId id, LandingFault fault, string reason,
        BeadTransition.Free to, int furtherAttempts, IReadOnlyList<NewArtifact> artifacts)
    {
        if (session.Hold(epoch) is null || Find(session, id) is not { State: "landed" } landing
            || session.First("SelectBead", Rows.BeadWork, ("bead", landing.Bead)) is not
            { State: BeadState.Completed completed } bead
            || completed.Commit != landing.Detail)
        {
            return WriteOutcome.Fenced;
        }

        StageOperations.Keep(session, now, landing.Bead, run: null, id.Value, artifacts);
        session.Append(now, landing.Bead, landing.Agent, fault switch
        {
            LandingFault.TakenOff => new JournalEvent.LandingLost(id.Value, completed.Commit, reason),
            LandingFault.BreaksTarget => new JournalEvent.LandingBroke(id.Value, completed.Commit, reason),
        });
        ClaimOperations.Revive(
            session, now, landing.Bead, to, ClaimRules.Allowance(bead.AttemptsAllowed, to.Attempt, furtherAttempts),
            ready: true, afresh: true, by: "watch");
        session.Tell(now, new BeadChange.Reopen(landing.Bead, reason));
        return WriteOutcome.Done;
    }

    public static WriteOutcome Wish(SqlSession session, StoreInstant now, BeadId bead, LandingWish wish)
    {
        var (word, reason) = StoredNames.Of(wish);
        var asked = session.First(
            "UpsertWish", row => new { Id = row.GetInt64(0), Agent = row.Agent(1) },
            ("bead", bead), ("wish", word), ("reason", reason), ("now", now));
        if (asked is null)
        {
            return WriteOutcome.Fenced;
        }

        session.Append(now, bead, asked.Agent, new JournalEvent.LandingWished(asked.Id, word, reason));
        return WriteOutcome.Done;
    }

    public static WriteOutcome Pause(SqlSession session, StoreInstant now, string? reason)
    {
        if (session.Run("InsertPause", ("reason", reason), ("now", now)) == 0)
        {
            return WriteOutcome.Fenced;
        }

        session.Append(now, null, null, new JournalEvent.QueuePaused(reason));
        return WriteOutcome.Done;
    }

    public static WriteOutcome Resume(SqlSession session, StoreInstant now)
    {
        if (session.Run("DeletePause") == 0)
        {
            return WriteOutcome.Fenced;
        }

        session.Append(now, null, null, new JournalEvent.QueueResumed());
        return WriteOutcome.Done;
    }

    public static bool ConfirmOutbox(
        SqlSession session, StoreInstant now, SwarmEpoch epoch, IReadOnlyList<long> ids)
    {
        if (session.Hold(epoch) is null)
        {
            return false;
        }

        foreach (var id in ids)
        {
            if (session.First("DeleteOutbox", row => new { Bead = row.Bead(0), Kind = row.GetString(1) }, ("id", id))
                is { } told)
            {
                session.Append(now, told.Bead, null, new JournalEvent.TrackerTold(told.Kind));
            }
        }

        return true;
    }

    static WriteOutcome Change(
        SqlSession session, StoreInstant now, SwarmEpoch epoch, LandingId id, Func<SqlSession, int> change,
        JournalEvent entry)
    {
        if (session.Hold(epoch) is null || Find(session, id) is not { } landing || change(session) == 0)
        {
            return WriteOutcome.Fenced;
        }

        session.Append(now, landing.Bead, landing.Agent, entry);
        return WriteOutcome.Done;
    }

    static bool End(
        SqlSession session, StoreInstant now, LandingId id, string state, string detail, string? observedTip) =>
        session.Run("EndLanding", ("landing", id.Value), ("state", state), ("detail", detail),
            ("observed_tip", observedTip), ("now", now)) > 0;

    static FoundLanding? Find(SqlSession session, LandingId id) =>
        session.First("SelectLanding",
            row => new FoundLanding(row.Bead(1), row.Agent(2), row.GetString(3), row.Text(4)), ("landing", id.Value));

    sealed record FoundLanding(BeadId Bead, AgentNumber Agent, string State, string? Detail);
}
