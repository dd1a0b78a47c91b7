namespace Beadswarm.Processes;

/// <summary>A child of an earlier orchestrator that goes on, and so is not swept.</summary>
/// <param name="Folders">What it works in and writes to; strangers there are cleared away at its end.</param>
sealed record KeptChild(string Tag, IReadOnlyList<string> Folders);

/// <summary>What a sweep at the start looks for.</summary>
/// <param name="TagPrefix">Every tag of the swarm begins so; it ends with the first slash.</param>
/// <param name="Folders">Folders in which nobody but agents and gates has a reason to be.</param>
sealed record SweepSearch(string TagPrefix, IReadOnlyList<string> Folders, IReadOnlyList<KeptChild> Kept);

/// <summary>What had been left by one child, as far as that is known.</summary>
sealed record SweptOrphans(string Origin, LeakReport Report);

/// <summary>What a sweep at the start came to. Whatever is not in here was not there.</summary>
sealed record OrphanReport(IReadOnlyList<SweptOrphans> Swept, IReadOnlyList<SparedProcess> Spared);

/// <summary>
/// Ends whatever an earlier orchestrator of the same swarm has left running, apart from what is kept. Its descent is
/// lost with its orchestrator; what is left to go by are tag, mark and place.
/// </summary>
static class OrphanSweep
{
    const string ByMark = "a stage that is not known any more";
    const string ByPlace = "somebody who left only the place to go by";

    /// <summary>What <see cref="RunAsync"/> would end now, each with what it was started for.</summary>
    public static IReadOnlyList<TaggedProcess> Find(SweepSearch search)
    {
        var origins = new Dictionary<int, string>();
        var (orphans, _) = Look(search, [.. search.Folders.Select(Libc.RealPath)], origins);
        return
        [
            .. orphans.Select(entry => new TaggedProcess(
                new ProcessIdentity(entry.Pid, entry.StartTicks, ProcessIdentity.CurrentBootId), origins[entry.Pid],
                ProcessTable.CommandLine(entry.Pid))),
        ];
    }

    public static async Task<OrphanReport> RunAsync(
        SweepSearch search, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var folders = search.Folders.Select(Libc.RealPath).ToArray();
        var origins = new Dictionary<int, string>();
        IReadOnlyList<SparedProcess> spared = [];
        var report = await ProcessSweep.KillAsync(
            () =>
            {
                var (orphans, left) = Look(search, folders, origins);
                spared = left;
                return orphans;
            },
            _ => true,
            timeProvider,
            cancellationToken);
        var swept = report.Ended.Concat(report.Remaining).Select(process => origins[process.Pid]).Distinct()
            .Select(origin => new SweptOrphans(origin, new LeakReport(
                [.. report.Ended.Where(process => origins[process.Pid] == origin)],
                [.. report.Remaining.Where(process => origins[process.Pid] == origin)])));
        return new OrphanReport([.. swept], spared);
    }

    static (IReadOnlyList<ProcessEntry> Orphans, IReadOnlyList<SparedProcess> Spared) Look(
        SweepSearch search, IReadOnlyList<string> folders, Dictionary<int, string> origins)
    {
        var (seen, household) = ProcessSnapshot.Take().See(0, []);
        var entries = seen.Select(process => process.Entry).ToArray();
        var kept = search.Kept
            .SelectMany(child => LeakRules.MembersOf(new FamilyTraits { Tag = child.Tag }, seen, household, []))
            .Select(member => member.Pid)
            .ToHashSet();
        var roots = new Dictionary<int, string>();
        foreach (var process in seen.Where(process => !kept.Contains(process.Entry.Pid)))
        {
            if (OriginOf(process, search.TagPrefix) is { } origin)
            {
                roots[process.Entry.Pid] = origin;
            }
        }

        var elsewhere = search.Kept.SelectMany(child => child.Folders).Select(Libc.RealPath).ToArray();
        var (strangers, spared) = Strangers.In(
            folders, elsewhere, [.. seen.Where(process => !kept.Contains(process.Entry.Pid))], household);
        foreach (var stranger in strangers)
        {
            roots.TryAdd(stranger.Pid, ByPlace);
        }

        var members = roots.Keys.ToHashSet();
        LeakRules.AddKin(members, entries, household);
        members.ExceptWith(kept);
        var parents = entries.ToDictionary(entry => entry.Pid, entry => entry.Parent);
        foreach (var pid in members)
        {
            origins.TryAdd(pid, Inherited(pid, roots, parents));
        }

        return ([.. entries.Where(entry => !entry.Zombie && members.Contains(entry.Pid))], spared);
    }

    static string? OriginOf(SeenProcess process, string tagPrefix) =>
        process.Tag is { } tag && tag.StartsWith(tagPrefix, StringComparison.Ordinal) ? tag
        : process.Tag is null && ProcessMark.IsOfSwarm(process.Mark, tagPrefix) ? ByMark
        : null;

    // Whoever shares a session with an orphan but does not descend from one has nothing but that to go by.
    static string Inherited(int pid, Dictionary<int, string> roots, Dictionary<int, int> parents)
    {
        var seen = new HashSet<int>();
        for (var at = pid; seen.Add(at) && parents.TryGetValue(at, out var parent); at = parent)
        {
            if (roots.TryGetValue(at, out var origin))
            {
                return origin;
            }
        }

        return ByMark;
    }
}
