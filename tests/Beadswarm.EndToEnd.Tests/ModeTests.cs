using Beadswarm.EndToEnd.Tests.Audit;
using Beadswarm.EndToEnd.Tests.Support;
using Beadswarm.Journal;

namespace Beadswarm.EndToEnd.Tests;

/// <summary>The other ways for a finished bead to end, and a user who is at work in the checkout meanwhile.</summary>
public sealed class ModeTests
{
    static readonly BeadLine[] Beads = [new("a-1"), new("a-2", 1, "a-1"), new("a-3")];

    [Fact]
    public async Task Mode_integration_promotes_what_is_green_together()
    {
        using var repository = Scenario.Repository(Beads);
        var before = Baseline.Take(repository);

        var summary = Summary.Of(await repository.MustAsync(0, "run", "--mode", "integration", "--format", "json"));

        Assert.Equal((3, 0, 0), (summary.Landed, summary.Blocked, summary.Pending));
        before = before with
        {
            Refs = new Dictionary<string, string>(before.Refs)
            {
                // The one branch of this mode that the user is to see.
                ["refs/heads/beadswarm/integration"] = Baseline.RefsOf(repository)["refs/heads/beadswarm/integration"],
            },
        };
        await OutsideAudit.PassAsync(repository, before);
    }

    [Fact]
    public async Task Mode_branch_leaves_the_target_alone_and_the_branches_to_a_person()
    {
        using var repository = Scenario.Repository([new("a-1"), new("a-3")]);
        var tip = repository.Git("rev-parse", "main");

        var output = await repository.RunAsync("run", "--mode", "branch", "--no-commit", "--format", "json");

        var summary = Summary.Of(output);
        Assert.Equal((0, 0), (summary.Landed, summary.Blocked));
        Assert.Equal(tip, repository.Git("rev-parse", "main"));
        var left = (await SwarmRecords.ReadAsync(repository)).Journal
            .Select(entry => entry.Event).OfType<JournalEvent.LandingLeft>().Select(entry => entry.Branch).ToArray();
        Assert.Equal(2, left.Length);
        Assert.All(left, branch => Assert.Contains(
            "status: done", repository.Git("show", $"{branch}:src/{branch.Split('/')[1]}.txt")));
        Assert.Empty(SurroundingsAudit.Processes(repository.Root));
    }

    [Fact]
    public async Task A_checkout_with_changes_holds_the_queue_until_the_user_has_committed()
    {
        using var repository = Scenario.Repository(Beads);
        var before = Baseline.Take(repository);
        var gate = repository.Read("gate.sh");
        repository.Write("gate.sh", gate + "# mine\n");
        await using var run = RunningSwarm.Start(repository);

        var reason = await run.HeldAsync("lander");

        Assert.Contains("gate.sh", reason);
        Assert.Contains("commit or stash", reason);
        Assert.Equal(before.Tip, repository.Git("rev-parse", "main"));
        repository.Write("gate.sh", gate);
        var summary = Summary.Of(await run.EndAsync());
        Assert.Equal((3, 0), (summary.Landed, summary.ExitCode));
        await OutsideAudit.PassAsync(repository, before);
    }
}
