using System.Text;
using Beadswarm.Beads;
using Beadswarm.Planning;

namespace Beadswarm.Tests.Planning;

public sealed class ProposalRulesTests
{
    static readonly DateTimeOffset Now = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);

    static readonly Bead Planned = Bead("bd-1", "The whole");

    [Fact]
    public void Beads_are_children_labelled_and_numbered_on_from_the_last_there_ever_was()
    {
        var gone = Bead("bd-1.4", "Gone") with { Status = BeadStatus.Tombstone };
        var graph = new BeadGraph([Planned, gone, Bead("bd-2", "Other")]);

        var beads = ProposalRules.Beads(
            new Proposal("", [], [Part("a", "bd-2"), Part("b", "a", "a")]), Planned, graph, BeadStatus.Deferred, "me",
            Now);

        Assert.Equal(
            """
            {"id":"bd-1.5","title":"Do a","description":"d","design":"c","acceptance_criteria":"x","status":"deferred",
            "priority":2,"issue_type":"task","estimated_minutes":30,"created_at":"2026-11-28T12:00:00Z",
            "created_by":"me","updated_at":"2026-11-28T12:00:00Z","labels":["proposed"],"dependencies":[
            {"issue_id":"bd-1.5","depends_on_id":"bd-1","type":"parent-child","created_at":"2026-11-28T12:00:00Z",
            "metadata":"{}"},{"issue_id":"bd-1.5","depends_on_id":"bd-2","type":"blocks",
            "created_at":"2026-11-28T12:00:00Z","metadata":"{}"}]}
            """.ReplaceLineEndings(""),
            Encoding.UTF8.GetString(BeadJson.Write(beads[0])));
        Assert.Equal(["bd-1", "bd-1.5"], beads[1].Dependencies.Select(edge => edge.Target));
    }

    [Theory]
    [InlineData("a:b b:a", "these wait for each other: 'a' → 'b' → 'a'")]
    [InlineData("a:a", "these wait for each other: 'a' → 'a'")]
    [InlineData("a:bd-2", "")]
    [InlineData("a:bd-1.1", "")]
    [InlineData("a:bd-9", "'a' depends on 'bd-9', which is neither a key nor a bead")]
    [InlineData("a:bd-7", "'a' depends on 'bd-7', which is neither a key nor a bead")]
    [InlineData("a:bd-1", "'a' depends on bd-1, which waits for it")]
    [InlineData("a:bd-0", "'a' depends on bd-0, which waits for it")]
    [InlineData("a:bd-3", "these wait for each other: bd-1 → 'a' → bd-3 → bd-1")]
    public void References_lead_somewhere_and_not_back(string parts, string expected)
    {
        var graph = new BeadGraph(
        [
            Bead("bd-0", "Above"), Planned with { Dependencies = [new("bd-0", "parent-child", null)] },
            Bead("bd-1.1", "A child that is there") with { Dependencies = [new("bd-1", "parent-child", null)] },
            Bead("bd-2", "Beside"), Bead("bd-3", "After") with { Dependencies = [new("bd-1", "blocks", null)] },
            Bead("bd-7", "Gone") with { Status = BeadStatus.Tombstone },
        ]);
        var proposal = new Proposal("", [], [.. parts.Split(' ').Select(part =>
            Part(part[..1], part.Split(':')[1]))]);

        Assert.Equal(expected, string.Join('\n', ProposalRules.Problems(proposal, graph.Find(Planned.Id)!, graph)));
    }

    [Fact]
    public void A_title_stands_for_one_unfinished_bead()
    {
        var graph = new BeadGraph(
            [Planned, Bead("bd-2", "Do  A"), Bead("bd-3", "Do b") with { Status = BeadStatus.Closed }]);

        Assert.Equal(
            ["'a' has the title of bd-2: 'Do a'", "'c' has the title of 'b': 'do b'"],
            ProposalRules.Problems(
                new Proposal("", [], [Part("a"), Part("b"), Part("c") with { Title = "do b" }]), Planned, graph));
    }

    [Theory]
    [InlineData("bd-1.2.3", "open", null)]
    [InlineData("bd-1", "closed", "bd-1 is closed")]
    [InlineData("bd-1.2.3.4", "open", "bd-1.2.3.4 is nested 3 levels deep already, and trackers nest no deeper")]
    public void What_cannot_have_children_is_not_planned(string id, string status, string? expected) =>
        Assert.Equal(expected, ProposalRules.Refusal(Bead(id, "t") with { Status = status }));

    [Theory]
    [InlineData("open", "deferred")]
    [InlineData("open deferred", "blocked")]
    [InlineData("open deferred blocked", null)]
    public void Status_of_a_proposal_is_one_that_the_tracker_does_not_list_as_ready(string listed, string? expected) =>
        Assert.Equal(expected, ProposalRules.StatusOf(listed.Split(' ')));

    [Theory]
    [InlineData("Bd")]
    [InlineData("BdClassic")]
    [InlineData("Br")]
    public void A_proposal_is_ready_for_nobody_and_an_accepted_one_is(string name)
    {
        var dialect = Enum.Parse<TrackerDialect>(name);
        var graph = new BeadGraph([Planned]);
        var proposed = ProposalRules.Beads(
            new Proposal("", [], [Part("a")]), Planned, graph, ProposalRules.StatusOf([BeadStatus.Open]) ?? "", "me",
            Now)[0];

        Assert.False(Ready(proposed));
        Assert.True(Ready(proposed with { Status = BeadStatus.Open }));

        bool Ready(Bead bead) => ReadinessRules.Evaluate(new BeadGraph([Planned, bead]), dialect, Now).Ready
            .Any(ready => ready.Id == bead.Id);
    }

    static Bead Bead(string id, string title) => new()
    {
        Id = BeadId.Parse(id),
        Title = title,
        CreatedAt = Now,
        UpdatedAt = Now,
    };

    static ProposedBead Part(string key, params string[] dependsOn) => new(key, $"Do {key}")
    {
        Priority = 2,
        Description = "d",
        Contract = "c",
        Acceptance = "x",
        EstimateMinutes = 30,
        DependsOn = dependsOn,
    };
}
