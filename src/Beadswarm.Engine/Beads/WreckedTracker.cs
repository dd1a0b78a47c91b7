namespace Beadswarm.Beads;

/// <summary>One thing that is wrong with a backlog, as <c>doctor</c> tells it.</summary>
abstract record TrackerTrouble
{
    TrackerTrouble() { }

    /// <summary>In progress, but nobody is named and no swarm holds them: left by a crash.</summary>
    public sealed record LeftInProgress(IReadOnlyList<BeadId> Beads) : TrackerTrouble;

    /// <summary>In progress for an agent of a swarm that no longer holds them.</summary>
    public sealed record LeftByAgents(IReadOnlyList<BeadId> Beads) : TrackerTrouble;

    /// <summary>Ids that do not begin with the configured prefix.</summary>
    public sealed record PrefixMismatch(string Prefix, IReadOnlyList<BeadId> Beads) : TrackerTrouble;

    /// <summary>Dependencies that wait for themselves: none of these beads can become ready.</summary>
    public sealed record Cycle(IReadOnlyList<BeadId> Beads) : TrackerTrouble;

    /// <summary>A dependency on a bead that is not in the backlog.</summary>
    public sealed record Dangling(BeadId Bead, string Target, string DependencyType) : TrackerTrouble;

    /// <summary>
    /// The tracker's database does not read this file by itself, so what the swarm writes may not reach it.
    /// </summary>
    public sealed record ExportOnly(string File) : TrackerTrouble;

    /// <summary>Says what is wrong and what to do.</summary>
    public string Describe() => this switch
    {
        LeftInProgress left =>
            $"{left.Beads.Count} beads are in_progress and nobody works on them ({Some(left.Beads)}); "
            + "`beadswarm doctor --fix` reopens them",
        LeftByAgents left =>
            $"{left.Beads.Count} beads are in_progress for agents that no longer hold them ({Some(left.Beads)}); "
            + "`beadswarm doctor --fix` reopens them",
        PrefixMismatch prefix =>
            $"{prefix.Beads.Count} ids do not begin with the configured prefix '{prefix.Prefix}' "
            + $"({Some(prefix.Beads)}); correct the prefix in config.yaml, or rename them with the tracker",
        Cycle cycle =>
            $"beads wait for each other in a circle ({string.Join(" → ", cycle.Beads)} → {cycle.Beads[0]}); "
            + "remove one of these dependencies",
        Dangling dangling =>
            $"{dangling.Bead} depends on {dangling.Target} ({dangling.DependencyType}), which is not in the backlog; "
            + "remove the dependency or restore the bead",
        ExportOnly export =>
            $"bd keeps its beads in Dolt and does not read {export.File}; run `bd import` after the swarm, "
            + "or set tracker.kind to bd",
    };

    static string Some(IReadOnlyList<BeadId> beads) =>
        string.Join(", ", beads.Take(ShownMax)) + (beads.Count > ShownMax ? ", …" : "");

    const int ShownMax = 5;
}

/// <summary>
/// What can be known to be wrong from the file alone. Two files at once, broken lines and the like are errors of
/// reading; that the counts of a SQLite database differ is for whoever may open it.
/// </summary>
static class WreckedTracker
{
    /// <summary>Finds what is wrong.</summary>
    /// <param name="held">Beads that a swarm holds, so that their being in progress is right.</param>
    /// <param name="actor">How the assignees that swarms write begin.</param>
    public static IReadOnlyList<TrackerTrouble> Examine(
        Backlog backlog, TrackerLocation location, IReadOnlySet<BeadId> held, string actor)
    {
        var graph = new BeadGraph(backlog.Beads);
        var inProgress = backlog.Beads
            .Where(bead => bead.Status == BeadStatus.InProgress && !held.Contains(bead.Id)).ToArray();
        var nobodys = inProgress.Where(bead => bead.Assignee is null).Select(bead => bead.Id).ToArray();
        var agents = inProgress.Where(bead => OfSwarm(bead, actor)).Select(bead => bead.Id).ToArray();
        var foreign = location.Prefix is { } prefix
            ? backlog.Beads.Where(bead => !HasPrefix(bead.Id, prefix)).Select(bead => bead.Id).ToArray()
            : [];
        return
        [
            .. location.ExportOnly ? [new TrackerTrouble.ExportOnly(location.File)] : Array.Empty<TrackerTrouble>(),
            .. nobodys.Length > 0 ? [new TrackerTrouble.LeftInProgress(nobodys)] : Array.Empty<TrackerTrouble>(),
            .. agents.Length > 0 ? [new TrackerTrouble.LeftByAgents(agents)] : Array.Empty<TrackerTrouble>(),
            .. foreign.Length > 0
                ? [new TrackerTrouble.PrefixMismatch(location.Prefix!, foreign)] // not null: there are foreign ids
                : Array.Empty<TrackerTrouble>(),
            .. BeadCycles.Find(graph).Select(cycle => new TrackerTrouble.Cycle(cycle)),
            .. graph.Dangling.Where(edge => edge.From.Unfinished && edge.Kind != DependencyKind.Related)
                .Select(Dangling),
        ];
    }

    /// <summary>
    /// The changes that make the backlog workable again: beads left in progress by nobody, or by agents of a swarm, are
    /// reopened. A bead in progress for anybody else is theirs.
    /// </summary>
    public static IReadOnlyList<BeadChange> Repairs(IEnumerable<TrackerTrouble> troubles) =>
    [
        .. troubles.SelectMany(trouble => trouble switch
        {
            TrackerTrouble.LeftInProgress left => left.Beads,
            TrackerTrouble.LeftByAgents left => left.Beads,
            TrackerTrouble.PrefixMismatch => [],
            TrackerTrouble.Cycle => [],
            TrackerTrouble.Dangling => [],
            TrackerTrouble.ExportOnly => [],
        }).Select(id => new BeadChange.Reopen(id, null)),
    ];

    static TrackerTrouble.Dangling Dangling(BeadEdge edge) =>
        new(edge.From.Id, edge.Dependency.Target, edge.Dependency.Type);

    static bool OfSwarm(Bead bead, string actor) =>
        actor.Length > 0 && bead.Assignee?.StartsWith(actor, StringComparison.Ordinal) == true;

    static bool HasPrefix(BeadId id, string prefix) =>
        id.Value.StartsWith(prefix.TrimEnd('-') + "-", StringComparison.Ordinal);
}
