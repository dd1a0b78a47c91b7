using Beadswarm.EndToEnd.Tests.Audit;
using Beadswarm.EndToEnd.Tests.Support;

namespace Beadswarm.EndToEnd.Tests;

/// <summary>A person says that an earlier swarm is to go on.</summary>
public sealed class ResumeTests
{
    [Fact]
    public async Task Resuming_is_refused_where_there_is_nothing_to_resume_and_changes_nothing()
    {
        using var repository = Scenario.Repository([new("a-1")], agents: 1);

        var never = await repository.MustAsync(12, "run", "--resume");
        Assert.Contains("no swarm has run here yet", never.Error);
        Assert.False(File.Exists(repository[".beadswarm/swarm.db"]));

        await repository.MustAsync(0, "run", "--format", "json");
        var before = (await SwarmRecords.ReadAsync(repository)).Journal.Count;
        foreach (var _ in new[] { "once", "twice" })
        {
            var completed = await repository.MustAsync(12, "run", "--resume");
            Assert.Contains("has completed", completed.Error);
        }

        Assert.Equal(before, (await SwarmRecords.ReadAsync(repository)).Journal.Count);
    }

    [Fact]
    public async Task A_killed_swarm_is_resumed_as_the_same_one_and_a_second_resume_is_told_who_holds_it()
    {
        BeadLine[] beads = [.. Enumerable.Range(1, 4).Select(number => new BeadLine($"a-{number}") { Age = number })];
        using var repository = Scenario.Repository(beads, agents: 1);
        var before = Baseline.Take(repository);
        await using (var killed = RunningSwarm.Start(repository, "--target", "4"))
        {
            await killed.WaitForAsync("bead.landed");
            await killed.KillAsync();
        }

        var first = (await SwarmRecords.ReadAsync(repository)).Status.Swarm!;
        await using var resumed = RunningSwarm.Start(repository, "--resume");
        await resumed.WaitForAsync("swarm.started");
        await resumed.StopBetweenWritesAsync();
        var second = await repository.MustAsync(5, "run", "--resume");
        resumed.Signal(RunningSwarm.Continue);
        var summary = Summary.Of(await resumed.EndAsync());

        Assert.Contains("another swarm runs in this repository", second.Error);
        Assert.Equal((0, beads.Length), (summary.ExitCode, summary.Landed));
        var records = await SwarmRecords.ReadAsync(repository);
        Assert.Equal((first.Id, 4), (records.Status.Swarm!.Id, records.Status.Swarm.Target));
        await OutsideAudit.PassAsync(repository, before);
    }
}
