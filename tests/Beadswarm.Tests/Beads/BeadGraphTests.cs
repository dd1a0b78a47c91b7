using Beadswarm.Beads;
using Beadswarm.Configuration;

namespace Beadswarm.Tests.Beads;

/// <summary>Children, cycles, filters and what a bead unblocks.</summary>
public sealed class BeadGraphTests
{
    [Fact]
    public void Children_are_known_by_edge_and_by_id()
    {
        var graph = Some.Graph(
            Some.Bead("e"), Some.Bead("e.1"), Some.Bead("x", ["parent-child>e"]), Some.Bead("x.2"),
            Some.Bead("x.2.7.1"),
            Some.Bead("e.3", ["parent-child>other"]), Some.Bead("other"), Some.Bead("ee"));

        Assert.Equal("x e.1", Some.Ids(graph.Children(BeadId.Parse("e"))));
        // An edge says more than an id: e.3 is below "other". A level that does not exist is skipped.
        Assert.Equal(
            "e.1 x x.2 x.2.7.1",
            string.Join(' ', graph.Descendants(BeadId.Parse("e")).Order()));
    }

    [Fact]
    public void Dangling_and_external_targets_are_told_apart()
    {
        var graph = Some.Graph(Some.Bead("a", ["gone", "external:p:cap", "b"]), Some.Bead("b"));

        Assert.Equal("gone", string.Join(' ', graph.Dangling.Select(edge => edge.Dependency.Target)));
        Assert.True(graph.Outgoing(BeadId.Parse("a"))[1].External);
    }

    [Fact]
    public void Every_cycle_is_listed_once_from_its_smallest_id()
    {
        var graph = Some.Graph(
            Some.Bead("c", ["a"]), Some.Bead("b", ["c"]), Some.Bead("a", ["b", "d"]), Some.Bead("d", ["a"]),
            Some.Bead("s", ["s"]), Some.Bead("p", ["k"]), Some.Bead("k", ["parent-child>p"]),
            Some.Bead("r", ["related>q"]), Some.Bead("q", ["r"]),
            Some.Bead("x", ["y"], status: "closed"), Some.Bead("y", ["x"]));

        var cycles = BeadCycles.Find(graph).Select(cycle => string.Join(" ", cycle));

        Assert.Equal(["a b c", "a d", "k p", "s"], cycles);
    }

    [Fact]
    public void A_chain_of_ten_thousand_beads_is_no_problem()
    {
        const int length = 10_000;
        var chain = Enumerable.Range(0, length)
            .Select(i => Some.Bead($"b{i}", i == 0 ? [] : [$"b{i - 1}", $"parent-child>b{i - 1}"])).ToArray();
        var graph = Some.Graph(chain);

        Assert.Equal("b0", Some.Ids(ReadinessRules.Evaluate(graph, TrackerDialect.Bd, Some.Now).Ready));
        Assert.Equal(length - 1, OrderRules.Unblocks(graph, BeadId.Parse("b0")));
        Assert.Equal(length - 1, graph.Descendants(BeadId.Parse("b0")).Count);
        Assert.Empty(BeadCycles.Find(graph));

        var ring = Some.Graph([Some.Bead("b0", [$"b{length - 1}"]), .. chain.Skip(1)]);
        Assert.Equal(length, Assert.Single(BeadCycles.Find(ring), cycle => cycle.Count == length).Count);
    }

    [Fact]
    public void Unblocks_counts_what_waits_directly_through_others_through_parents_and_through_gates()
    {
        var graph = Some.Graph(
            Some.Bead("a", ["parent-child>s"]), Some.Bead("b", ["a"]), Some.Bead("e", ["conditional-blocks>b"]),
            Some.Bead("e.1", ["parent-child>e"]), Some.Bead("done", ["a"], status: "closed"),
            Some.Bead("r", ["related>a"]), Some.Bead("a.1", ["parent-child>a"]), Some.Bead("s"),
            Some.Bead("w", ["waits-for>s"]));

        Assert.Equal(4, OrderRules.Unblocks(graph, BeadId.Parse("a"))); // b, e, e.1, w
        Assert.Equal(2, OrderRules.Unblocks(graph, BeadId.Parse("b"))); // e, e.1
        Assert.Equal(0, OrderRules.Unblocks(graph, BeadId.Parse("r")));
    }

    [Fact]
    public void Triage_takes_priority_then_what_a_bead_unblocks_then_age_then_id()
    {
        var graph = Some.Graph(
            Some.Bead("young", priority: 1, age: 1), Some.Bead("old", priority: 1, age: 9),
            Some.Bead("key", priority: 1, age: 0), Some.Bead("waits", ["key"]), Some.Bead("first", priority: 0),
            Some.Bead("b", priority: 3), Some.Bead("a", priority: 3));

        var ready = ReadinessRules.Evaluate(graph, TrackerDialect.Bd, Some.Now).Ready;

        Assert.Equal("first key old young a b", Some.Ids(OrderRules.Triage(graph, ready)));
    }

    [Fact]
    public void The_order_of_each_tracker_is_its_own()
    {
        Bead[] beads =
        [
            Some.Bead("p0-new", priority: 0, age: 1), Some.Bead("p1-old", priority: 1, age: 5000),
            Some.Bead("p2-old", priority: 2, age: 9000), Some.Bead("p2-new", priority: 2, age: 2),
            Some.Bead("p1-new", priority: 1, age: 3),
        ];

        Check(TrackerOrder.PriorityNewestFirst, "p0-new p1-new p1-old p2-new p2-old");
        Check(TrackerOrder.PriorityOldestFirst, "p0-new p1-old p1-new p2-old p2-new");
        Check(TrackerOrder.RecentByPriority, "p0-new p1-new p2-new p2-old p1-old");
        Check(TrackerOrder.UrgentThenAge, "p1-old p1-new p0-new p2-old p2-new");

        void Check(TrackerOrder order, string expected) =>
            Assert.Equal(expected, Some.Ids(OrderRules.Tracker(beads, order, Some.Now)));
    }

    [Fact]
    public void Filters_must_all_match()
    {
        var graph = Some.Graph(
            Some.Bead("e", type: "epic"), Some.Bead("e.1", priority: 0, type: "bug") with { Labels = ["x", "y"] },
            Some.Bead("e.2", priority: 1) with { Labels = ["x"], Assignee = "ann" }, Some.Bead("z", priority: 0));

        Check(new(), "e e.1 e.2 z");
        Check(new() { Priority = [0, 1] }, "e.1 e.2 z");
        Check(new() { Epic = BeadId.Parse("e") }, "e.1 e.2");
        Check(new() { Epic = BeadId.Parse("nothing") }, "");
        Check(new() { Labels = ["x", "y"] }, "e.1");
        Check(new() { Types = ["Bug", "epic"] }, "e e.1");
        Check(new() { Assignees = ["ann", "bob"] }, "e.2");
        Check(new() { Assignees = [""] }, "e e.1 z");
        Check(new() { Ids = [BeadId.Parse("z"), BeadId.Parse("e.1")] }, "e.1 z");
        Check(new() { Epic = BeadId.Parse("e"), Priority = [1], Labels = ["x"] }, "e.2");

        void Check(SelectConfig select, string expected) =>
            Assert.Equal(expected, Some.Ids(graph.Beads.Where(new BeadFilter(select, graph).Matches)));
    }
}
