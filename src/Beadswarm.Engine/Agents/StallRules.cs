namespace Beadswarm.Agents;

/// <summary>What is remembered about an agent's activity between two looks.</summary>
/// <param name="ActiveAt">When something last changed, in time since the session began.</param>
/// <param name="OutputBytes">Size of its output then.</param>
/// <param name="Files">Fingerprint of its workspace, taken when it had been silent for a while; null before.</param>
sealed record Activity(TimeSpan ActiveAt, long OutputBytes, long? Files);

/// <summary>
/// Decides whether an agent still works. Output is cheap to look at and looked at always; the workspace only when the
/// output has been silent for half the idle timeout, because some agents change files for long without a word.
/// </summary>
static class StallRules
{
    /// <summary>Whether the workspace has to be looked at now.</summary>
    public static bool NeedsFiles(Activity activity, long outputBytes, TimeSpan now, TimeSpan idleTimeout) =>
        outputBytes == activity.OutputBytes
        && now - activity.ActiveAt >= (activity.Files is null ? idleTimeout / 2 : idleTimeout);

    /// <summary>What is known after a look.</summary>
    /// <param name="files">The workspace's fingerprint, where <see cref="NeedsFiles"/> asked for it.</param>
    public static Activity Observe(Activity activity, long outputBytes, long? files, TimeSpan now) =>
        outputBytes != activity.OutputBytes ? new Activity(now, outputBytes, null)
        : files is null ? activity
        : activity.Files is null ? activity with { Files = files }
        : files != activity.Files ? activity with { ActiveAt = now, Files = files }
        : activity;

    /// <summary>What, if anything, ends the agent now.</summary>
    public static AgentEnd? Judge(Activity activity, TimeSpan now, AgentLimits limits) =>
        activity.OutputBytes > limits.LogBytesMax ? new AgentEnd.LogLimit(limits.LogBytesMax)
        : now >= limits.StageTimeout ? new AgentEnd.TimedOut(limits.StageTimeout)
        : now - activity.ActiveAt >= limits.IdleTimeout ? new AgentEnd.Stalled(limits.IdleTimeout)
        : null;
}
