namespace Beadswarm.Estimates;

/// <summary>
/// What is left of a swarm, played once from now to its end: agents take free beads in order and keep them through the
/// stages they serve, checks fail and lead back, one lander works the merge queue, and what landed frees what waited.
/// </summary>
sealed class Playthrough
{
    /// <summary>Repetitions of one bead after trouble; beyond them it is blocked.</summary>
    const int TroublesMax = 5;

    readonly EstimateInput _input;
    readonly Chances _chances;
    readonly Random _random;
    readonly int _landing;
    readonly PriorityQueue<Step, double> _steps = new();
    readonly PriorityQueue<int, int>[] _free;
    readonly Queue<int> _queue = new();
    readonly int[] _idle;
    readonly int[] _stage;
    readonly int[] _attemptsLeft;
    readonly int[] _troubles;
    readonly int[] _waitsFor;
    readonly bool[] _begun;
    readonly List<int>?[] _frees;
    double _now;
    int _landed;
    bool _landerBusy;

    public Playthrough(EstimateInput input, Chances chances, Random random)
    {
        _input = input;
        _chances = chances;
        _random = random;
        _landing = input.Stages.Count;
        _free = [.. input.Stages.Select(_ => new PriorityQueue<int, int>())];
        _idle = [.. input.Pools.Select(pool => pool.Agents)];
        _stage = [.. input.Beads.Select(bead => bead.Stage)];
        _attemptsLeft = [.. input.Beads.Select(bead => bead.AttemptsLeft)];
        _begun = [.. input.Beads.Select(bead => bead.Begun)];
        _waitsFor = new int[input.Beads.Count];
        _troubles = new int[input.Beads.Count];
        _frees = new List<int>?[input.Beads.Count];
    }

    /// <summary>Seconds until nothing more happens, or enough has landed.</summary>
    public double Run()
    {
        for (var bead = 0; bead < _stage.Length; bead++)
        {
            Place(bead);
        }

        Assign();
        while (!Enough() && _steps.TryDequeue(out var step, out var at))
        {
            _now = at;
            switch (step)
            {
                case { Pool: { } pool }:
                    EndStage(step.Bead, pool);
                    break;
                case { Landing: true }:
                    EndLanding(step.Bead);
                    break;
                default:
                    Free(step.Bead);
                    break;
            }

            Assign();
        }

        return _now;
    }

    bool Enough() => _input.LandingsWanted is { } wanted && _landed >= wanted;

    void Place(int bead)
    {
        var given = _input.Beads[bead];
        if (given.Stage == _landing)
        {
            _queue.Enqueue(bead);
        }
        else if (given.Worked is var (pool, seconds))
        {
            _idle[pool]--;
            _steps.Enqueue(new Step(bead, pool), _chances.SecondsLeft(given.Stage, seconds, _random));
        }
        else if (given.SnoozedSeconds > 0)
        {
            _steps.Enqueue(new Step(bead), given.SnoozedSeconds);
        }
        else
        {
            // Only what waits waits: what is in hand goes on, whatever the tracker says of it meanwhile.
            _waitsFor[bead] = given.WaitsFor.Count;
            foreach (var blocker in given.WaitsFor)
            {
                (_frees[blocker] ??= []).Add(bead);
            }

            Free(bead);
        }
    }

    void Free(int bead)
    {
        if (_waitsFor[bead] == 0)
        {
            _free[_stage[bead]].Enqueue(bead, _begun[bead] ? bead - _stage.Length : bead);
        }
    }

    void Assign()
    {
        for (var pool = 0; pool < _idle.Length; pool++)
        {
            while (_idle[pool] > 0 && Best(_input.Pools[pool].Stages) is { } stage)
            {
                _idle[pool]--;
                Begin(_free[stage].Dequeue(), pool);
            }
        }

        if (!_landerBusy && _queue.TryDequeue(out var next))
        {
            _landerBusy = true;
            _steps.Enqueue(new Step(next, Landing: true), _now + _chances.Seconds(_landing, _random));
        }
    }

    int? Best(IReadOnlyList<int> stages)
    {
        int? best = null;
        var least = int.MaxValue;
        for (var i = 0; i < stages.Count; i++)
        {
            if (_free[stages[i]].TryPeek(out _, out var order) && order < least)
            {
                (best, least) = (stages[i], order);
            }
        }

        return best;
    }

    void Begin(int bead, int pool)
    {
        _begun[bead] = true;
        _steps.Enqueue(new Step(bead, pool), _now + _chances.Seconds(_stage[bead], _random));
    }

    void EndStage(int bead, int pool)
    {
        var stage = _stage[bead];
        if (_chances.IsTrouble(stage, _random))
        {
            _idle[pool]++;
            if (++_troubles[bead] <= TroublesMax)
            {
                Free(bead);
            }

            return;
        }

        if (!_chances.Fails(stage, _random))
        {
            _stage[bead]++;
        }
        else if (!Back(bead, stage))
        {
            _idle[pool]++;
            return;
        }

        if (_stage[bead] < _landing && _input.Pools[pool].Stages.Contains(_stage[bead]))
        {
            Begin(bead, pool);
            return;
        }

        _idle[pool]++;
        if (_stage[bead] == _landing)
        {
            _queue.Enqueue(bead);
        }
        else
        {
            Free(bead);
        }
    }

    void EndLanding(int bead)
    {
        _landerBusy = false;
        if (_chances.Fails(_landing, _random))
        {
            if (Back(bead, _landing))
            {
                Free(bead);
            }

            return;
        }

        _landed++;
        foreach (var waiting in _frees[bead] ?? [])
        {
            _waitsFor[waiting]--;
            Free(waiting);
        }
    }

    /// <summary>To where failed checks lead, or false when no attempt is left: it is blocked.</summary>
    bool Back(int bead, int stage)
    {
        if (_attemptsLeft[bead] == 0)
        {
            return false;
        }

        _attemptsLeft[bead]--;
        _stage[bead] = Math.Min(stage, _input.RetryFrom);
        return true;
    }

    /// <summary>Something that ends: a stage of a pool's agent, a landing, or a snooze.</summary>
    readonly record struct Step(int Bead, int? Pool = null, bool Landing = false);
}
