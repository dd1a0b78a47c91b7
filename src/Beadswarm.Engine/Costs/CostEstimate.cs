namespace Beadswarm.Costs;

/// <summary>What it will cost to land so many beads, in US dollars.</summary>
/// <param name="P10">In one of ten cases it is less.</param>
/// <param name="P90">In one of ten cases it is more.</param>
/// <param name="Measured">Landed beads whose whole cost is known.</param>
sealed record CostEstimate(decimal P10, decimal P50, decimal P90, int Beads, int Measured);

/// <summary>Estimates costs from what beads that have landed here have cost, all their executions together.</summary>
static class CostEstimateRules
{
    /// <summary>From fewer beads nobody can tell how far they are typical.</summary>
    public const int MeasuredMin = 3;

    const int Draws = 2_000;

    /// <summary>Beyond it chance evens out, and what is left is how typical the measured ones are.</summary>
    const int DrawnBeadsMax = 500;

    /// <summary>Null: not measured yet.</summary>
    /// <param name="landed">What each has cost.</param>
    public static CostEstimate? Of(IReadOnlyList<decimal> landed, int beads, int seed)
    {
        if (landed.Count < MeasuredMin)
        {
            return null;
        }

        var random = new Random(seed);
        var measured = landed.Select(cost => (double)cost).ToArray();
        var drawnBeads = Math.Min(beads, DrawnBeadsMax);
        var sums = new double[Draws];
        for (var draw = 0; draw < Draws; draw++)
        {
            // First how typical the measured ones are, then which of them the next beads are like.
            var typical = new double[measured.Length];
            for (var i = 0; i < typical.Length; i++)
            {
                typical[i] = measured[random.Next(measured.Length)];
            }

            var sum = 0.0;
            for (var i = 0; i < drawnBeads; i++)
            {
                sum += typical[random.Next(typical.Length)];
            }

            sums[draw] = drawnBeads == 0 ? 0 : sum / drawnBeads * beads;
        }

        Array.Sort(sums);
        decimal At(double share) => Math.Round((decimal)sums[(int)(share * (Draws - 1))], 4);
        return new CostEstimate(At(0.1), At(0.5), At(0.9), beads, landed.Count);
    }
}
