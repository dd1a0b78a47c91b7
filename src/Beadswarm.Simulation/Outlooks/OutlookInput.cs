using Beadswarm.Beads;
using Beadswarm.Configuration;
using Beadswarm.Estimates;
using Beadswarm.Swarms;

namespace Beadswarm.Simulation.Outlooks;

/// <summary>
/// What the user wants taken for given, whatever was measured. Null: what was measured, or a default.
/// </summary>
/// <param name="FailureRate">Of the executions of each stage that is checked by gates or a verdict.</param>
sealed record Assumptions(TimeSpan? Stage, TimeSpan? Gate, double? FailureRate)
{
    public static readonly Assumptions None = new(null, null, null);
}

/// <summary>Everything an outlook is made from, all of it real unless it is named as an assumption.</summary>
sealed record OutlookInput
{
    /// <summary>The user's configuration, once for each number of agents that is asked about.</summary>
    public required IReadOnlyList<SwarmConfig> Configs { get; init; }

    /// <summary>The whole backlog; what a swarm of this repository has in hand counts as open.</summary>
    public required IReadOnlyList<Bead> Beads { get; init; }
    public required TrackerDialect Dialect { get; init; }

    /// <summary>Statuses that the tracker lists as ready.</summary>
    public required IReadOnlyList<string> ListedStatuses { get; init; }

    /// <summary>Git tracks the tracker's file, so that bringing it onto the target is work for the lander.</summary>
    public required bool TrackerInGit { get; init; }
    public required WorkMeasures Measures { get; init; }
    public required Assumptions Assumptions { get; init; }

    /// <summary>Deferrals are counted from here.</summary>
    public required DateTimeOffset Now { get; init; }
}

/// <summary>Where one figure of a plan comes from.</summary>
/// <param name="Kind"><c>stage</c>, <c>gate</c> or <c>landing</c>.</param>
/// <param name="Measured">How many measurements the duration rests on; 0: it is an assumption.</param>
/// <param name="Median">Of the durations.</param>
/// <param name="FailureRate">Null where nothing can fail.</param>
/// <param name="RateMeasured">The failure rate was measured.</param>
sealed record PaceSource(
    string Kind, string Name, int Measured, TimeSpan Median, double? FailureRate, bool RateMeasured);

/// <summary>How long everything takes and how often it fails: measured where it was, assumed where not.</summary>
/// <param name="Stages">In the order of the pipeline.</param>
sealed record OutlookPace(
    IReadOnlyList<MeasuredStage> Stages, IReadOnlyDictionary<string, IReadOnlyList<double>> Gates,
    MeasuredStage Landing, IReadOnlyList<PaceSource> Sources);
