using Beadswarm.Beads;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Swarms;

/// <summary>Which epics have come to their end. A bead is <c>id status</c>; one with a capital is an epic.</summary>
public sealed class EpicRulesTests
{
    [Fact]
    public void Completed_when_all_children_are_closed_and_one_landed() =>
        Check("E-1", "e-1.1", "E-1 open", "e-1.1 closed", "e-1.2 closed");

    [Fact]
    public void Not_while_a_child_is_open() => Check("", "e-1.1", "E-1 open", "e-1.1 closed", "e-1.2 open");

    [Fact]
    public void Not_when_nothing_of_it_was_landed_here() => Check("", "", "E-1 open", "e-1.1 closed");

    [Fact]
    public void Not_without_children() => Check("", "x-1", "E-1 open", "x-1 closed");

    [Fact]
    public void Deleted_children_do_not_count() =>
        Check("E-1", "e-1.1", "E-1 in_progress", "e-1.1 closed", "e-1.2 tombstone");

    [Fact]
    public void Not_again_when_it_is_closed() => Check("", "e-1.1", "E-1 closed", "e-1.1 closed");

    [Fact]
    public void A_status_that_a_person_chose_is_kept() => Check("", "e-1.1", "E-1 deferred", "e-1.1 closed");

    [Fact]
    public void Goes_up_the_hierarchy_children_first() => Check(
        "E-1.1.1 E-1.1 E-1", "e-1.1.1.1", "E-1 open", "E-1.1 open", "E-1.1.1 open", "e-1.1.1.1 closed",
        "e-1.2 closed");

    [Fact]
    public void Stops_below_an_epic_with_other_work() =>
        Check("E-1.1", "e-1.1.1", "E-1 open", "E-1.1 open", "e-1.1.1 closed", "e-1.2 open");

    [Fact]
    public void A_landed_child_that_was_opened_again_is_open() => Check("", "e-1.1", "E-1 open", "e-1.1 open");

    static void Check(string expected, string landed, params string[] beads)
    {
        var graph = new BeadGraph([.. beads.Select(text => text.Split(' ')).Select(parts => new Bead
        {
            Id = Id(parts[0]),
            Title = parts[0],
            Status = parts[1],
            Type = char.IsUpper(parts[0][0]) ? "epic" : "task",
        })]);
        var ids = landed.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Id).ToHashSet();

        var completed = EpicRules.Completed(graph, ids);

        Assert.Equal(expected.ToLowerInvariant(), string.Join(' ', completed));
        var closed = new BeadGraph([.. graph.Beads.Select(bead =>
            completed.Contains(bead.Id) ? bead with { Status = BeadStatus.Closed } : bead)]);
        Assert.Empty(EpicRules.Completed(closed, ids));
    }

    static BeadId Id(string text) => BeadId.Parse(text.ToLowerInvariant());
}
