using Beadswarm.Beads;
using Beadswarm.Pipelines;

namespace Beadswarm.Claims;

/// <summary>What bounds a swarm's claims.</summary>
/// <param name="FollowTracker">The tracker's own order comes before all else.</param>
sealed record ClaimBounds(int? Target, int? Limit, bool FollowTracker);

/// <summary>
/// Who may have which bead, and who may still write. Every driver decides this in its own statements, because only the
/// database can do so atomically; the conformance suite holds them to the answers given here.
/// </summary>
static class ClaimRules
{
    /// <summary>The bead that an agent serving these stages is to have now, or null.</summary>
    /// <param name="only">The one bead that it asks for; null: any.</param>
    public static BeadWork? Next(
        IReadOnlyCollection<BeadWork> beads, IReadOnlyList<StageName> served, ClaimBounds bounds, DateTimeOffset now,
        BeadId? only)
    {
        var mayBegin = MayBegin(beads, bounds);
        return beads
            .Where(bead => bead.Ready && IsFree(bead.State, served, now) && (bead.Begun || mayBegin)
                && (only is null || bead.Id == only))
            .MinBy(bead => ClaimPlace.Of(bead, bounds.FollowTracker));
    }

    /// <summary>
    /// Whether the swarm may begin another bead. A blocked or withdrawn one does not count against the target, since it
    /// will not be landed; against the limit it does, since it was begun.
    /// </summary>
    public static bool MayBegin(IReadOnlyCollection<BeadWork> beads, ClaimBounds bounds)
    {
        var begun = beads.Where(bead => bead.Begun).ToArray();
        return MayBegin(begun.Length, begun.Count(bead => IsPromising(bead.State)), bounds);
    }

    /// <inheritdoc cref="MayBegin(IReadOnlyCollection{BeadWork}, ClaimBounds)"/>
    /// <param name="promising">Those of the begun ones that may still land, or have.</param>
    public static bool MayBegin(int begun, int promising, ClaimBounds bounds) =>
        (bounds.Target is not { } target || promising < target) && (bounds.Limit is not { } limit || begun < limit);

    /// <summary>Whether a bead in this state counts against the swarm's target.</summary>
    public static bool IsPromising(BeadState state) => state is not (BeadState.Blocked or BeadState.Withdrawn);

    /// <summary>Whether a write, or a renewal, on behalf of this claim takes effect.</summary>
    public static bool MayWrite(BeadState state, ClaimKey claim, DateTimeOffset now) =>
        MayAdopt(state, claim) && state is BeadState.Held held && held.ExpiresAt > now;

    /// <summary>
    /// Whether a restarted orchestrator may go on with this claim. The lease may have expired: as long as the token is
    /// still the bead's, nobody else was granted it.
    /// </summary>
    public static bool MayAdopt(BeadState state, ClaimKey claim) =>
        state is BeadState.Held held && held.Agent == claim.Agent && held.Token == claim.Token;

    /// <summary>
    /// How many attempts a bead may use that a person asked for again: a whole allowance from this attempt on, and
    /// never fewer than it had.
    /// </summary>
    public static int Allowance(int allowed, int attempt, int further) => Math.Max(allowed, attempt - 1 + further);

    static bool IsFree(BeadState state, IReadOnlyList<StageName> served, DateTimeOffset now) => state switch
    {
        BeadState.Pending pending => served.Contains(pending.Stage) && !(pending.NotBefore > now),
        // What an external agent has left in its workspace is saved first: the reaper does both.
        BeadState.Held held => !held.External && served.Contains(held.Stage) && held.ExpiresAt <= now,
        BeadState.Landing => false,
        BeadState.Completed => false,
        BeadState.Left => false,
        BeadState.Blocked => false,
        BeadState.Withdrawn => false,
    };
}
