using System.Globalization;
using Beadswarm.Agents;
using Beadswarm.Beads;

namespace Beadswarm.Costs;

/// <summary>What some executions used together.</summary>
/// <param name="Executions">Agents that were run.</param>
/// <param name="Unpriced">Those of them whose cost nobody knows: <paramref name="Usd"/> is without them.</param>
/// <param name="Calls">Calls of models, as far as the programs tell.</param>
sealed record CostSum(int Executions, int Unpriced, int Calls, TokenCount Tokens, decimal Usd)
{
    public static readonly CostSum None = new(0, 0, 0, default, 0);

    /// <summary>Whether anything at all was measured.</summary>
    public bool Measured => !Tokens.IsZero || Usd > 0;

    public int Priced => Executions - Unpriced;

    public static CostSum operator +(CostSum one, CostSum other) => new(
        one.Executions + other.Executions, one.Unpriced + other.Unpriced, one.Calls + other.Calls,
        one.Tokens + other.Tokens, one.Usd + other.Usd);
}

/// <summary>By what costs can be told apart.</summary>
enum CostBy
{
    Bead,
    Stage,
    Agent,
    Model,
    Runner,
    Swarm,

    /// <summary>The day on which the execution ended, by the store's clock, in UTC.</summary>
    Day,
}

/// <summary>Which costs are asked for; nothing given means all that were ever recorded, in one sum.</summary>
sealed record CostQuery
{
    public CostBy? By { get; init; }

    public BeadId? Bead { get; init; }

    /// <summary>Only those of the newest swarm.</summary>
    public bool ThisSwarm { get; init; }

    /// <summary>Only those of this day, by the store's clock, in UTC.</summary>
    public bool Today { get; init; }
}

/// <summary>The sum of one bead, stage, agent, model, runner or day.</summary>
/// <param name="Key">
/// Empty where the program did not say it, for the sum of all, and for planners among agents: they have no number.
/// </param>
sealed record CostGroup(string Key, CostSum Sum)
{
    /// <summary>The stage that planners are summed up under: what <c>plan</c> runs is in no pipeline.</summary>
    public const string Planner = "planner";

    /// <summary>
    /// In the order of their keys, numbers as numbers; the sum of all is there also when it is nothing.
    /// </summary>
    public static IReadOnlyList<CostGroup> InOrder(CostBy? by, IReadOnlyList<CostGroup> groups) => by switch
    {
        null => groups.Count == 0 ? [new CostGroup("", CostSum.None)] : groups,
        CostBy.Agent or CostBy.Swarm =>
            [.. groups.OrderBy(group => group.Key.Length == 0
                ? 0
                : long.Parse(group.Key, CultureInfo.InvariantCulture))],
        CostBy.Bead => [.. groups.OrderBy(group => BeadId.Parse(group.Key))],
        _ => [.. groups.OrderBy(group => group.Key, StringComparer.Ordinal)],
    };

    /// <summary>When the day began in UTC that <paramref name="now"/> is in.</summary>
    public static DateTimeOffset DayOf(DateTimeOffset now) => new(now.UtcDateTime.Date, TimeSpan.Zero);
}
