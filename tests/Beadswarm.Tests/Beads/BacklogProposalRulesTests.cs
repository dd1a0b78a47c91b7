using System.Text;
using Beadswarm.Beads;

namespace Beadswarm.Tests.Beads;

public sealed class BacklogProposalRulesTests
{
    const string Old = """{"id":"bd-1","title":"Whole","status":"open","priority":1,"issue_type":"task","x":[ 1 ]}""";

    static readonly DateTimeOffset Now = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);

    static readonly Bead New = new()
    {
        Id = BeadId.Parse("bd-1.1"),
        Title = "Part",
        Status = BeadStatus.Deferred,
        CreatedAt = Now,
        UpdatedAt = Now,
        Labels = ["proposed", "keep"],
    };

    [Theory]
    [InlineData(Old + "\n")]
    [InlineData(Old)]
    [InlineData("\uFEFF" + Old + "\r\n")]
    public void Beads_come_to_the_end_once_and_no_other_byte_changes(string text)
    {
        var once = Text(BacklogProposalRules.Add(Parse(text), [New]));

        Assert.StartsWith(text, once, StringComparison.Ordinal);
        Assert.Equal(BeadJson.Describe(New) + "\n", once[text.TrimEnd('\n').Length..].TrimStart('\n'));
        Assert.Null(BacklogProposalRules.Add(Parse(once), [New]).Bytes);
    }

    [Fact]
    public void Lines_say_what_they_are_where_the_others_do()
    {
        var typed = Text(BacklogProposalRules.Add(
            Parse("""{"_type":"issue","id":"bd-1","title":"Whole","status":"open"}""" + "\n"), [New]));

        Assert.StartsWith("""{"_type":"issue","id":"bd-1.1",""", typed.Split('\n')[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Accepted_ones_are_open_without_the_label_and_what_was_planned_is_an_epic()
    {
        var proposed = Text(BacklogProposalRules.Add(Parse(Old + "\n"), [New]));

        var accepted = Text(Decide(proposed, ProposalDecision.Accept));

        var (whole, part) = (Parse(accepted).Beads[0], Parse(accepted).Beads[1]);
        Assert.Equal(("epic", BeadStatus.Open, "[ 1 ]"), (whole.Type, whole.Status, JsonText.Value(whole.Json, "x")));
        Assert.Equal((BeadStatus.Open, "keep"), (part.Status, Assert.Single(part.Labels)));
        Assert.True(part.UpdatedAt > Now);
        Assert.Null(Decide(accepted, ProposalDecision.Accept).Bytes);
    }

    [Fact]
    public void A_decision_is_carried_out_once_and_on_nobody_else()
    {
        var proposed = Text(BacklogProposalRules.Add(
            Parse(Old + "\n"), [New, New with { Id = BeadId.Parse("bd-1.2"), Labels = [] }]));

        var rejected = Text(Decide(proposed, ProposalDecision.Reject));

        Assert.Equal(Old, rejected.Split('\n')[0]);
        Assert.Equal(proposed.Split('\n')[2], rejected.Split('\n')[2]);
        var bead = Parse(rejected).Beads[1];
        Assert.Equal(
            (BeadStatus.Closed, BacklogProposalRules.RejectReason, true),
            (bead.Status, bead.CloseReason, bead.ClosedAt is not null));
        Assert.Null(Decide(rejected, ProposalDecision.Reject).Bytes);
        Assert.Null(Decide(rejected, ProposalDecision.Reject).Bytes);
    }

    static BacklogEdit Decide(string text, ProposalDecision decision) => BacklogProposalRules.Decide(
        Parse(text), BeadId.Parse("bd-1"), new HashSet<BeadId> { BeadId.Parse("bd-1.1"), BeadId.Parse("bd-1.2") },
        "proposed", decision, TrackerDialect.Bd, Now);

    static Backlog Parse(string text) => Backlog.Parse("issues.jsonl", Encoding.UTF8.GetBytes(text), TrackerDialect.Bd);

    static string Text(BacklogEdit edit) => Encoding.UTF8.GetString(edit.Bytes!); // the test expects a change
}
