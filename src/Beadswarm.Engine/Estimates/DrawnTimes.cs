namespace Beadswarm.Estimates;

/// <summary>Measured durations in the order of their length, those that have not ended among them.</summary>
/// <param name="Over">Whether each has ended; of one that has not is known only that it takes longer.</param>
/// <param name="Spread">How far what is measured may be from what is typical, as a logarithm.</param>
/// <param name="Blur">How far one duration may be from a measured one, as a logarithm.</param>
sealed record KnownTimes(double[] Seconds, bool[] Over, double Spread, double Blur)
{
    /// <summary>Only the newest of a long history: the repository is not what it was.</summary>
    const int MeasuredMax = 200;

    /// <summary>
    /// How far one measurement may be from what is typical, as a logarithm; n are less by their root.
    /// </summary>
    const double SpreadOfOne = 0.7;

    /// <summary>Takes no time.</summary>
    public static readonly KnownTimes None = new([], [], 0, 0);

    /// <param name="guess">How uncertain it is that these are of the right kind at all, as a logarithm.</param>
    public static KnownTimes From(IReadOnlyList<double> ended, IReadOnlyList<double> running, double guess)
    {
        var all = ended.Skip(ended.Count - MeasuredMax).Select(seconds => (seconds, over: true))
            .Concat(running.Select(seconds => (seconds, over: false)))
            .OrderBy(pair => pair.seconds).ThenByDescending(pair => pair.over).ToArray();
        var spread = SpreadOfOne / Math.Sqrt(ended.Count);
        return new KnownTimes(
            [.. all.Select(pair => pair.seconds)], [.. all.Select(pair => pair.over)],
            Math.Sqrt((spread * spread) + (guess * guess)), spread);
    }
}

/// <summary>
/// Durations to draw from: the measured ones, each with a weight drawn anew. One that is still going on has told only
/// that it takes longer: its weight goes to the longer ones (Efron's redistribution to the right).
/// </summary>
sealed class DrawnTimes
{
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

    public static DrawnTimes From(KnownTimes known, Random random)
    {
        var count = known.Seconds.Length;
        var weights = new double[count];
        var right = 0.0;
        for (var i = 0; i < count; i++)
        {
            weights[i] = -Math.Log(1 - random.NextDouble());
            right += weights[i];
        }

        var seconds = known.Seconds;
        for (var i = 0; i < count; i++)
        {
            right -= weights[i];
            if (known.Over[i])
            {
                continue;
            }

            if (i + 1 == count || right <= 0)
            {
                seconds = [.. seconds];
                seconds[i] *= LongestRunning;
                continue;
            }

            var share = 1 + (weights[i] / right);
            right += weights[i];
            weights[i] = 0;
            for (var j = i + 1; j < count; j++)
            {
                weights[j] *= share;
            }
        }

        for (var i = 1; i < count; i++)
        {
            weights[i] += weights[i - 1];
        }

        return new DrawnTimes(
            seconds, weights, Math.Exp(known.Spread * EstimateRules.Normal(random)), known.Blur);
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

    /// <summary>How long one goes on that has been going for so long.</summary>
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
