namespace Beadswarm.Processes;

/// <summary>A process of ours that runs, and the tag it carries.</summary>
sealed record TaggedProcess(ProcessIdentity Identity, string Tag, string Command);

/// <summary>A process that outlived what it was started for.</summary>
sealed record LeakedProcess(int Pid, string Command);

/// <summary>What a stage left behind.</summary>
/// <param name="Ended">Outlived the stage; ended by us.</param>
/// <param name="Remaining">Could not be ended (for example in uninterruptible sleep); still there.</param>
sealed record LeakReport(IReadOnlyList<LeakedProcess> Ended, IReadOnlyList<LeakedProcess> Remaining)
{
    public static readonly LeakReport Nothing = new([], []);

    public bool Clean => Ended.Count == 0 && Remaining.Count == 0;
}

/// <summary>
/// Finds and ends what process groups miss: every process inherits the variable <see cref="TagVariable"/>, also the one
/// that started a session of its own and was left by its parent.
/// </summary>
static class ProcessSweep
{
    public const string TagVariable = "BEADSWARM_TAG";

    const int RoundsMax = 20;

    // A killed process is gone in microseconds; only one that waits for a device takes longer.
    static readonly TimeSpan KillWaitMax = TimeSpan.FromSeconds(1);

    /// <summary>Running processes whose tag begins with <paramref name="prefix"/>, for example after a crash.</summary>
    public static IReadOnlyList<TaggedProcess> FindByTag(string prefix) =>
    [
        .. from entry in ProcessTable.All()
           where !entry.Zombie && entry.Pid != Environment.ProcessId
           let tag = ProcessTable.Variable(entry.Pid, TagVariable)
           where tag is not null && tag.StartsWith(prefix, StringComparison.Ordinal)
           select new TaggedProcess(
               new ProcessIdentity(entry.Pid, entry.StartTicks, ProcessIdentity.CurrentBootId),
               tag,
               ProcessTable.CommandLine(entry.Pid)),
    ];

    /// <summary>Resident memory of everything that carries the tag.</summary>
    public static long MemoryBytes(string tag) => Members(tag, null).Sum(entry => ProcessTable.MemoryBytes(entry.Pid));

    /// <summary>Kills everything that carries the tag until a look finds nothing, within bounds.</summary>
    public static Task<LeakReport> KillByTagAsync(
        string tag, TimeProvider timeProvider, CancellationToken cancellationToken) =>
        KillAsync(tag, null, _ => true, timeProvider, cancellationToken);

    /// <summary>
    /// Everything that belongs to a child: what carries its tag, its session (only while the leader's id is known to be
    /// taken by it), and all descendants of these. Zombies hold nothing and are left to their parents.
    /// </summary>
    public static IReadOnlyList<ProcessEntry> Members(string tag, int? leader)
    {
        var all = ProcessTable.All().Where(entry => entry.Pid != Environment.ProcessId).ToArray();
        var members = all
            .Where(entry => entry.Pid == leader || entry.Session == leader || entry.Group == leader
                || ProcessTable.Variable(entry.Pid, TagVariable) == tag)
            .Select(entry => entry.Pid)
            .ToHashSet();
        var children = all.ToLookup(entry => entry.Parent);
        var unseen = new Queue<int>(members);
        while (unseen.TryDequeue(out var parent))
        {
            foreach (var child in children[parent].Where(child => members.Add(child.Pid)))
            {
                unseen.Enqueue(child.Pid);
            }
        }

        return [.. all.Where(entry => !entry.Zombie && members.Contains(entry.Pid))];
    }

    /// <summary>Kills the members until none is left.</summary>
    /// <param name="leaked">Whether finding this member is worth reporting.</param>
    public static async Task<LeakReport> KillAsync(
        string tag,
        int? leader,
        Func<ProcessEntry, bool> leaked,
        TimeProvider timeProvider,
        CancellationToken cancellationToken)
    {
        var ended = new Dictionary<(int, long), LeakedProcess>();
        IReadOnlyList<ProcessEntry> members = [];
        for (var round = 0; round < RoundsMax; round++)
        {
            members = Members(tag, leader);
            if (members.Count == 0)
            {
                return ended.Count == 0 ? LeakReport.Nothing : new LeakReport([.. ended.Values], []);
            }

            foreach (var member in members.Where(leaked))
            {
                ended.TryAdd((member.Pid, member.StartTicks), Describe(member));
            }

            await KillAsync(members, timeProvider, cancellationToken);
        }

        foreach (var member in members)
        {
            ended.Remove((member.Pid, member.StartTicks));
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

    static LeakedProcess Describe(ProcessEntry entry) => new(entry.Pid, ProcessTable.CommandLine(entry.Pid));
}
