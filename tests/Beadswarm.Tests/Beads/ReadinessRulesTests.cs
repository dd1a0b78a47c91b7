using Beadswarm.Beads;

namespace Beadswarm.Tests.Beads;

/// <summary>What each tracker counts as ready, and the reasons given for the rest.</summary>
public sealed class ReadinessRulesTests
{
    static readonly TrackerDialect[] All = [TrackerDialect.Bd, TrackerDialect.BdClassic, TrackerDialect.Br];

    [Fact]
    public void Only_open_beads_that_are_work_are_ready()
    {
        Check(
            [
                Some.Bead("open"), Some.Bead("going", status: "in_progress"), Some.Bead("done", status: "closed"),
                Some.Bead("later", status: "deferred"), Some.Bead("gone", status: "tombstone"),
                Some.Bead("anchor") with { Pinned = true }, Some.Bead("pattern") with { IsTemplate = true },
                Some.Bead("breath") with { Ephemeral = true },
            ],
            bd: "open", classic: "open", br: "open");
        Check(
            [
                Some.Bead("gate", type: "gate"), Some.Bead("role", type: "role"), Some.Bead("x-wisp-1"),
                Some.Bead("x-mol-1"),
            ],
            bd: "x-wisp-1 x-mol-1", classic: "", br: "gate role x-mol-1");
    }

    [Fact]
    public void An_open_target_blocks_and_a_finished_one_does_not() => Check(
        [
            Some.Bead("t"), Some.Bead("a", ["t"]), Some.Bead("c", status: "closed"), Some.Bead("b", ["c"]),
            Some.Bead("r", ["related>t"]), Some.Bead("typo", ["parent_child>t"]), Some.Bead("d", ["discovered-from>t"]),
        ],
        bd: "t b r typo d", classic: "t b r typo d", br: "t b r typo d");

    [Fact]
    public void Missing_and_external_targets_block_only_in_br() => Check(
        [Some.Bead("m", ["gone"]), Some.Bead("x", ["external:p:cap"]), Some.Bead("k", ["parent-child>x"])],
        bd: "m x k", classic: "m x k", br: "");

    [Fact]
    public void Statuses_of_targets_are_read_as_each_tracker_reads_them() => Check(
        [
            Some.Bead("pin", status: "pinned"), Some.Bead("a", ["pin"]), Some.Bead("own", status: "reviewing"),
            Some.Bead("b", ["own"]), Some.Bead("dead", status: "tombstone"), Some.Bead("c", ["dead"]),
            Some.Bead("hook", status: "hooked"), Some.Bead("d", ["hook"]),
        ],
        bd: "a c", classic: "a b c", br: "c");

    [Fact]
    public void A_child_inherits_that_its_parent_is_blocked_but_not_that_it_is_open() => Check(
        [
            Some.Bead("t"), Some.Bead("p"), Some.Bead("p.1", ["parent-child>p"]),
            Some.Bead("q", ["t"]), Some.Bead("q.1", ["parent-child>q"]), Some.Bead("q.1.1", ["parent-child>q.1"]),
            // By id alone nothing is inherited.
            Some.Bead("q.2"),
        ],
        bd: "t p p.1 q.2", classic: "t p p.1 q.2", br: "t p p.1 q.2");

    [Fact]
    public void A_finished_parent_passes_its_block_on_everywhere_but_in_bd_1() => Check(
        [
            Some.Bead("t"), Some.Bead("p", ["t"], status: "closed"), Some.Bead("k", ["parent-child>p"]),
        ],
        bd: "t k", classic: "t", br: "t");

    [Fact]
    public void Old_bd_passes_a_block_down_fifty_levels()
    {
        Bead[] beads =
        [
            Some.Bead("t"), Some.Bead("l0", ["t"]),
            .. Enumerable.Range(1, 55).Select(i => Some.Bead($"l{i}", [$"parent-child>l{i - 1}"])),
        ];

        Check(beads, bd: "t", classic: "t l51 l52 l53 l54 l55", br: "t");
    }

    [Fact]
    public void A_conditional_dependency_waits_for_a_failure_in_old_bd() => Check(
        [
            Some.Bead("good", status: "closed") with { CloseReason = "Done" },
            Some.Bead("bad", status: "closed") with { CloseReason = "Build FAILED" }, Some.Bead("going"),
            Some.Bead("a", ["conditional-blocks>good"]), Some.Bead("b", ["conditional-blocks>bad"]),
            Some.Bead("c", ["conditional-blocks>going"]),
        ],
        bd: "going a b", classic: "going b", br: "going a b");

    [Fact]
    public void Gates_wait_for_all_children_or_for_the_first()
    {
        const string any = """>{"gate":"any-children"}""";
        Bead[] beads =
        [
            Some.Bead("none", status: "closed"), Some.Bead("a1", [$"waits-for>none{any}"]),
            Some.Bead("a2", ["waits-for>none"]),
            Some.Bead("some", status: "closed"), Some.Bead("some.1", ["parent-child>some"], status: "closed"),
            Some.Bead("some.2", ["parent-child>some"]),
            Some.Bead("b1", [$"waits-for>some{any}"]), Some.Bead("b2", ["waits-for>some"]),
            Some.Bead("full", status: "closed"), Some.Bead("full.1", ["parent-child>full"], status: "in_progress"),
            Some.Bead("c1", [$"waits-for>full{any}"]), Some.Bead("c2", ["waits-for>full>not json"]),
        ];

        // br only looks at the spawner itself.
        Check(beads, bd: "a1 a2 some.2 b1", classic: "a2 some.2 b1", br: "a1 a2 some.2 b1 b2 c1 c2");
    }

    [Fact]
    public void Deferral_ends_with_its_time_and_reaches_children_in_bd() => Check(
        [
            Some.Bead("past") with { DeferUntil = Some.Now }, Some.Bead("p") with { DeferUntil = Some.Now.AddTicks(1) },
            Some.Bead("k", ["parent-child>p"]), Some.Bead("kk", ["parent-child>k"]),
        ],
        bd: "past kk", classic: "past kk", br: "past k kk");

    [Fact]
    public void An_epic_with_open_children_is_ready_except_in_br_and_never_claimed()
    {
        Bead[] beads =
        [
            Some.Bead("e", type: "epic"), Some.Bead("k", ["parent-child>e"]), Some.Bead("alone", type: "epic"),
            Some.Bead("f", type: "feature"), Some.Bead("f.1", ["parent-child>f"]),
        ];

        Check(beads, bd: "e k alone f f.1", classic: "e k alone f f.1", br: "k alone f f.1");

        var graph = Some.Graph(beads);
        Assert.Equal("k alone f f.1", Some.Ids(beads.Where(bead => ReadinessRules.NotClaimable(graph, bead) is null)));
        Assert.Equal(
            "it is an epic with 1 children; its children are the work",
            ReadinessRules.NotClaimable(graph, beads[0])?.Describe());
    }

    [Fact]
    public void A_listed_status_is_ready_too()
    {
        var graph = Some.Graph(Some.Bead("a", status: "triage"), Some.Bead("b"));

        var ready = ReadinessRules.Evaluate(graph, TrackerDialect.Bd, Some.Now, ["open", "triage"]).Ready;
        Assert.Equal("a b", Some.Ids(ready));
    }

    [Fact]
    public void Every_reason_is_given_in_words()
    {
        Bead[] beads =
        [
            Some.Bead("t", status: "in_progress"), Some.Bead("p", ["t"]) with { DeferUntil = Some.Now.AddDays(1) },
            Some.Bead("k", ["parent-child>p", "waits-for>p"], status: "blocked") with { Pinned = true },
        ];

        var told = ReadinessRules.Evaluate(Some.Graph(beads), TrackerDialect.Bd, Some.Now)
            .NotReady[BeadId.Parse("k")].Select(reason => reason.Describe());

        Assert.Equal(
            [
                "its status is blocked", "it is pinned", "its parent p is deferred until 2026-11-21 12:00:00Z",
                "it waits for all children of p: k", "its parent p is blocked",
            ],
            told);
    }

    [Fact]
    public void A_circle_blocks_its_beads_and_nothing_else() => Check(
        [
            Some.Bead("a", ["b"]), Some.Bead("b", ["a"]), Some.Bead("p", ["parent-child>q"]),
            Some.Bead("q", ["parent-child>p"]), Some.Bead("c"),
        ],
        bd: "p q c", classic: "p q c", br: "p q c");

    static void Check(Bead[] beads, string bd, string classic, string br)
    {
        string[] expected = [bd, classic, br];
        var actual = All.Select(
            dialect => Some.Ids(ReadinessRules.Evaluate(Some.Graph(beads), dialect, Some.Now).Ready));
        Assert.Equal(expected, actual);
    }
}
