namespace Beadswarm.Estimates;

/// <summary>
/// When a swarm will be through. What is left is played through many times with durations, failures and repetitions
/// drawn from what was measured; how far the ends lie apart is the uncertainty. Each time, what was measured is itself
/// drawn anew (the Bayesian bootstrap), so little experience gives wide spans and much gives narrow ones. The same
/// input and seed give the same estimate.
/// </summary>
static class EstimateRules
{
    public const int PlaysMin = 20;
    public const int PlaysMax = 100;

    /// <summary>Steps of all plays together: what bounds how long an estimate takes.</summary>
    public const int StepsMax = 100_000;

    const double Low = 0.1;
    const double Middle = 0.5;
    const double High = 0.9;

    /// <summary>
    /// What no measurement of the past shows, as the deviation of a logarithm: machines get busier, beads get harder.
    /// With this and <see cref="KnownTimes"/>' spread, four of five made-up swarms end within their span (a test).
    /// </summary>
    const double Drift = 0.18;

    /// <summary>Null while nothing has been measured.</summary>
    public static Estimate? Of(EstimateInput input, DateTimeOffset now, int seed)
    {
        var measured = input.Stages.Sum(stage => stage.Seconds.Count);
        if (measured == 0)
        {
            return null;
        }

        var random = new Random(seed);
        var known = Chances.Know(input);
        var plays = Plays(input);
        var ends = new double[plays];
        for (var play = 0; play < plays; play++)
        {
            var length = new Playthrough(input, Chances.Draw(known, random), random).Run();
            ends[play] = length * Math.Exp(Drift * Normal(random));
        }

        Array.Sort(ends);
        DateTimeOffset At(double share) => now + Seconds(Quantile(ends, share));
        return new Estimate(At(Low), At(Middle), At(High), measured);
    }

    /// <summary>The value below which this share of the sorted ones lies, between two where it falls between.</summary>
    public static double Quantile(IReadOnlyList<double> sorted, double share)
    {
        var place = share * (sorted.Count - 1);
        var below = (int)place;
        var above = Math.Min(below + 1, sorted.Count - 1);
        return sorted[below] + ((sorted[above] - sorted[below]) * (place - below));
    }

    /// <summary>Drawn from the normal distribution of mean 0 and deviation 1.</summary>
    public static double Normal(Random random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    /// <summary>More than a lifetime is as good as never, and what DateTimeOffset cannot hold.</summary>
    static TimeSpan Seconds(double seconds) => TimeSpan.FromSeconds(Math.Min(seconds, SecondsMax));

    const double SecondsMax = 100.0 * 365 * 24 * 3600;

    static int Plays(EstimateInput input)
    {
        var steps = 1 + (input.Beads.Count * (input.Stages.Count + 1));
        return Math.Clamp(StepsMax / steps, PlaysMin, PlaysMax);
    }
}
