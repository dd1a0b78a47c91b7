using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Git;
using Beadswarm.Workspaces;

namespace Beadswarm.Tests.Landing;

public sealed class ConcurrentTipTests
{
    const int Agents = 12;

    [Fact]
    public async Task Many_agents_that_begin_at_once_all_learn_the_tip_of_the_remote_while_work_trees_are_made()
    {
        using var setup = await LandingSetup.RemoteAsync(("a.txt", "a\n"));
        var start = CommitId.Parse(await setup.Git.GitAsync(setup.User, "rev-parse", "HEAD"));

        var tips = new List<Task<CommitId>>();
        var workspaces = new List<Task>();
        for (var agent = 1; agent <= Agents; agent++)
        {
            var request = new WorkspaceRequest(new AgentNumber(agent), BeadId.Parse($"bd-{agent}"), start);
            workspaces.Add(setup.Pool.AcquireAsync(request, LandingSetup.Cancel));
            tips.Add(setup.Lander.TipAsync(LandingSetup.Cancel));
        }

        await Task.WhenAll(workspaces);
        Assert.All(await Task.WhenAll(tips), tip => Assert.Equal(start, tip));
    }
}
