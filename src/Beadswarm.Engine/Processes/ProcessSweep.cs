namespace Beadswarm.Processes;

/// <summary>A process of ours that runs.</summary>
/// <param name="Tag">The tag it was started under; where it has shed it, what else is known.</param>
sealed record TaggedProcess(ProcessIdentity Identity, string Tag, string Command);

/// <summary>A process that outlived what it was started for.</summary>
sealed record LeakedProcess(int Pid, string Command);

/// <summary>What a stage left behind.</summary>
/// <param name="Ended">Outlived the stage; ended by us.</param>
/// <param name="Remaining">Could not be ended (for example in uninterruptible sleep); still there.</param>
sealed record LeakReport(IReadOnlyList<LeakedProcess> Ended, IReadOnlyList<LeakedProcess> Remaining)
{
    public static readonly LeakReport Nothing = new([], []);

    const int NamedMax = 10;

    public bool Clean => Ended.Count == 0 && Remaining.Count == 0;

    /// <summary>The processes in one line, the first of them by name.</summary>
    public string Names
    {
        get
        {
            var all = Ended.Concat(Remaining).ToArray();
            var named = string.Join(", ", all.Take(NamedMax).Select(process => $"{process.Command} ({process.Pid})"));
            return all.Length <= NamedMax ? named : $"{named} and {all.Length - NamedMax} more";
        }
    }
}

/// <summary>
/// Finds and ends what process groups miss: every process inherits the variable <see cref="TagVariable"/> and the
/// <see cref="ProcessMark"/>, also the one that started a session of its own and was left by its parent.
/// </summary>
static class ProcessSweep
{
    public const string TagVariable = "BEADSWARM_TAG";

    /// <summary>
    /// The tag of short internal commands. What they leave (git's credential cache, for example) is nobody's leak.
    /// </summary>
    public const string CommandTag = "beadswarm-command";

    const int RoundsMax = 20;

    // A killed process is gone in microseconds; only one that waits for a device takes longer.
    static readonly TimeSpan KillWaitMax = TimeSpan.FromSeconds(1);

    /// <summary>What carries the tag or its mark, and all descendants of these, unless it has ended.</summary>
    public static IReadOnlyList<ProcessEntry> Members(string tag) =>
        ProcessSnapshot.Take().MembersOf(new FamilyTraits { Tag = tag }, []);

    /// <summary>Kills everything that carries the tag until a look finds nothing, within bounds.</summary>
    public static Task<LeakReport> KillByTagAsync(
        string tag, TimeProvider timeProvider, CancellationToken cancellationToken) =>
        KillAsync(() => Members(tag), _ => true, timeProvider, cancellationToken);

    /// <summary>Kills what a look finds until it finds nothing.</summary>
    /// <param name="leaked">Whether finding this process is worth reporting.</param>
    public static async Task<LeakReport> KillAsync(
        Func<IReadOnlyList<ProcessEntry>> look,
        Func<ProcessEntry, bool> leaked,
        TimeProvider timeProvider,
        CancellationToken cancellationToken)
    {
        var ended = new Dictionary<(int, long), LeakedProcess>();
        IReadOnlyList<ProcessEntry> members = [];
        for (var round = 0; round < RoundsMax; round++)
        {
            members = look();
            if (members.Count == 0)
            {
                return ended.Count == 0 ? LeakReport.Nothing : new LeakReport([.. ended.Values], []);
            }

            // What is found on its way out was left by nobody: a sandbox answers before its first process is gone.
            foreach (var member in members.Where(member => !member.Exiting && leaked(member)))
            {
                ended.TryAdd(member.Key, Describe(member));
            }

            await KillAsync(members, timeProvider, cancellationToken);
        }

        foreach (var member in members)
        {
            ended.Remove(member.Key);
        }

        return new LeakReport([.. ended.Values], [.. members.Select(Describe)]);
    }

    /// <summary>Signals exactly these processes, not ones that took over their ids in the meantime.</summary>
    public static void Signal(IEnumerable<ProcessEntry> members, int signal)
    {
        foreach (var member in members)
        {
            using var process = ProcessDescriptor.TryOpen(member.Pid, member.StartTicks);
            process?.Signal(signal);
        }
    }

    static async Task KillAsync(
        IReadOnlyList<ProcessEntry> members, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var opened = new List<ProcessDescriptor>();
        try
        {
            var ends = new List<Task>();
            foreach (var member in members)
            {
                if (ProcessDescriptor.TryOpen(member.Pid, member.StartTicks) is { } process)
                {
                    opened.Add(process);
                    process.Signal(Libc.SignalKill);
                    ends.Add(process.Ended);
                }
            }

            var delay = Task.Delay(KillWaitMax, timeProvider, cancellationToken);
            await Task.WhenAny(Task.WhenAll(ends), delay);
            cancellationToken.ThrowIfCancellationRequested();
        }
        finally
        {
            opened.ForEach(process => process.Dispose());
        }
    }

    // It goes into journal and log, and a command line may hold anything.
    public static LeakedProcess Describe(ProcessEntry entry) =>
        new(entry.Pid, Redaction.Apply(ProcessTable.CommandLine(entry.Pid), []));
}
