using System.Collections.Concurrent;

namespace Beadswarm.Processes;

/// <summary>
/// One look at all processes. What costs more than a line of the table is read when it is asked for, and once; several
/// families that look at about the same time share it.
/// </summary>
sealed class ProcessSnapshot
{
    static readonly TimeSpan AgeMax = TimeSpan.FromMilliseconds(250);
    static readonly Lazy<ulong> OwnMark = new(() => ProcessTable.Mark(Environment.ProcessId));
    static readonly Lock RecentLock = new();
    static (ProcessSnapshot Snapshot, long At)? _recent;

    readonly ConcurrentDictionary<(int, long), (string? Tag, ulong Mark)> _signs = new();

    ProcessSnapshot(IReadOnlyList<ProcessEntry> entries) => Entries = entries;

    /// <summary>Everything but threads of the kernel.</summary>
    public IReadOnlyList<ProcessEntry> Entries { get; }

    /// <summary>Looks now.</summary>
    public static ProcessSnapshot Take() =>
        new([.. ProcessTable.All().Where(entry => !entry.Kernel)]);

    /// <summary>A look not older than a moment; real processes live in real time, whatever clock one has.</summary>
    public static ProcessSnapshot Recent()
    {
        lock (RecentLock)
        {
            if (_recent is not { } recent || TimeProvider.System.GetElapsedTime(recent.At) > AgeMax)
            {
                recent = (Take(), TimeProvider.System.GetTimestamp());
                _recent = recent;
            }

            return recent.Snapshot;
        }
    }

    /// <summary>The members of a family that have not ended yet.</summary>
    /// <param name="others">The other families that this process looks after.</param>
    public IReadOnlyList<ProcessEntry> MembersOf(FamilyTraits family, IReadOnlyList<FamilyTraits> others)
    {
        var (seen, household) = See(family.Since, others);

        // Whatever descends from what was started here is recognised by that. The rest was started by a predecessor.
        var (strangers, _) = family.Ours || family.Folders.Count == 0
            ? ([], [])
            : Strangers.In(
                family.Folders, [], [.. seen.Where(one => one.Entry.StartTicks >= family.Since)], household);
        return LeakRules.MembersOf(family, seen, household, strangers.Select(stranger => stranger.Pid));
    }

    /// <summary>What is to be seen of all processes, and who looks.</summary>
    /// <param name="since">Of older ones nothing is read but their line.</param>
    public (IReadOnlyList<SeenProcess> Seen, Household Household) See(long since, IReadOnlyList<FamilyTraits> others)
    {
        var self = Environment.ProcessId;
        var seen = Entries
            .Select(entry =>
            {
                var (tag, mark) = entry.StartTicks < since || entry.Pid == self ? (null, 0) : SignsOf(entry);
                return new SeenProcess(entry, tag, mark, ProcessPlaces.Unknown);
            })
            .ToArray();
        var session = Entries.FirstOrDefault(entry => entry.Pid == self).Session;
        var household = new Household(self, session, OwnMark.Value, Reaper.Registered(), others);
        return ([.. seen.Select(one => LeakRules.NeedsPlaces(one, household) ? LookAgain(one) : one)], household);
    }

    // A command of ours that ended while we looked had no signs to read and is not registered any more: it would pass
    // for an orphan. What is still there after the register was read is either registered or really given to us.
    static SeenProcess LookAgain(SeenProcess process)
    {
        var places = PlacesOf(process.Entry.Pid);
        return ProcessTable.Find(process.Entry.Pid) is { Zombie: false } again && again.Key == process.Entry.Key
            ? process with { Places = places }
            : process with { Entry = process.Entry with { Zombie = true } };
    }

    /// <summary>Where the process stands, and the files its output goes to.</summary>
    public static ProcessPlaces PlacesOf(int pid) =>
        new(ProcessTable.WorkingDirectory(pid), ProcessTable.OutputFiles(pid));

    (string? Tag, ulong Mark) SignsOf(ProcessEntry entry) => _signs.GetOrAdd(
        entry.Key,
        _ => (ProcessTable.Variable(entry.Pid, ProcessSweep.TagVariable), ProcessTable.Mark(entry.Pid)));
}
