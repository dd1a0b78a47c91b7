using Beadswarm.Beads;

namespace Beadswarm.Simulation.Outlooks;

/// <summary>From when to when something went on, since the swarm began.</summary>
readonly record struct Stretch(TimeSpan From, TimeSpan To)
{
    public TimeSpan Length => To - From;
}

/// <summary>What happened to one bead in one run, in order.</summary>
/// <param name="Work">While an agent held it.</param>
/// <param name="Landings">From queued to landed or returned.</param>
sealed record BeadTimes(
    BeadId Id, IReadOnlyList<Stretch> Work, IReadOnlyList<Stretch> Landings, TimeSpan? LandedAt);

/// <summary>What came of one simulated run of the user's backlog.</summary>
/// <param name="Trouble">Why it did not come to an end of its own; null when it did.</param>
sealed record RunRecord(
    long Seed, int Agents, IReadOnlyList<BeadTimes> Beads, IReadOnlyDictionary<BeadId, string> Blocked, int GateRuns,
    TimeSpan GateTime, string? Trouble)
{
    public int Landed => Beads.Count(bead => bead.LandedAt is not null);

    /// <summary>Until the last bead has landed, or the last agent has let go where none did.</summary>
    public TimeSpan Duration => Beads.Select(bead => bead.LandedAt ?? TimeSpan.Zero)
        .Concat(Landed > 0 ? [] : Beads.SelectMany(bead => bead.Work).Select(work => work.To))
        .DefaultIfEmpty().Max();

    public TimeSpan Busy => TimeSpan.FromTicks(
        Beads.SelectMany(bead => bead.Work).Sum(work => work.Length.Ticks));

    /// <summary>When landings ended, in order: the lander takes the next one up then.</summary>
    public IReadOnlyList<TimeSpan> LandingEnds =>
        [.. Beads.SelectMany(bead => bead.Landings).Select(landing => landing.To).Order()];
}
