using Beadswarm.Beads;
using Beadswarm.Claims;

namespace Beadswarm.Storage.Sql;

/// <summary>
/// What nearly every operation writes beside its own change: the journal, the outbox, the agent's row.
/// </summary>
static class Journalling
{
    public static void Tell(this SqlSession session, StoreInstant now, BeadChange change)
    {
        var (kind, text) = StoredNames.Of(change);
        session.Post("InsertOutbox", ("bead", change.Bead), ("kind", kind), ("text", text), ("now", now));
        session.Post(change is BeadChange.Start ? "MarkStarted" : "MarkUntold", ("bead", change.Bead));
    }

    /// <summary>The agent has no claim any more, unless it has another.</summary>
    public static void Idle(this SqlSession session, StoreInstant now, AgentNumber agent) =>
        session.Post("AgentIdles", ("now", now), ("agent", agent));

    /// <summary>A claim has ended while its stage was open.</summary>
    public static void Interrupt(this SqlSession session, StoreInstant now, BeadId bead, string why) =>
        session.Post("InterruptRuns", ("bead", bead), ("summary", why), ("now", now));

    /// <summary>The fence of the orchestrator's writes: null when the epoch is stale.</summary>
    public static SwarmTerms? Hold(this SqlSession session, Swarms.SwarmEpoch epoch) =>
        session.First(
            "HoldEpoch",
            row => new SwarmTerms(
                row.GetInt64(0), StoredNames.ToSwarmStatus(row.GetString(1)), row.GetString(2) == "tracker",
                new Pipelines.StageName(row.GetString(3)), new Pipelines.StageName(row.GetString(4)), row.GetString(5)),
            ("epoch", epoch.Value));

    /// <summary>The fence of writes on behalf of a claim: null when it is lost.</summary>
    public static HeldClaim? Hold(this SqlSession session, StoreInstant now, ClaimKey claim) =>
        session.First(
            "HoldClaim",
            row => new HeldClaim(
                new Pipelines.StageName(row.GetString(0)), row.GetInt32(1),
                StoredNames.ToSwarmStatus(row.GetString(2))),
            ("bead", claim.Bead), ("agent", claim.Agent), ("token", claim.Token), ("now", now));
}

/// <summary>What the current swarm was begun with.</summary>
sealed record SwarmTerms(
    long Id, Swarms.SwarmStatus Status, bool FollowTracker, Pipelines.StageName FirstStage,
    Pipelines.StageName RetryStage, string Actor);

/// <summary>A claim that may write, and how the swarm stands meanwhile.</summary>
sealed record HeldClaim(Pipelines.StageName Stage, int Attempt, Swarms.SwarmStatus Swarm);
