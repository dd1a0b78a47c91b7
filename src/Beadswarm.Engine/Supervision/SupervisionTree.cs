namespace Beadswarm.Supervision;

/// <summary>What a component is doing.</summary>
enum ComponentStatus
{
    Running,

    /// <summary>It failed and waits for its next start.</summary>
    Restarting,

    /// <summary>What it lacks has to come from outside, and it waits for that.</summary>
    Held,

    /// <summary>It failed more often than its restart intensity allows, and stays down.</summary>
    Parked,

    /// <summary>It came to its end, or was told to.</summary>
    Finished,
}

/// <summary>One component as status shows it.</summary>
/// <param name="Failures">Since the orchestrator started.</param>
/// <param name="Since">When it came into this state.</param>
sealed record ComponentReport(
    string Name, bool Essential, ComponentStatus Status, int Failures, string? LastError, DateTimeOffset Since);

/// <summary>
/// Who restarts whom: the host has one orchestrator, which has its own components and the supervisor of the agents.
/// </summary>
/// <param name="Host">The machine.</param>
/// <param name="Pid">The orchestrator's process.</param>
/// <param name="Components">Beside the agents: tracker, leases, reaper, lander.</param>
sealed record SupervisionTree(
    string Host, int Pid, IReadOnlyList<ComponentReport> Components, IReadOnlyList<ComponentReport> Agents)
{
    /// <summary>Those that are not as they should be.</summary>
    public IEnumerable<ComponentReport> Troubled =>
        Components.Concat(Agents).Where(child =>
            child.Status is ComponentStatus.Restarting or ComponentStatus.Held or ComponentStatus.Parked);
}
