using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Git;
using Beadswarm.Tests.Support;
using Beadswarm.Workspaces;

namespace Beadswarm.Tests.Workspaces;

public sealed class WorkspaceBranchTests
{
    static readonly string[] Ids =
    [
        "bd-1", "bd-1.2", "bd-1.2.3", ".hidden", "trailing.", "a..b", "a.lock", "a.lockx", "a/b", "a", "a%2Fb", "%",
            "ü",
        "a~b", "a^b", "a:b", "a?b", "a*b", "a[b", "a\\b", "@{", "@", "-x", "a@{b", new string('x', 255),
        new string('x', 254) + "y", new string('ü', 255),
    ];

    [Fact]
    public void Plain_ids_stay_as_they_are() =>
        Assert.Equal("agent-3/bd-1.2", WorkspaceBranch.Of(new AgentNumber(3), BeadId.Parse("bd-1.2")).Value);

    [Fact]
    public void Different_beads_never_share_a_branch() =>
        Assert.Equal(Ids.Length, Ids.Select(WorkspaceBranch.Encode).Distinct().Count());

    [Fact]
    public void Bead_and_agent_are_read_back_from_the_branch()
    {
        foreach (var id in Ids.Where(id => id.Length < 100))
        {
            var branch = WorkspaceBranch.Of(new AgentNumber(12), BeadId.Parse(id));
            Assert.True(WorkspaceBranch.TryParse(branch, out var agent, out var bead));
            Assert.Equal((12, id), (agent.Value, bead.Value.Value));
        }

        Assert.False(WorkspaceBranch.TryParseAgent(new BranchName("main"), out _));
        Assert.False(WorkspaceBranch.TryParseAgent(new BranchName("agent-x/bd-1"), out _));
    }

    [Fact]
    public async Task Git_accepts_the_branch_of_every_id()
    {
        using var git = new GitSandbox();
        await git.InitAsync(git.User);
        var head = await git.HeadAsync(git.User);
        var repository = new GitRepository(git.Runner, git.User, GitScope.Own);

        var done = await repository.UpdateRefsAsync(
            [.. Ids.Select(id =>
                new RefChange.Create(WorkspaceBranch.Of(new AgentNumber(1), BeadId.Parse(id)).Ref, head.Value))],
            "test", GitSandbox.Cancel);
        Assert.IsType<RefTransaction.Done>(done);
    }
}
