namespace Beadswarm.Estimates;

/// <summary>What one play takes the world for: how long things take, and how often they fail.</summary>
sealed class Chances
{
    /// <summary>A stage that never ran takes as long as the others, give or take this (as a logarithm).</summary>
    const double GuessSpread = 0.8;

    readonly DrawnTimes[] _times;
    readonly double[] _fails;
    readonly double[] _troubles;

    Chances(DrawnTimes[] times, double[] fails, double[] troubles)
    {
        _times = times;
        _fails = fails;
        _troubles = troubles;
    }

    /// <summary>The landing's times and failures come after those of the stages.</summary>
    public static Chances Draw(EstimateInput input, Random random)
    {
        MeasuredStage[] all = [.. input.Stages, input.Landing];
        var every = input.Stages.SelectMany(stage => stage.Seconds).ToArray();
        var times = new DrawnTimes[all.Length];
        var fails = new double[all.Length];
        var troubles = new double[all.Length];
        for (var i = 0; i < all.Length; i++)
        {
            var stage = all[i];
            times[i] = stage.Seconds.Count > 0
                ? DrawnTimes.From(stage.Seconds, stage.RunningSeconds, 0, random)
                : i < input.Stages.Count
                    ? DrawnTimes.From(every, stage.RunningSeconds, GuessSpread, random)
                    : DrawnTimes.None;

            // A little experience with the like of it goes into each: most checks pass, and crashes are rare.
            fails[i] = Beta(stage.Failed + 0.3, stage.Passed + 2, random);
            troubles[i] = Beta(stage.Troubles + 0.1, stage.Passed + stage.Failed + 5, random);
        }

        return new Chances(times, fails, troubles);
    }

    public double Seconds(int stage, Random random) => _times[stage].Next(random);

    /// <summary>How long one goes on that has been going for so long.</summary>
    public double SecondsLeft(int stage, double sofar, Random random) => _times[stage].NextLeft(sofar, random);

    public bool Fails(int stage, Random random) => random.NextDouble() < _fails[stage];

    public bool IsTrouble(int stage, Random random) => random.NextDouble() < _troubles[stage];

    static double Beta(double yes, double no, Random random)
    {
        var a = Gamma(yes, random);
        return a / (a + Gamma(no, random));
    }

    /// <summary>Marsaglia and Tsang; shapes below 1 by way of one above.</summary>
    static double Gamma(double shape, Random random)
    {
        if (shape < 1)
        {
            return Gamma(shape + 1, random) * Math.Pow(1 - random.NextDouble(), 1 / shape);
        }

        var d = shape - (1.0 / 3);
        var c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            var x = EstimateRules.Normal(random);
            var v = Math.Pow(1 + (c * x), 3);
            if (v > 0 && Math.Log(1 - random.NextDouble()) < (x * x / 2) + d - (d * v) + (d * Math.Log(v)))
            {
                return d * v;
            }
        }
    }
}

/// <summary>
/// Durations to draw from: the measured ones, each with a weight drawn anew. One that is still going on has told only
/// that it takes longer: its weight goes to the longer ones (Efron's redistribution to the right).
/// </summary>
sealed class DrawnTimes
{
    /// <summary>Only the newest of a long history: the repository is not what it was.</summary>
    const int MeasuredMax = 200;

    /// <summary>
    /// How far one measurement may be from what is typical, as a logarithm; n are less by their root.
    /// </summary>
    const double Spread = 0.7;

    /// <summary>One that runs longer than any before is taken to be through two thirds.</summary>
    const double LongestRunning = 1.5;

    const int TriesMax = 8;

    readonly double[] _seconds;
    readonly double[] _upTo;
    readonly double _factor;
    readonly double _blur;

    DrawnTimes(double[] seconds, double[] upTo, double factor, double blur)
    {
        _seconds = seconds;
        _upTo = upTo;
        _factor = factor;
        _blur = blur;
    }

    /// <summary>Takes no time.</summary>
    public static readonly DrawnTimes None = new([], [], 1, 0);

    /// <param name="guess">How uncertain it is that these are of the right kind at all, as a logarithm.</param>
    public static DrawnTimes From(
        IReadOnlyList<double> ended, IReadOnlyList<double> running, double guess, Random random)
    {
        var all = ended.Skip(ended.Count - MeasuredMax).Select(seconds => (seconds, over: true))
            .Concat(running.Select(seconds => (seconds, over: false)))
            .OrderBy(pair => pair.seconds).ThenByDescending(pair => pair.over).ToArray();
        var weights = new double[all.Length];
        for (var i = 0; i < all.Length; i++)
        {
            weights[i] = -Math.Log(1 - random.NextDouble());
        }

        var right = weights.Sum();
        for (var i = 0; i < all.Length; i++)
        {
            right -= weights[i];
            if (all[i].over)
            {
                continue;
            }

            if (i + 1 == all.Length || right <= 0)
            {
                all[i].seconds *= LongestRunning;
                continue;
            }

            var share = 1 + (weights[i] / right);
            right += weights[i];
            weights[i] = 0;
            for (var j = i + 1; j < all.Length; j++)
            {
                weights[j] *= share;
            }
        }

        var sum = 0.0;
        var upTo = new double[all.Length];
        for (var i = 0; i < all.Length; i++)
        {
            sum += weights[i];
            upTo[i] = sum;
        }

        var spread = Spread / Math.Sqrt(ended.Count);
        var factor = Math.Exp(Math.Sqrt((spread * spread) + (guess * guess)) * EstimateRules.Normal(random));
        return new DrawnTimes([.. all.Select(pair => pair.seconds)], upTo, factor, spread);
    }

    public double Next(Random random)
    {
        if (_seconds.Length == 0)
        {
            return 0;
        }

        var place = Array.BinarySearch(_upTo, random.NextDouble() * _upTo[^1]);
        var seconds = _seconds[Math.Min(place < 0 ? ~place : place, _seconds.Length - 1)];
        return seconds * _factor * Math.Exp(_blur * EstimateRules.Normal(random));
    }

    public double NextLeft(double sofar, Random random)
    {
        var drawn = 0.0;
        for (var i = 0; i < TriesMax; i++)
        {
            drawn = Next(random);
            if (drawn > sofar)
            {
                return drawn - sofar;
            }
        }

        // It runs longer than what is known: as if it had just begun its last third.
        return Math.Max(drawn, sofar) / 3;
    }
}
