using Beadswarm.Beads;

namespace Beadswarm.Simulation.Outlooks;

/// <summary>What keeps a run from being over sooner.</summary>
enum Bound
{
    /// <summary>Work that has to be done one after the other: a chain of dependencies, or one long bead.</summary>
    Chain,

    /// <summary>Beads wait for an agent.</summary>
    Agents,

    /// <summary>Beads wait in the merge queue.</summary>
    Lander,

    /// <summary>All slots for gates are taken nearly all of the time.</summary>
    Gates,
}

/// <summary>
/// The way that the last landing had to go: backwards from it, each bead on it landed last of what the next one waited
/// for. It is as long as the run, and every moment of it was one of three things.
/// </summary>
/// <param name="Beads">The first one first.</param>
/// <param name="Work">Agents and their gates at work on it, and its own landing.</param>
/// <param name="ForAgent">It was ready, or returned, and nobody had taken it.</param>
/// <param name="ForLander">It was queued behind others.</param>
sealed record RunPath(IReadOnlyList<BeadId> Beads, TimeSpan Work, TimeSpan ForAgent, TimeSpan ForLander)
{
    public static readonly RunPath Empty = new([], TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero);
}

/// <summary>Decides what bounds a run.</summary>
static class BoundRules
{
    /// <summary>From this share of the gates' slots on, waiting for one is what takes the time.</summary>
    public const double GatesSaturated = 0.85;

    /// <param name="waitsFor">The unfinished beads that a bead had to wait for.</param>
    public static RunPath Path(RunRecord run, Func<BeadId, IEnumerable<BeadId>> waitsFor)
    {
        var times = run.Beads.ToDictionary(bead => bead.Id);
        var ends = run.LandingEnds;
        var path = RunPath.Empty;
        var on = new HashSet<BeadId>();
        var bead = run.Beads.Where(bead => bead.LandedAt is not null).MaxBy(bead => bead.LandedAt);
        while (bead is not null && on.Add(bead.Id))
        {
            path = Back(path, bead, ends, out var began);
            var before = waitsFor(bead.Id).Select(id => times.GetValueOrDefault(id)).OfType<BeadTimes>()
                .Where(other => other.LandedAt <= began && !on.Contains(other.Id)).MaxBy(other => other.LandedAt);
            path = path with
            {
                Beads = [bead.Id, .. path.Beads],
                ForAgent = path.ForAgent + (began - (before?.LandedAt ?? TimeSpan.Zero)),
            };
            bead = before;
        }

        return path;
    }

    /// <summary>Which share of the path is the largest, unless the gates are full.</summary>
    /// <param name="gatesBusy">Share of the gates' slots that were taken.</param>
    public static Bound Of(TimeSpan work, TimeSpan forAgent, TimeSpan forLander, double gatesBusy) =>
        gatesBusy >= GatesSaturated ? Bound.Gates
        : forAgent >= work && forAgent >= forLander ? Bound.Agents
        : forLander >= work ? Bound.Lander
        : Bound.Chain;

    /// <summary>From the landing of a bead back to when it was claimed first.</summary>
    static RunPath Back(RunPath path, BeadTimes bead, IReadOnlyList<TimeSpan> landingEnds, out TimeSpan began)
    {
        began = bead.LandedAt ?? TimeSpan.Zero;
        foreach (var (stretch, landing) in bead.Work.Select(work => (work, false))
            .Concat(bead.Landings.Select(landing => (landing, true)))
            .Where(pair => pair.Item1.To <= bead.LandedAt).OrderByDescending(pair => pair.Item1.To))
        {
            var gap = began > stretch.To ? began - stretch.To : TimeSpan.Zero;
            var queued = landing ? QueuedBehind(stretch, landingEnds) : TimeSpan.Zero;
            path = path with
            {
                Work = path.Work + stretch.Length - queued,
                ForAgent = path.ForAgent + gap,
                ForLander = path.ForLander + queued,
            };
            began = stretch.From < began ? stretch.From : began;
        }

        return path;
    }

    /// <summary>Until the landing before it was through.</summary>
    static TimeSpan QueuedBehind(Stretch landing, IReadOnlyList<TimeSpan> landingEnds)
    {
        var before = landingEnds.Where(end => end < landing.To).DefaultIfEmpty().Max();
        return before > landing.From ? before - landing.From : TimeSpan.Zero;
    }
}
