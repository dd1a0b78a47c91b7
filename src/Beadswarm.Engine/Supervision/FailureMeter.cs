namespace Beadswarm.Supervision;

/// <summary>
/// Counts what fails over all of the swarm, and says when going on would only burn money. Failures of components are
/// more of them than all may have together; failures of stages are a storm when one bead after the other fails and
/// nothing comes to a verdict meanwhile. One or two beads that take every agent down with them are not a storm: they
/// are blocked. Nor is what is over in a moment: a provider may be away for some seconds.
/// </summary>
sealed class FailureMeter(RestartLimits limits, int agents, TimeProvider time)
{
    readonly Lock _lock = new();

    // All times are since then: a clock that is set must neither forgive nor add up.
    readonly long _began = time.GetTimestamp();
    readonly Queue<TimeSpan> _components = [];
    readonly Queue<StageTrouble> _troubles = [];
    string? _lastComponent;
    string? _decided;
    string? _unauthorized;

    /// <summary>A component failed and was restarted or parked.</summary>
    public void ComponentFailed(string component, string error)
    {
        lock (_lock)
        {
            _components.Enqueue(time.GetElapsedTime(_began));
            _lastComponent = $"{component}: {error}";
            Forget_NeedsLock();
        }
    }

    /// <summary>A stage ended without a verdict, for a reason that is not its bead's.</summary>
    public void StageFailed(string bead, string reason)
    {
        lock (_lock)
        {
            _troubles.Enqueue(new StageTrouble(time.GetElapsedTime(_began), bead, reason));
            Forget_NeedsLock();
        }
    }

    /// <summary>A stage came to a verdict, good or bad: agents work.</summary>
    public void StageJudged()
    {
        lock (_lock)
        {
            _troubles.Clear();
        }
    }

    /// <summary>What the swarm cannot do without is parked.</summary>
    public void Lost(string reason)
    {
        lock (_lock)
        {
            _decided ??= reason;
        }
    }

    /// <summary>A vendor does not let an agent in: more tries do not help, whoever makes them.</summary>
    public void NotAuthorized(string reason)
    {
        lock (_lock)
        {
            _unauthorized ??= reason;
        }
    }

    /// <summary>What the first agent that was not let in was told, or null.</summary>
    public string? Unauthorized
    {
        get
        {
            lock (_lock)
            {
                return _unauthorized;
            }
        }
    }

    /// <summary>Why the swarm should stop by itself, or null.</summary>
    public string? Meltdown()
    {
        lock (_lock)
        {
            Forget_NeedsLock();
            return _decided ??= MeltdownRules.OfComponents([.. _components], limits, agents, _lastComponent)
                ?? MeltdownRules.OfStages([.. _troubles], limits, agents);
        }
    }

    void Forget_NeedsLock()
    {
        var now = time.GetElapsedTime(_began);
        while (_components.TryPeek(out var at) && (now - at > limits.Window || _components.Count > FailuresMax))
        {
            _components.Dequeue();
        }

        while (_troubles.TryPeek(out var trouble)
            && (now - trouble.At > limits.Window || _troubles.Count > FailuresMax))
        {
            _troubles.Dequeue();
        }
    }

    /// <summary>
    /// More than this in a window is a meltdown in a swarm of any size, so more need not be remembered.
    /// </summary>
    const int FailuresMax = 10_000;
}

/// <summary>A stage that ended without a verdict.</summary>
/// <param name="At">In monotonic time since whatever beginning.</param>
readonly record struct StageTrouble(TimeSpan At, string Bead, string Reason);

/// <summary>Decides from the failures within one window whether they are a meltdown.</summary>
static class MeltdownRules
{
    /// <summary>A swarm of a thousand agents need not try a thousand times to know.</summary>
    public const int TroublesEnough = 100;

    const int BeadsMin = 3;

    /// <summary>A storm lasts at least this part of the window; by default, beads are blocked at twice of it.</summary>
    const int WindowsPart = 6;

    /// <summary>
    /// More failures within the window than every agent failing its whole allowance: as a rate, the allowance of one
    /// times the number of agents.
    /// </summary>
    public static string? OfComponents(
        IReadOnlyList<TimeSpan> failures, RestartLimits limits, int agents, string? last) =>
        failures.Count > Math.Max(limits.Max, 1) * Math.Max(agents, 1)
            ? $"{failures.Count} failures within {limits.Window.TotalSeconds:0.#} s, the last one in {last}"
            : null;

    /// <param name="troubles">Since the last verdict, oldest first.</param>
    public static string? OfStages(IReadOnlyList<StageTrouble> troubles, RestartLimits limits, int agents)
    {
        var beads = troubles.Select(trouble => trouble.Bead).Distinct().Count();
        var enough = Math.Min(Math.Max(limits.Max, 1) * Math.Min(Math.Max(agents, 1), beads), TroublesEnough);
        if (beads < BeadsMin || troubles.Count <= enough)
        {
            return null;
        }

        var lasted = troubles[^1].At - troubles[0].At;
        return lasted >= limits.Window / WindowsPart
            ? $"{troubles.Count} stages of {beads} beads failed within {lasted.TotalSeconds:0} s and none came to a "
                + $"verdict, mostly: {MostFrequent(troubles)}"
            : null;
    }

    const int ReasonLengthMax = 160;

    static string MostFrequent(IReadOnlyList<StageTrouble> troubles)
    {
        // Never empty: it is asked only about more troubles than are enough.
        var reason = troubles.GroupBy(trouble => StormReasons.KeyOf(trouble.Reason))
            .MaxBy(group => group.Count())!.Last().Reason;
        return reason.Length <= ReasonLengthMax ? reason : $"{reason.AsSpan(0, ReasonLengthMax)}…";
    }
}
