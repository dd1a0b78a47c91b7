namespace Beadswarm.Gates;

/// <summary>How a count stands against the largest one allowed so far.</summary>
abstract record BaselineDecision
{
    BaselineDecision() { }

    /// <summary>Nothing was counted before: what there is now is the baseline.</summary>
    public sealed record First(int Count) : BaselineDecision;

    /// <summary>As many as before.</summary>
    public sealed record Held(int Count) : BaselineDecision;

    /// <summary>Fewer than before: never as many again.</summary>
    public sealed record Ratcheted(int Count, int Baseline) : BaselineDecision;

    /// <summary>More than before: the gate fails.</summary>
    public sealed record Grew(int Count, int Baseline) : BaselineDecision;
}

/// <summary>
/// Decides about counting gates, such as one of compiler warnings. A baseline moves only when a change has landed: a
/// branch with fewer matches must not fail all the others before it is part of what they build on.
/// </summary>
static class BaselineRules
{
    public static BaselineDecision Judge(int count, int? baseline) =>
        baseline is not { } allowed ? new BaselineDecision.First(count)
        : count > allowed ? new BaselineDecision.Grew(count, allowed)
        : count < allowed ? new BaselineDecision.Ratcheted(count, allowed)
        : new BaselineDecision.Held(count);

    /// <summary>What to store once a change with this count has landed; null when nothing changes.</summary>
    public static int? AfterLanding(int? count, int? baseline) =>
        count is null ? null : Judge(count.Value, baseline) switch
        {
            BaselineDecision.First first => first.Count,
            BaselineDecision.Held => null,
            BaselineDecision.Ratcheted ratcheted => ratcheted.Count,
            BaselineDecision.Grew => null,
        };
}
