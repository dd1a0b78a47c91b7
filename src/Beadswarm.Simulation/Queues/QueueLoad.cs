using Beadswarm.Landing.Queueing;

namespace Beadswarm.Simulation.Queues;

/// <summary>What comes to a merge queue.</summary>
/// <param name="PerHour">Changes that arrive, at random times.</param>
/// <param name="Changes">How many in all.</param>
/// <param name="Test">How long the gates take in the mean.</param>
sealed record QueueLoad(double PerHour, int Changes, TimeSpan Test)
{
    /// <summary>The share of changes that no tree is green with.</summary>
    public double Bad { get; init; }

    /// <summary>The share of tests of a green tree that fail all the same.</summary>
    public double Flaky { get; init; }

    /// <summary>The share of tests that end without a verdict.</summary>
    public double WithoutVerdict { get; init; }

    /// <summary>The share of changes that cannot be merged with one of the eight before.</summary>
    public double Conflicting { get; init; }

    /// <summary>The share of changes that are good, and one of the eight before too, and not both together.</summary>
    public double BreaksTogether { get; init; }

    /// <summary>Standard deviation of a test's duration, as a share of the mean.</summary>
    public double Spread { get; init; } = 0.3;

    /// <summary>A small load of any kind, with the bounds of the queue that it comes to.</summary>
    public static (QueueLoad Load, QueueSettings Settings) Draw(long seed)
    {
        var chance = new Chance(seed, "load");
        var slots = chance.Between(1, 6);
        return (
            new QueueLoad(chance.Between(5, 150), chance.Between(1, 120), TimeSpan.FromMinutes(5))
            {
                Bad = chance.Fraction() * chance.Fraction(),
                Flaky = chance.Fraction() * 0.1,
                WithoutVerdict = chance.Happens(0.3) ? 0.1 : 0,
                Conflicting = chance.Happens(0.5) ? chance.Fraction() * 0.5 : 0,
                BreaksTogether = chance.Happens(0.3) ? chance.Fraction() * 0.3 : 0,
            },
            new QueueSettings(slots, chance.Between(slots, 2 * slots), chance.Between(1, 16), chance.Between(0, 2)));
    }
}

/// <summary>What a merge queue made of its load.</summary>
/// <param name="Turnarounds">From arrival to landing, of each change that landed.</param>
/// <param name="Tests">Begun, also those that were cancelled.</param>
/// <param name="TestTime">Spent on tests in all.</param>
/// <param name="FalselyReturned">Returned as red although green alone upon every tree they were tested on.</param>
/// <param name="LastAt">When the last change landed.</param>
sealed record QueueFigures(
    IReadOnlyList<TimeSpan> Turnarounds, int Tests, TimeSpan TestTime, int ReturnedRed, int ReturnedConflicting,
    int FalselyReturned, int Decisions, TimeSpan LastAt)
{
    public int Landed => Turnarounds.Count;

    public double LandedPerHour => Landed / LastAt.TotalHours;

    public double TestsPerLanding => (double)Tests / Landed;

    /// <param name="share">Between 0 and 1.</param>
    public TimeSpan Percentile(double share) =>
        Turnarounds.Order().ElementAt((int)(share * (Turnarounds.Count - 1)));
}
