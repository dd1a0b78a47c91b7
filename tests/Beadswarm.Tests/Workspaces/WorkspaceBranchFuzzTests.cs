using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Git;
using Beadswarm.Tests.Support;
using Beadswarm.Workspaces;

namespace Beadswarm.Tests.Workspaces;

/// <summary>Ids of beads as trackers and people write them, and branches that only look like those of agents.</summary>
public sealed class WorkspaceBranchFuzzTests
{
    [Fact]
    public Task Any_text_is_a_bead_id_with_a_branch_of_its_own_or_none()
    {
        var ids = new Dictionary<string, string>();
        return new Fuzz<BeadId?>(
            FuzzInputs.Of("bd-1.2", ".hidden", "a..b", "a.lock", "a/b", "a%2Fb", "ü", "@{", "-x", "a\u200bb",
            new string('x', 254)),
            ".", "%", "/", ".lock", "..", "~", "^", ":", "?", "*", "[", "\\", "@{", "\u0085", "\u00a0")
        {
            Read = input => BeadId.TryParse(input.Text, out var id) ? id : null,
            Refused = id => id is null ? "no id" : null,
            Holds = (_, id) =>
            {
                if (id is not { } bead)
                {
                    return;
                }

                var branch = WorkspaceBranch.Of(new AgentNumber(3), bead);
                Assert.Equal(bead, BeadId.Parse(bead.ToString()));
                Assert.True(bead.Parent is not { } parent || bead.Value.StartsWith(parent.Value + ".",
                StringComparison.Ordinal));
                // What git refuses in a name: see git-check-ref-format.
                Assert.Matches(@"^agent-3/[A-Za-z0-9_%-]([A-Za-z0-9_%.-]*[A-Za-z0-9_%-])?$", branch.Value);
                Assert.DoesNotContain("..", branch.Value);
                Assert.False(branch.Value.EndsWith(".lock", StringComparison.Ordinal));
                Assert.InRange(branch.Value.Length, 1, 250);
                Assert.True(ids.TryAdd(branch.Value, bead.Value) || ids[branch.Value] == bead.Value, $"{branch}");
                if (WorkspaceBranch.TryParse(branch, out var agent, out var again))
                {
                    Assert.Equal((3, bead), (agent.Value, again.Value));
                }
            },
            Count = 3000,
            BytesMax = 2048,
        }.RunAsync();
    }

    [Fact]
    public Task A_branch_belongs_to_a_bead_only_when_it_is_the_branch_of_that_bead() =>
        new Fuzz<(AgentNumber Agent, BeadId Bead)?>(
            FuzzInputs.Of("agent-3/bd-1.2", "agent-12/a%2Fb", "agent-007/x", "agent-1/%", "main", "agent-/x",
            "agent-1/\u0162d-1"),
            "agent-", "/", "%41", "%2f", "%", "0", "-")
        {
            Read = input =>
                WorkspaceBranch.TryParse(new BranchName(input.Text), out var agent, out var bead) ? (agent,
                bead.Value) : null,
            Refused = found => found is null ? "nobody's" : null,
            Holds = (input, found) =>
            {
                if (found is { } its)
                {
                    Assert.Equal(input.Text, WorkspaceBranch.Of(its.Agent, its.Bead).Value);
                }
            },
            Count = 3000,
        }.RunAsync();

    [Theory]
    [InlineData("agent-1/\u0162d-1")]
    [InlineData("agent-1/%62d-1")]
    [InlineData("agent-01/bd-1")]
    public void A_branch_that_only_looks_like_that_of_a_bead_is_nobodys(string name) =>
        Assert.False(WorkspaceBranch.TryParse(new BranchName(name), out _, out _));

    [Fact]
    public void Half_a_character_is_in_no_id() =>
        Assert.All(["bd-\ud800", "\udc00", "\ude00\ud83d"], id => Assert.False(BeadId.TryParse(id, out _)));
}
