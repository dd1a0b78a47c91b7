namespace Beadswarm.Supervision;

/// <summary>How often a component may be restarted, and how long is waited in between.</summary>
/// <param name="Max">Restarts within <paramref name="Window"/>; one more failure parks the component.</param>
sealed record RestartLimits(int Max, TimeSpan Window, TimeSpan DelayMin, TimeSpan DelayMax);

/// <summary>What to do about a component that failed.</summary>
abstract record RestartDecision
{
    RestartDecision() { }

    public sealed record Restart(TimeSpan After) : RestartDecision;

    /// <summary>
    /// What it lacks has to come from outside: it is tried again now and then for as long as that takes, and nothing is
    /// counted.
    /// </summary>
    public sealed record Hold(TimeSpan For) : RestartDecision;

    /// <summary>It fails too often; it stays down and is reported, the rest goes on.</summary>
    public sealed record Park : RestartDecision;
}

/// <summary>Decides about restarts from the times of failures alone.</summary>
static class RestartRules
{
    const int DoublingsMax = 16;

    /// <summary>How long what is held waits before it tries again.</summary>
    public static readonly TimeSpan HoldPause = TimeSpan.FromSeconds(2);

    /// <param name="failures">
    /// Oldest first, the newest being the one to decide about. Like <paramref name="now"/> in monotonic time since
    /// whatever beginning: a clock that is set must neither forgive nor add up.
    /// </param>
    /// <param name="jitter">0 to 1: spreads restarts of components that failed together over half their delay.</param>
    public static RestartDecision Decide(
        IReadOnlyList<TimeSpan> failures, TimeSpan now, RestartLimits limits, double jitter)
    {
        var recent = failures.Count(at => now - at <= limits.Window);
        if (recent > limits.Max)
        {
            return new RestartDecision.Park();
        }

        var doubled = limits.DelayMin * Math.Pow(2, Math.Min(recent - 1, DoublingsMax));
        var delay = doubled < limits.DelayMax ? doubled : limits.DelayMax;
        return new RestartDecision.Restart(delay * (0.5 + (jitter / 2)));
    }
}
