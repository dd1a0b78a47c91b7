namespace Beadswarm.Processes;

/// <summary>A process that was found in one of our folders and was left alone, and why.</summary>
sealed record SparedProcess(int Pid, string Command, string Reason);

/// <summary>
/// Finds what an earlier orchestrator's agents left and of which nothing is known but where it is: whoever it descends
/// from is gone, and it carries neither tag nor mark.
/// </summary>
static class Strangers
{
    // What orphans are given to: the first process, or the one that the user's own services descend from.
    const int FirstProcess = 1;
    const string ServiceKeeper = "systemd";

    /// <param name="folders">Canonical paths of ours.</param>
    /// <param name="except">Those among them that are not looked at.</param>
    public static (IReadOnlyList<ProcessEntry> Ours, IReadOnlyList<SparedProcess> Spared) In(
        IReadOnlyList<string> folders, IReadOnlyList<string> except, IReadOnlyList<SeenProcess> seen,
        Household household)
    {
        var ours = new List<ProcessEntry>();
        var spared = new List<SparedProcess>();
        var children = seen.ToLookup(process => process.Entry.Parent, process => process.Entry);
        foreach (var process in seen.Where(process => IsUnknown(process, household)))
        {
            var pid = process.Entry.Pid;
            var places = ProcessSnapshot.PlacesOf(pid);
            if (!places.AreWithin(folders) || places.AreWithin(except))
            {
                continue;
            }

            var stranger = new Stranger(
                ProcessTable.UserOf(pid) == Libc.geteuid(),
                IsAbandoned(process.Entry, household),
                HasTerminal(process.Entry, children),
                LeakRules.PersonalVariable(ProcessTable.VariableNames(pid)),
                places.WriteWithin(folders));
            if (LeakRules.SparedBecause(stranger) is { } reason)
            {
                spared.Add(new SparedProcess(pid, Redaction.Apply(ProcessTable.CommandLine(pid), []), reason));
            }
            else
            {
                ours.Add(process.Entry);
            }
        }

        return (ours, spared);
    }

    static bool IsUnknown(SeenProcess process, Household household) =>
        !process.Entry.Zombie && process.Entry.Pid != household.Self && LeakRules.IsBare(process, household)
        && !household.Spawned.Contains(process.Entry.Pid) && process.Entry.Parent != household.Self;

    static bool IsAbandoned(ProcessEntry entry, Household household) =>
        entry.Parent is FirstProcess || ProcessTable.Name(entry.Parent) == ServiceKeeper
        || LeakRules.IsOrphan(entry, household.Self, household.Session);

    static bool HasTerminal(ProcessEntry entry, ILookup<int, ProcessEntry> children) =>
        entry.Terminal || children[entry.Pid].Any(child => HasTerminal(child, children));
}
