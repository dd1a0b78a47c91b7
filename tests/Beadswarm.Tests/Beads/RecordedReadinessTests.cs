using Beadswarm.Beads;
using Beadswarm.Configuration;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Beads;

/// <summary>
/// The ready set and its order, against what bd and br printed for the same data. A command's state is the JSONL
/// printed by an earlier one and the <c>dep add</c> commands between them.
/// </summary>
public sealed class RecordedReadinessTests
{
    static readonly string[] LeftFiles =
    [
        "bd-1.0.5/beads_dir/issues.jsonl", "bd-0.49.6/beads_dir/issues.jsonl", "bd-0.24.4/beads_dir/beads.jsonl",
        "br-0.2.15/beads_dir/issues.jsonl", "br-0.1.12/beads_dir/issues.jsonl", "interop/bd105.jsonl",
        "interop/br0215.jsonl", "interop/br0215b.jsonl",
    ];

    static readonly DateTimeOffset Then = new(2026, 11, 20, 17, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Bd_1_0_5_printed_the_same_ready_beads_in_the_same_order()
    {
        Check("bd-1.0.5", "020", "032", TrackerDialect.Bd, TrackerOrder.PriorityNewestFirst, "032");
        Check("bd-1.0.5", "020", "032", TrackerDialect.Bd, TrackerOrder.PriorityNewestFirst, "035");
        Check("bd-1.0.5", "020", "032", TrackerDialect.Bd, TrackerOrder.PriorityNewestFirst, "034", "ts-9x2");
        Check("bd-1.0.5", "020", "032", TrackerDialect.Bd, TrackerOrder.PriorityNewestFirst, "037", label: "api");
        Check("bd-1.0.5", "020", "032", TrackerDialect.Bd, TrackerOrder.PriorityNewestFirst, "038", assignee: "");
        CheckBlocked("bd-1.0.5", "020", "040", TrackerDialect.Bd);
    }

    [Fact]
    public void Bd_0_49_6_printed_the_same_ready_beads_in_the_same_order()
    {
        Check("bd-0.49.6", "020", "032", TrackerDialect.BdClassic, TrackerOrder.RecentByPriority, "032");
        Check("bd-0.49.6", "020", "032", TrackerDialect.BdClassic, TrackerOrder.RecentByPriority, "034", "ts-xcs");
        Check("bd-0.49.6", "020", "032", TrackerDialect.BdClassic, TrackerOrder.RecentByPriority, "037", label: "api");
        Check("bd-0.49.6", "020", "032", TrackerDialect.BdClassic, TrackerOrder.RecentByPriority, "038", assignee: "");
        CheckBlocked("bd-0.49.6", "020", "040", TrackerDialect.BdClassic);
    }

    [Fact]
    public void Br_0_2_15_printed_the_same_ready_beads_in_the_same_order()
    {
        Check("br-0.2.15", "019", "033", TrackerDialect.Br, TrackerOrder.UrgentThenAge, "033");
        Check("br-0.2.15", "019", "033", TrackerDialect.Br, TrackerOrder.UrgentThenAge, "036", epic: "ts-o4e");
        Check("br-0.2.15", "019", "033", TrackerDialect.Br, TrackerOrder.UrgentThenAge, "037", epic: "ts-o4e");
        Check("br-0.2.15", "019", "033", TrackerDialect.Br, TrackerOrder.UrgentThenAge, "040", label: "api");
        CheckBlocked("br-0.2.15", "019", "043", TrackerDialect.Br);
        Check("br-0.2.15", "126", "126", TrackerDialect.Br, TrackerOrder.UrgentThenAge, "135", created: "133");
    }

    [Fact]
    public void Br_0_1_12_differs_only_in_epics_with_open_children()
    {
        Check(
            "br-0.1.12", "019", "033", TrackerDialect.Br, TrackerOrder.UrgentThenAge, "033", alsoPrinted: "ts-1cm");
        Check("br-0.1.12", "126", "126", TrackerDialect.Br, TrackerOrder.UrgentThenAge, "135", created: "133");
    }

    [Fact]
    public void Every_file_the_trackers_left_or_exchanged_is_read()
    {
        foreach (var name in LeftFiles)
        {
            if (SharedData.Path($"trackers/{name}") is { } file)
            {
                var bytes = File.ReadAllBytes(file);
                var backlog = Backlog.Parse(file, bytes, TrackerDialect.Bd);
                Assert.NotEmpty(backlog.Beads);
                Assert.Equal(bytes, backlog.Lines.SelectMany(line => line.Bytes.ToArray()).ToArray());
            }
        }
    }

    static void Check(
        string program, string jsonl, string before, TrackerDialect dialect, TrackerOrder order, string printed,
        string? epic = null, string? label = null, string? assignee = null, string? created = null,
        string? alsoPrinted = null)
    {
        if (Recording.Of(program) is not { } recording)
        {
            return;
        }

        var graph = recording.State(jsonl, before, dialect, created);
        var select = new SelectConfig
        {
            Epic = epic is null ? null : BeadId.Parse(epic),
            Labels = label is null ? [] : [label],
            Assignees = assignee is null ? [] : [assignee],
        };
        var ready = ReadinessRules.Evaluate(graph, dialect, Then).Ready.Where(new BeadFilter(select, graph).Matches);
        var ids = Some.Ids(OrderRules.Tracker(ready, order, Then));
        var expected = recording.Ids(printed).Split(' ').Where(id => id != alsoPrinted);
        Assert.Equal(string.Join(' ', expected), ids);
    }

    static void CheckBlocked(string program, string jsonl, string printed, TrackerDialect dialect)
    {
        if (Recording.Of(program) is not { } recording)
        {
            return;
        }

        var readiness = ReadinessRules.Evaluate(recording.State(jsonl, printed, dialect), dialect, Then);
        var blocked = readiness.NotReady
            .Where(pair => pair.Value.Any(reason => reason is NotReadyReason.BlockedBy or NotReadyReason.ChildrenOpen))
            .Select(pair => pair.Key.Value);
        Assert.Equal(recording.Ids(printed).Split(' ').Order(), blocked.Order());
    }
}
