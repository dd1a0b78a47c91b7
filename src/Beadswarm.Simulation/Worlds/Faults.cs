namespace Beadswarm.Simulation.Worlds;

/// <summary>Decides when a fault strikes, and counts them.</summary>
sealed class Faults(FaultMix mix, Chance chance)
{
    readonly SortedDictionary<FaultKind, int> _counts = [];

    /// <summary>From when this is false on, nothing goes wrong any more.</summary>
    public bool Active { get; set; } = true;

    public FaultMix Mix => mix;

    /// <summary>How often each kind has struck.</summary>
    public IReadOnlyDictionary<FaultKind, int> Counts => _counts;

    /// <summary>Whether it strikes at this operation.</summary>
    /// <param name="share">Less for operations that are many and of little interest.</param>
    public bool Strikes(FaultKind kind, double share = 1)
    {
        var strikes = Active && mix.Kinds.Contains(kind) && chance.Happens(mix.RateAt(kind) * share);
        if (strikes)
        {
            Count(kind);
        }

        return strikes;
    }

    public void Count(FaultKind kind) => _counts[kind] = _counts.GetValueOrDefault(kind) + 1;
}
