namespace Beadswarm.Beads;

/// <summary>How a tracker's own <c>ready</c> sorts, by program and version.</summary>
enum TrackerOrder
{
    /// <summary>bd 1.0 to 1.2: priority, then the newest first.</summary>
    PriorityNewestFirst,

    /// <summary>bd 1.2.1 and from 1.3 on: priority, then the oldest first.</summary>
    PriorityOldestFirst,

    /// <summary>bd to 0.50: what is younger than two days by priority, then the rest by age.</summary>
    RecentByPriority,

    /// <summary>br: P0 and P1 before the others, each by age.</summary>
    UrgentThenAge,
}

/// <summary>In which order ready beads are taken.</summary>
static class OrderRules
{
    static readonly TimeSpan Recent = TimeSpan.FromHours(48);

    /// <summary>The order a tracker's newest version uses.</summary>
    public static TrackerOrder Newest(TrackerDialect dialect) => dialect switch
    {
        TrackerDialect.Bd => TrackerOrder.PriorityOldestFirst,
        TrackerDialect.BdClassic => TrackerOrder.RecentByPriority,
        TrackerDialect.Br => TrackerOrder.UrgentThenAge,
    };

    /// <summary>As the tracker itself would list them.</summary>
    public static IReadOnlyList<Bead> Tracker(IEnumerable<Bead> ready, TrackerOrder order, DateTimeOffset now) =>
        order switch
        {
            TrackerOrder.PriorityNewestFirst =>
            [
                .. ready.OrderBy(bead => bead.Priority).ThenByDescending(bead => bead.CreatedAt)
                    .ThenBy(bead => bead.Id),
            ],
            TrackerOrder.PriorityOldestFirst =>
                [.. ready.OrderBy(bead => bead.Priority).ThenBy(bead => bead.CreatedAt).ThenBy(bead => bead.Id)],
            TrackerOrder.RecentByPriority =>
            [
                .. ready.OrderBy(bead => bead.CreatedAt >= now - Recent ? bead.Priority : int.MaxValue)
                    .ThenBy(bead => bead.CreatedAt).ThenBy(bead => bead.Id),
            ],
            TrackerOrder.UrgentThenAge =>
                [.. ready.OrderBy(bead => bead.Priority > 1).ThenBy(bead => bead.CreatedAt).ThenBy(bead => bead.Id)],
        };

    /// <summary>The swarm's own order: priority, then how much work the bead unblocks, then age, then id.</summary>
    public static IReadOnlyList<Bead> Triage(BeadGraph graph, IEnumerable<Bead> ready) =>
    [
        .. ready.OrderBy(bead => bead.Priority).ThenByDescending(bead => Unblocks(graph, bead.Id))
            .ThenBy(bead => bead.CreatedAt).ThenBy(bead => bead.Id),
    ];

    /// <summary>
    /// How much work waits behind the bead: the number of other unfinished beads that cannot all become ready before it
    /// is done. X holds back Y when Y has a blocking or conditional dependency on X, or waits for a spawner whose
    /// unfinished child X is; what is held back holds back in the same way, and its children too, because they inherit
    /// that it is blocked. The children of X itself do not count: an open parent blocks nothing.
    /// </summary>
    public static int Unblocks(BeadGraph graph, BeadId id)
    {
        var held = new HashSet<BeadId> { id };
        var queue = new Queue<BeadId>([id]);
        while (queue.TryDequeue(out var next))
        {
            var waiting = HeldBack(graph, next);
            foreach (var bead in next == id ? waiting : waiting.Concat(graph.ChildrenByEdge(next)))
            {
                if (bead.Unfinished && held.Add(bead.Id))
                {
                    queue.Enqueue(bead.Id);
                }
            }
        }

        return held.Count - 1;
    }

    static IEnumerable<Bead> HeldBack(BeadGraph graph, BeadId id)
    {
        var direct = graph.Incoming(id)
            .Where(edge => edge.Kind is DependencyKind.Blocks or DependencyKind.Conditional)
            .Select(edge => edge.From);
        var throughGates = graph.ParentsByEdge(id)
            .SelectMany(parent => graph.Incoming(parent.Id))
            .Where(edge => edge.Kind == DependencyKind.WaitsFor)
            .Select(edge => edge.From);
        return direct.Concat(throughGates);
    }
}
