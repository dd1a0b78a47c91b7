using Beadswarm.Beads;
using Beadswarm.Configuration;
using Beadswarm.Swarms;

namespace Beadswarm.Simulation.Outlooks;

/// <summary>A selected bead that no swarm could begin, however long it ran.</summary>
/// <param name="Reasons">Why, in the words of <c>beads</c>.</param>
/// <param name="Waiting">Others that wait for it, directly or not, and stand still for that alone.</param>
sealed record Standstill(BeadId Bead, IReadOnlyList<string> Reasons, int Waiting);

/// <summary>What a backlog comes to when nothing fails.</summary>
/// <param name="Selected">Beads that are the swarm's business.</param>
/// <param name="Ready">Of these, ready at once.</param>
/// <param name="CanLand">Of these, would land.</param>
/// <param name="Rounds">Beads one after the other in the longest chain.</param>
/// <param name="Standstills">The first causes of what would not.</param>
sealed record BacklogReach(
    int Selected, int Ready, int CanLand, int Rounds, IReadOnlyList<Standstill> Standstills,
    IReadOnlyList<IReadOnlyList<BeadId>> Cycles);

/// <summary>
/// Finds what would never become ready: lands whatever is ready, by the rules of the tracker's dialect, until nothing
/// is any more. What is left stands still.
/// </summary>
static class StandstillRules
{
    public static BacklogReach Of(
        IReadOnlyList<Bead> beads, SelectConfig select, TrackerDialect dialect,
        IReadOnlyList<string> listedStatuses, DateTimeOffset now)
    {
        var filter = new BeadFilter(select, new BeadGraph(beads));
        var landed = new HashSet<BeadId>();
        BacklogReach? first = null;
        for (var rounds = 0; ; rounds++)
        {
            var graph = new BeadGraph(beads);
            var readiness = ReadinessRules.Evaluate(graph, dialect, now, listedStatuses);
            var ready = readiness.Ready
                .Where(bead => filter.Matches(bead) && ReadinessRules.NotClaimable(graph, bead) is null)
                .Select(bead => bead.Id).ToHashSet();
            first ??= new BacklogReach(
                graph.Beads.Count(bead => IsWork(graph, filter, bead)), ready.Count, 0, 0, [],
                BeadCycles.Find(graph));
            if (ready.Count == 0)
            {
                return first with
                {
                    CanLand = landed.Count,
                    Rounds = rounds,
                    Standstills = Causes(graph, filter, readiness),
                    Cycles = [.. first.Cycles.Where(cycle => cycle.Any(id => IsLeft(graph, filter, id)))],
                };
            }

            landed.UnionWith(ready);
            beads = Close(Close(beads, ready), [.. EpicRules.Completed(new BeadGraph(Close(beads, ready)), landed)]);
        }
    }

    static bool IsLeft(BeadGraph graph, BeadFilter filter, BeadId id) =>
        graph.Find(id) is { } bead && IsWork(graph, filter, bead);

    static bool IsWork(BeadGraph graph, BeadFilter filter, Bead bead) =>
        bead.Unfinished && filter.Matches(bead) && ReadinessRules.NotClaimable(graph, bead) is null;

    static IReadOnlyList<Bead> Close(IReadOnlyList<Bead> beads, HashSet<BeadId> done) =>
    [
        .. beads.Select(bead => done.Contains(bead.Id)
            ? bead with { Status = BeadStatus.Closed, CloseReason = "landed" }
            : bead),
    ];

    /// <summary>Those that do not merely wait for another one of the list, and how many wait for each.</summary>
    static Standstill[] Causes(BeadGraph graph, BeadFilter filter, Readiness readiness)
    {
        var left = graph.Beads.Where(bead => IsWork(graph, filter, bead)).Select(bead => bead.Id).ToHashSet();
        var behind = left.ToDictionary(
            id => id,
            id => ForecastRules.Blockers(graph, id).Where(left.Contains).Where(other => other != id).ToArray());
        return
        [
            .. left.Where(id => behind[id].Length == 0 || !readiness.NotReady[id].All(MerelyWaits)
                    || IsInCircle(id, behind))
                .Select(id => new Standstill(
                    id, [.. readiness.NotReady[id].Select(reason => reason.Describe())], Followers(id, behind)))
                .OrderByDescending(found => found.Waiting).ThenBy(found => found.Bead),
        ];
    }

    static bool MerelyWaits(NotReadyReason reason) => reason is
        NotReadyReason.BlockedBy or NotReadyReason.ParentBlocked or NotReadyReason.WaitsForChildren
        or NotReadyReason.ChildrenOpen;

    static bool IsInCircle(BeadId id, Dictionary<BeadId, BeadId[]> behind) => Reach(id, behind).Contains(id);

    static int Followers(BeadId id, Dictionary<BeadId, BeadId[]> behind) =>
        behind.Keys.Count(other => other != id && Reach(other, behind).Contains(id));

    static HashSet<BeadId> Reach(BeadId from, Dictionary<BeadId, BeadId[]> behind)
    {
        var seen = new HashSet<BeadId>();
        var open = new Queue<BeadId>(behind[from]);
        while (open.TryDequeue(out var next))
        {
            if (seen.Add(next))
            {
                foreach (var further in behind[next])
                {
                    open.Enqueue(further);
                }
            }
        }

        return seen;
    }
}
