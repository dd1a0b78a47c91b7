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

    /// <summary>Every stage's measurements made ready to be drawn from, the landing's last.</summary>
    public static IReadOnlyList<(MeasuredStage Stage, KnownTimes Times)> Know(EstimateInput input)
    {
        var every = input.Stages.SelectMany(stage => stage.Seconds).ToArray();
        KnownTimes Of(MeasuredStage stage) => stage.Seconds.Count > 0
            ? KnownTimes.From(stage.Seconds, stage.RunningSeconds, 0)
            : KnownTimes.From(every, stage.RunningSeconds, GuessSpread);
        var landing = input.Landing.Seconds.Count > 0 ? Of(input.Landing) : KnownTimes.None;
        return [.. input.Stages.Select(stage => (stage, Of(stage))), (input.Landing, landing)];
    }

    public static Chances Draw(IReadOnlyList<(MeasuredStage Stage, KnownTimes Times)> known, Random random)
    {
        var times = new DrawnTimes[known.Count];
        var fails = new double[known.Count];
        var troubles = new double[known.Count];
        for (var i = 0; i < known.Count; i++)
        {
            var stage = known[i].Stage;
            times[i] = DrawnTimes.From(known[i].Times, random);

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
