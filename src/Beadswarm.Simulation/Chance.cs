using System.Text;

namespace Beadswarm.Simulation;

/// <summary>
/// Numbers drawn from a seed, one stream for each purpose, so that drawing more for one changes nothing for the others.
/// The same on every machine and under every version of .NET: splitmix64.
/// </summary>
sealed class Chance
{
    ulong _state;

    public Chance(long seed, string purpose)
    {
        // FNV-1a of the purpose, so that streams of one seed have nothing to do with each other.
        var hash = 14695981039346656037UL;
        foreach (var b in Encoding.UTF8.GetBytes(purpose))
        {
            hash = unchecked((hash ^ b) * 1099511628211UL);
        }

        _state = unchecked(hash ^ ((ulong)seed * 0x9E3779B97F4A7C15UL));
        Next();
    }

    public ulong Next()
    {
        var mixed = _state = unchecked(_state + 0x9E3779B97F4A7C15UL);
        mixed = unchecked((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9UL);
        mixed = unchecked((mixed ^ (mixed >> 27)) * 0x94D049BB133111EBUL);
        return mixed ^ (mixed >> 31);
    }

    /// <summary>0 ≤ number &lt; <paramref name="end"/>.</summary>
    public int Below(int end) => (int)(Next() % (ulong)end);

    /// <summary>Both bounds included.</summary>
    public int Between(int least, int most) => least + Below(most - least + 1);

    /// <summary>0 ≤ number &lt; 1.</summary>
    public double Fraction() => (Next() >> 11) * (1.0 / (1UL << 53));

    public bool Happens(double probability) => probability > 0 && Fraction() < probability;

    public T Pick<T>(IReadOnlyList<T> from) => from[Below(from.Count)];

    /// <summary>Evenly spread between the two, in whole milliseconds.</summary>
    public TimeSpan Between(TimeSpan least, TimeSpan most) =>
        least + TimeSpan.FromMilliseconds(Math.Floor(Fraction() * ((most - least).TotalMilliseconds + 1)));

    /// <summary>
    /// Lognormal, as the durations of agents and builds are: most near the median, a few many times as long.
    /// </summary>
    /// <param name="spread">Standard deviation of the logarithm.</param>
    public TimeSpan Lognormal(TimeSpan median, double spread)
    {
        // The sum of twelve even draws is close enough to a normal one, and the same on every machine.
        var normal = -6.0;
        for (var i = 0; i < 12; i++)
        {
            normal += Fraction();
        }

        return TimeSpan.FromMilliseconds(Math.Ceiling(median.TotalMilliseconds * Math.Exp(normal * spread)));
    }
}
