namespace Beadswarm.Estimates;

/// <summary>When a swarm will be through, as far as what it measured so far tells.</summary>
/// <param name="P10">Earlier than this in one of ten cases.</param>
/// <param name="P50">As likely earlier as later.</param>
/// <param name="P90">Later than this in one of ten cases.</param>
/// <param name="Measured">How many executions of stages it rests on.</param>
sealed record Estimate(DateTimeOffset P10, DateTimeOffset P50, DateTimeOffset P90, int Measured);

/// <summary>
/// Everything an estimate is made from. Times are spans from now; beads and stages are named by index.
/// </summary>
sealed record EstimateInput
{
    /// <summary>The pipeline's stages, in order.</summary>
    public required IReadOnlyList<MeasuredStage> Stages { get; init; }

    /// <summary>What the merge queue did. It is worked by one lander, in order.</summary>
    public required MeasuredStage Landing { get; init; }

    /// <summary>The stage that failed checks lead back to.</summary>
    public required int RetryFrom { get; init; }

    public required IReadOnlyList<EstimatedPool> Pools { get; init; }

    /// <summary>Beads that are not through yet and may still be worked, in the order they are claimed.</summary>
    public required IReadOnlyList<EstimatedBead> Beads { get; init; }

    /// <summary>Landings after which the swarm is over; null when everything is to land.</summary>
    public int? LandingsWanted { get; init; }
}

/// <summary>What is known of one stage from its executions so far.</summary>
/// <param name="Seconds">How long the ended ones took, oldest first.</param>
/// <param name="RunningSeconds">How long those have been going that have not ended.</param>
/// <param name="Troubles">Ended without a verdict, so that they are repeated.</param>
sealed record MeasuredStage(
    IReadOnlyList<double> Seconds, IReadOnlyList<double> RunningSeconds, int Passed, int Failed, int Troubles)
{
    public static readonly MeasuredStage Nothing = new([], [], 0, 0, 0);
}

/// <summary>Agents that serve the same stages.</summary>
sealed record EstimatedPool(int Agents, IReadOnlyList<int> Stages);

/// <summary>A bead on its way.</summary>
/// <param name="Stage">Where it stands; the number of stages when it is in the merge queue.</param>
/// <param name="Begun">Begun ones are claimed before others.</param>
/// <param name="AttemptsLeft">Further attempts after this one.</param>
/// <param name="WaitsFor">Beads of the list that must land before it.</param>
sealed record EstimatedBead(int Stage, bool Begun, int AttemptsLeft, IReadOnlyList<int> WaitsFor)
{
    /// <summary>The pool whose agent works on it now, and for how long already.</summary>
    public (int Pool, double Seconds)? Worked { get; init; }

    /// <summary>It is snoozed this long.</summary>
    public double SnoozedSeconds { get; init; }
}
