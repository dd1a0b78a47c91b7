using Beadswarm.Beads;
using Beadswarm.Configuration;

namespace Beadswarm.Cli;

/// <summary>
/// The backlog as a run would look at it: what is selected, what of that is ready, and in which order.
/// </summary>
sealed class Candidates
{
    readonly Readiness _readiness;

    Candidates(BeadGraph graph, Readiness readiness, IReadOnlyList<Bead> selected, IReadOnlyList<Bead> ready)
    {
        Graph = graph;
        _readiness = readiness;
        Selected = selected;
        Ready = ready;
    }

    public BeadGraph Graph { get; }

    /// <summary>Unfinished beads that the filters let through, in the order of the tracker's file.</summary>
    public IReadOnlyList<Bead> Selected { get; }

    /// <summary>Those of them that can be claimed now, in the order in which they would be.</summary>
    public IReadOnlyList<Bead> Ready { get; }

    public static async Task<Candidates> ReadAsync(
        string repositoryPath, SwarmConfig config, TimeProvider time, CancellationToken cancellationToken)
    {
        var location = TrackerLocation.Find(repositoryPath, config.Tracker.Dialect);
        var backlog = await new JsonlTracker(location, time).ReadAsync(cancellationToken);
        return Of(backlog, config.Select, location, time.GetUtcNow());
    }

    public static Candidates Of(Backlog backlog, SelectConfig select, TrackerLocation location, DateTimeOffset now)
    {
        var graph = new BeadGraph(backlog.Beads);
        var filter = new BeadFilter(select, graph);
        var readiness = ReadinessRules.Evaluate(graph, location.Dialect, now, location.ListedStatuses);
        var ready = readiness.Ready.Where(bead =>
            filter.Matches(bead) && ReadinessRules.NotClaimable(graph, bead) is null);
        var ordered = select.Order switch
        {
            SelectOrder.Triage => OrderRules.Triage(graph, ready),
            SelectOrder.Tracker => OrderRules.Tracker(ready, location.Order, now),
        };
        return new Candidates(
            graph, readiness, [.. graph.Beads.Where(bead => bead.Unfinished && filter.Matches(bead))], ordered);
    }

    /// <summary>Every reason why a run would not claim the bead now; empty when it would.</summary>
    public IReadOnlyList<string> ReasonsAgainst(Bead bead) =>
    [
        .. (_readiness.NotReady.GetValueOrDefault(bead.Id) ?? []).Select(reason => reason.Describe()),
        .. ReadinessRules.NotClaimable(Graph, bead) is { } reason ? [reason.Describe()] : Array.Empty<string>(),
    ];
}
