namespace Beadswarm.Landing;

/// <summary>How the search for the commit that broke a gate goes on.</summary>
abstract record BisectionStep
{
    BisectionStep() { }

    /// <summary>This one has to be tested next.</summary>
    public sealed record Test(int Index) : BisectionStep;

    /// <summary>It fails, and the one before it passes.</summary>
    public sealed record Found(int Index) : BisectionStep;
}

/// <summary>
/// Finds, among commits that follow each other, one that fails while the one before it passes, in about as many tests
/// as halving takes. Whatever is known beforehand is used.
/// </summary>
static class BisectionRules
{
    /// <param name="passed">
    /// Of each commit, oldest first; null: not known. The last one fails, and the one before the first has passed.
    /// </param>
    public static BisectionStep Next(IReadOnlyList<bool?> passed)
    {
        var green = passed.Count - 1;
        while (green >= 0 && passed[green] is not true)
        {
            green--;
        }

        var red = green + 1;
        while (red < passed.Count - 1 && passed[red] is not false)
        {
            red++;
        }

        return red - green == 1 ? new BisectionStep.Found(red) : new BisectionStep.Test((green + red) / 2);
    }
}
