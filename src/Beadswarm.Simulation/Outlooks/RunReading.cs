using Beadswarm.Beads;
using Beadswarm.Journal;
using Beadswarm.Simulation.Scheduling;

namespace Beadswarm.Simulation.Outlooks;

/// <summary>Reads the journal of a simulated run for who was busy with what, and when.</summary>
sealed class RunReading(double slowness)
{
    const string Keep = "keep";

    readonly SortedDictionary<BeadId, Line> _lines = [];
    readonly SortedDictionary<BeadId, string> _blocked = [];
    int _gateRuns;
    TimeSpan _gateTime;

    public RunRecord Record(long seed, int agents, string? trouble) => new(
        seed, agents,
        [
            .. _lines.Select(pair => new BeadTimes(
                pair.Key, pair.Value.Work, pair.Value.Landings, pair.Value.LandedAt)),
        ],
        _blocked, _gateRuns, _gateTime, trouble);

    /// <summary>The next entry, in the order of the journal.</summary>
    public void See(JournalEntry entry)
    {
        if (entry.Event is JournalEvent.GateRan ran)
        {
            _gateRuns++;
            _gateTime += TimeSpan.FromMilliseconds(ran.DurationMs) * slowness;
        }

        if (entry.Bead is not { } bead)
        {
            return;
        }

        var at = (entry.At - SimulatedClock.Start) * slowness;
        switch (entry.Event)
        {
            case JournalEvent.BeadClaimed:
                LineOf(bead).HeldSince = at;
                break;
            case JournalEvent.StageEnded { Next: not Keep } or JournalEvent.BeadReleased:
                LineOf(bead).LetGo(at);
                break;
            case JournalEvent.LandingQueued:
                LineOf(bead).QueuedAt = at;
                break;
            case JournalEvent.LandingReturned:
                LineOf(bead).EndLanding(at, landed: false);
                break;
            case JournalEvent.BeadLanded or JournalEvent.LandingLeft:
                LineOf(bead).EndLanding(at, landed: true);
                break;
            case JournalEvent.BeadBlocked blocked:
                _blocked[bead] = blocked.Reason;
                break;
        }
    }

    Line LineOf(BeadId bead)
    {
        if (!_lines.TryGetValue(bead, out var line))
        {
            _lines.Add(bead, line = new Line());
        }

        return line;
    }

    /// <summary>One bead's way so far.</summary>
    sealed class Line
    {
        public List<Stretch> Work { get; } = [];

        public List<Stretch> Landings { get; } = [];

        public TimeSpan? HeldSince { get; set; }

        public TimeSpan? QueuedAt { get; set; }

        public TimeSpan? LandedAt { get; private set; }

        public void LetGo(TimeSpan at)
        {
            if (HeldSince is { } since)
            {
                Work.Add(new Stretch(since, at));
                HeldSince = null;
            }
        }

        public void EndLanding(TimeSpan at, bool landed)
        {
            if (QueuedAt is { } queued)
            {
                Landings.Add(new Stretch(queued, at));
                QueuedAt = null;
            }

            LandedAt = landed ? at : LandedAt;
        }
    }
}
