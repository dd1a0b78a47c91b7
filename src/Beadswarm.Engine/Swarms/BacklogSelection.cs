using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Storage;

namespace Beadswarm.Swarms;

/// <summary>
/// Decides which beads of the tracker are the swarm's business, which of them are ready, and in which order they are
/// taken.
/// Pure: the backlog, the store's view of it and the time are given as values.
/// </summary>
static class BacklogSelection
{
    /// <param name="rules">Whose dialect and order count; its backlog is not read here.</param>
    /// <param name="known">What the store knows: a bead that the swarm has begun counts as open although the tracker
    /// says
    /// in_progress, because it is we who work on it.</param>
    /// <param name="only">When given, no other bead is selected: the beads that were ready when a run with --once
    /// began.</param>
    public static IReadOnlyList<BacklogEntry> Select(
        Backlog backlog, IReadOnlyDictionary<BeadId, BeadWork> known, SelectConfig select, IBeadTracker rules,
        IReadOnlySet<BeadId>? only, DateTimeOffset now)
    {
        var graph = new BeadGraph(
            [.. backlog.Beads.Select(bead => IsOurs(bead, known) ? bead with { Status = BeadStatus.Open } : bead)]);
        var filter = new BeadFilter(select, graph);
        var readiness = ReadinessRules.Evaluate(graph, rules.Dialect, now, rules.ListedStatuses);
        var ready = readiness.Ready.Select(bead => bead.Id).ToHashSet();
        var selected = graph.Beads
            .Where(bead => bead.Unfinished && filter.Matches(bead) && only?.Contains(bead.Id) != false)
            .Where(bead => ReadinessRules.NotClaimable(graph, bead) is null)
            .Where(bead => ready.Contains(bead.Id) || CanBecomeReady(readiness.NotReady[bead.Id]))
            .ToArray();

        var ordinals = OrderRules.Tracker(selected, rules.Order, now)
            .Select((bead, index) => (bead.Id, index))
            .ToDictionary(pair => pair.Id, pair => (long)pair.index);
        return
        [
            .. selected.Select(bead => new BacklogEntry(
                bead.Id, bead.Title, bead.Priority, OrderRules.Unblocks(graph, bead.Id), bead.CreatedAt,
                ordinals[bead.Id], ready.Contains(bead.Id))),
        ];
    }

    static bool IsOurs(Bead bead, IReadOnlyDictionary<BeadId, BeadWork> known) =>
        bead.Status == BeadStatus.InProgress
        && known.GetValueOrDefault(bead.Id) is { Started: true } work
        && work.State is BeadState.Pending or BeadState.Held or BeadState.Landing;

    // Some beads are records or anchors and never turn into work; the others wait for something that can happen.
    static bool CanBecomeReady(IReadOnlyList<NotReadyReason> reasons) => !reasons.Any(reason => reason is
        NotReadyReason.Pinned or NotReadyReason.Ephemeral or NotReadyReason.Template or NotReadyReason.WorkflowType);
}
