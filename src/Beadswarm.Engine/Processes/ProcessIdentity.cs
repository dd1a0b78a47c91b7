namespace Beadswarm.Processes;

/// <summary>
/// Names one process for ever: the kernel reuses process ids, but never with the same start within one boot.
/// </summary>
/// <param name="StartTicks">When it started, in clock ticks since boot, as <c>/proc/PID/stat</c> says.</param>
readonly record struct ProcessIdentity(int Pid, long StartTicks, string BootId)
{
    static readonly Lazy<string> Boot = new(() => File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim());

    /// <summary>Changes with every boot of the machine.</summary>
    public static string CurrentBootId => Boot.Value;

    /// <summary>The identity of the process that has this id now, or null when there is none.</summary>
    public static ProcessIdentity? Of(int pid) =>
        ProcessTable.Find(pid) is { } entry ? new ProcessIdentity(pid, entry.StartTicks, CurrentBootId) : null;

    /// <summary>Whether this very process still runs. A zombie does not.</summary>
    public bool IsRunning() =>
        BootId == CurrentBootId
        && ProcessTable.Find(Pid) is { Zombie: false } entry
        && entry.StartTicks == StartTicks;
}
