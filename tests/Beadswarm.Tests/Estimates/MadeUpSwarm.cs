using Beadswarm.Estimates;

namespace Beadswarm.Tests.Estimates;

/// <summary>
/// A swarm whose true durations and failures are known, run second by second of its own to its end. What an estimator
/// would have seen at some moment of it is an <see cref="EstimateInput"/>. It shares no code with the estimator.
/// </summary>
sealed class MadeUpSwarm
{
    const int Stages = 4;
    const int RetryFrom = 1;
    const int AttemptsMax = 3;

    readonly Random _random;
    readonly Func<double>[] _durations;
    readonly double[] _fails;
    readonly List<Work> _beads = [];
    readonly List<(double At, double Seconds, int Stage, bool Failed)> _history = [];
    readonly int _agents;

    public MadeUpSwarm(int seed)
    {
        _random = new Random(seed);
        _agents = _random.Next(1, 17);
        _durations = [.. Enumerable.Range(0, Stages + 1).Select(Durations)];
        _fails = [0, 0, 0.3 * _random.NextDouble(), 0.3 * _random.NextDouble(), 0.1 * _random.NextDouble()];
        var beads = _random.Next(10, 70);
        var dense = _random.NextDouble();
        for (var i = 0; i < beads; i++)
        {
            var blockers = Enumerable.Range(0, _random.Next(0, 3)).Where(_ => i > 0 && _random.NextDouble() < dense)
                .Select(_ => _random.Next(0, i)).Distinct();
            _beads.Add(new Work(i, [.. blockers]));
        }
    }

    public int Beads => _beads.Count;

    public bool Over { get; private set; }

    public double Now { get; private set; }

    public int Landed => _beads.Count(bead => bead.Stage > Stages);

    /// <summary>Goes on to the next thing that ends.</summary>
    public void Step()
    {
        foreach (var bead in _beads.Where(bead => bead is { Ends: null, Blocked: false, Stage: < Stages })
            .OrderBy(bead => bead.Stage == 0).ThenBy(bead => bead.Number))
        {
            if (_beads.Count(other => other is { Ends: not null, Stage: < Stages }) < _agents && Ready(bead))
            {
                Begin(bead);
            }
        }

        if (!_beads.Exists(bead => bead is { Ends: not null, Stage: Stages })
            && _beads.Where(bead => bead is { Stage: Stages, Ends: null }).MinBy(bead => bead.QueuedAt) is { } next)
        {
            Begin(next);
        }

        if (_beads.Where(bead => bead.Ends is not null).MinBy(bead => bead.Ends) is not { } done)
        {
            Over = true;
            return;
        }

        Now = done.Ends!.Value;
        End(done);
    }

    /// <summary>What the swarm's records say at this moment.</summary>
    public EstimateInput Seen()
    {
        var left = _beads.Where(bead => bead is { Stage: <= Stages, Blocked: false } && !HasBlocked(bead)).ToList();
        return new EstimateInput
        {
            Stages = [.. Enumerable.Range(0, Stages).Select(Measured)],
            Landing = Measured(Stages) with { RunningSeconds = [] },
            RetryFrom = RetryFrom,
            Pools = [new EstimatedPool(_agents, [0, 1, 2, 3])],
            Beads =
            [
                .. left.Select(bead => new EstimatedBead(
                    bead.Stage, bead.Stage > 0 || bead.Ends is not null, AttemptsMax - bead.Attempt,
                    [.. bead.Blockers.Select(blocker => left.IndexOf(_beads[blocker])).Where(index => index >= 0)])
                {
                    Worked = bead is { Ends: not null, Stage: < Stages } ? (0, Now - bead.BeganAt) : null,
                }),
            ],
        };
    }

    MeasuredStage Measured(int stage)
    {
        var ended = _history.Where(run => run.Stage == stage).ToArray();
        return new MeasuredStage(
            [.. ended.Select(run => run.Seconds)],
            [.. _beads.Where(bead => bead.Stage == stage && bead.Ends is not null).Select(bead => Now - bead.BeganAt)],
            ended.Count(run => !run.Failed), ended.Count(run => run.Failed), 0);
    }

    bool HasBlocked(Work bead) =>
        bead.Blockers.Any(blocker => _beads[blocker].Blocked || HasBlocked(_beads[blocker]));

    bool Ready(Work bead) => bead.Stage > 0 || bead.Blockers.All(blocker => _beads[blocker].Stage > Stages);

    void Begin(Work bead)
    {
        bead.BeganAt = Now;
        bead.Ends = Now + _durations[bead.Stage]();
    }

    void End(Work bead)
    {
        var failed = _random.NextDouble() < _fails[bead.Stage];
        _history.Add((Now, Now - bead.BeganAt, bead.Stage, failed));
        bead.Ends = null;
        if (!failed)
        {
            bead.Stage++;
        }
        else if (bead.Attempt < AttemptsMax)
        {
            bead.Attempt++;
            bead.Stage = Math.Min(bead.Stage, RetryFrom);
        }
        else
        {
            bead.Blocked = true;
        }

        if (bead is { Stage: < Stages, Blocked: false } && bead.Stage > 0)
        {
            Begin(bead);
        }

        bead.QueuedAt = Now;
    }

    Func<double> Durations(int stage)
    {
        var typical = Math.Exp(stage == Stages ? 2 + (2 * _random.NextDouble()) : 4 + (3 * _random.NextDouble()));
        var spread = 0.2 + (0.7 * _random.NextDouble());
        double Once() => typical * Math.Exp(spread * EstimateRules.Normal(_random));
        return (stage == Stages ? 0 : _random.Next(3)) switch
        {
            0 => Once,
            // Mostly quick, now and then very long.
            1 => () => _random.NextDouble() < 0.15 ? 4 * Once() : Once(),
            _ => () => -typical * Math.Log(1 - _random.NextDouble()),
        };
    }

    sealed class Work(int number, int[] blockers)
    {
        public int Number { get; } = number;
        public int[] Blockers { get; } = blockers;
        public int Stage { get; set; }
        public int Attempt { get; set; } = 1;
        public bool Blocked { get; set; }
        public double BeganAt { get; set; }
        public double QueuedAt { get; set; }
        public double? Ends { get; set; }
    }
}
