using Beadswarm.Beads;
using Beadswarm.Estimates;
using Beadswarm.Journal;

namespace Beadswarm.Swarms;

/// <summary>
/// What swarms of this repository have measured, taken apart by who was at work, so that it can be put together again
/// for another number of agents.
/// </summary>
/// <param name="Stages">By name: the agents' own time, without the gates of the stage.</param>
/// <param name="Gates">By name: seconds of each run that came to a verdict, oldest first.</param>
/// <param name="Landing">What the lander took beside its gates, and how often it returned a bead.</param>
sealed record WorkMeasures(
    IReadOnlyDictionary<string, MeasuredStage> Stages, IReadOnlyDictionary<string, IReadOnlyList<double>> Gates,
    MeasuredStage Landing)
{
    public static readonly WorkMeasures Nothing = new(
        new Dictionary<string, MeasuredStage>(), new Dictionary<string, IReadOnlyList<double>>(),
        MeasuredStage.Nothing);

    /// <summary>Executions of stages that came to an end of their own.</summary>
    public int Executions => Stages.Values.Sum(stage => stage.Seconds.Count);
}

/// <summary>Reads a journal, one entry after the other, for how long what took.</summary>
sealed class WorkMeter
{
    readonly Dictionary<string, StageTally> _stages = new(StringComparer.Ordinal);
    readonly Dictionary<string, List<double>> _gates = new(StringComparer.Ordinal);
    readonly List<double> _landings = [];
    readonly Dictionary<BeadId, long> _open = [];
    readonly Dictionary<long, double> _gateSeconds = [];
    readonly Dictionary<BeadId, (DateTimeOffset Since, double GateSeconds)> _queued = [];
    DateTimeOffset _landerFreeAt = DateTimeOffset.MinValue;
    int _returned;

    public WorkMeasures Measures => new(
        _stages.ToDictionary(
            pair => pair.Key,
            pair => new MeasuredStage(
                pair.Value.Seconds, [], pair.Value.Passed, pair.Value.Failed, pair.Value.Troubles)),
        _gates.ToDictionary(pair => pair.Key, pair => (IReadOnlyList<double>)pair.Value),
        new MeasuredStage(_landings, [], _landings.Count, _returned, 0));

    /// <summary>The next entry, in the order of the journal.</summary>
    public void See(JournalEntry entry)
    {
        if (entry.Bead is not { } bead)
        {
            return;
        }

        switch (entry.Event)
        {
            case JournalEvent.StageStarted started:
                _open[bead] = started.Run;
                _gateSeconds[started.Run] = 0;
                break;
            case JournalEvent.GateRan ran:
                SeeGate(bead, ran);
                break;
            case JournalEvent.StageEnded ended:
                EndStage(bead, ended);
                break;
            case JournalEvent.LandingQueued:
                _queued[bead] = (entry.At, 0);
                break;
            case JournalEvent.BeadLanded or JournalEvent.LandingLeft:
                EndLanding(bead, entry.At, landed: true);
                break;
            case JournalEvent.LandingReturned:
                EndLanding(bead, entry.At, landed: false);
                break;
        }
    }

    void SeeGate(BeadId bead, JournalEvent.GateRan ran)
    {
        var seconds = ran.DurationMs / 1000.0;
        if (ran.Status is Passed or Failed)
        {
            if (!_gates.TryGetValue(ran.Gate, out var known))
            {
                _gates.Add(ran.Gate, known = []);
            }

            known.Add(seconds);
        }

        if (_open.TryGetValue(bead, out var run))
        {
            _gateSeconds[run] += seconds;
        }
        else if (_queued.TryGetValue(bead, out var queued))
        {
            _queued[bead] = queued with { GateSeconds = queued.GateSeconds + seconds };
        }
    }

    void EndStage(BeadId bead, JournalEvent.StageEnded ended)
    {
        _open.Remove(bead);
        if (!_gateSeconds.Remove(ended.Run, out var gates) || ended.Status is not (Passed or Failed or Error))
        {
            return;
        }

        if (!_stages.TryGetValue(ended.Stage, out var tally))
        {
            _stages.Add(ended.Stage, tally = new StageTally());
        }

        tally.Seconds.Add(Math.Max(0, (ended.DurationMs / 1000.0) - gates));
        _ = ended.Status switch
        {
            Passed => tally.Passed++,
            Failed => tally.Failed++,
            _ => tally.Troubles++,
        };
    }

    /// <summary>The lander begins with a bead when it came, or when the one before it was through.</summary>
    void EndLanding(BeadId bead, DateTimeOffset at, bool landed)
    {
        if (!_queued.Remove(bead, out var queued))
        {
            return;
        }

        var began = queued.Since > _landerFreeAt ? queued.Since : _landerFreeAt;
        _landerFreeAt = at;
        if (landed)
        {
            _landings.Add(Math.Max(0, (at - began).TotalSeconds - queued.GateSeconds));
        }
        else
        {
            _returned++;
        }
    }

    // As the journal spells them.
    const string Passed = "passed";
    const string Failed = "failed";
    const string Error = "error";

    /// <summary>What is counted of one stage.</summary>
    sealed class StageTally
    {
        public List<double> Seconds { get; } = [];

        public int Passed { get; set; }

        public int Failed { get; set; }

        public int Troubles { get; set; }
    }
}
