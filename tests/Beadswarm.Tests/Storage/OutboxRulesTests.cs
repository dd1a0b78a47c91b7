using Beadswarm.Beads;
using Beadswarm.Storage;

namespace Beadswarm.Tests.Storage;

public sealed class OutboxRulesTests
{
    static readonly BeadId One = BeadId.Parse("x-1");
    static readonly BeadId Two = BeadId.Parse("x-2");

    [Fact]
    public void A_status_that_a_later_one_overwrites_is_left_out()
    {
        Check("2 3", new BeadChange.Start(One, "a"), new BeadChange.Start(Two, "a"), new BeadChange.Close(One, "done"));
    }

    [Fact]
    public void A_note_is_never_left_out()
    {
        Check("1 2 4", new BeadChange.Block(One, "why"), new BeadChange.Reopen(One, "again"),
            new BeadChange.Reopen(One, null), new BeadChange.Start(One, "a"));
    }

    static void Check(string expected, params BeadChange[] changes)
    {
        var kept = OutboxRules.Collapse([.. changes.Select((change, index) => new OutboxEntry(index + 1, change))]);
        Assert.Equal(expected, string.Join(' ', kept.Select(entry => entry.Id)));
    }
}
