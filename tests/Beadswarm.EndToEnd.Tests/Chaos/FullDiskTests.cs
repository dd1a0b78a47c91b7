using Beadswarm.EndToEnd.Tests.Audit;
using Beadswarm.EndToEnd.Tests.Support;
using Beadswarm.Journal;

namespace Beadswarm.EndToEnd.Tests.Chaos;

/// <summary>A real disk that fills up under a swarm, and is freed again.</summary>
[Trait("Speed", "slow")]
public sealed class FullDiskTests : IDisposable
{
    const int DiskMegabytes = 64;

    readonly GitRepository _repository = ChaosScenario.Repository(new ChaosTerms
    {
        DiskMegabytes = DiskMegabytes,
        // Renewing the leases is what fails first, and often enough to give up.
        Limits = "diskFreeGbMin: 0.02, lease: 8s, ",
    });

    readonly AgentTrap _trap;
    readonly Baseline _before;

    public FullDiskTests()
    {
        _trap = new AgentTrap(_repository);
        _before = Baseline.Take(_repository);
    }

    [Fact]
    public async Task A_disk_without_room_stops_the_swarm_with_one_message_and_loses_nothing()
    {
        _trap.Lay("implement");
        await using var run = RunningSwarm.Start(_repository);
        await _trap.CaughtAsync(run);
        using (new Ballast(_repository, leave: 0))
        {
            _trap.Release();
            var stopped = await run.EndAsync();

            Assert.Equal(11, stopped.ExitCode);
            Assert.Contains("free", Assert.Single(stopped.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries)));
        }

        await _repository.MustAsync(0, "run", "--format", "json");
        await Undisturbed.RequireAsync(_repository, _before);
    }

    /// <summary>Nothing is full yet, but what must remain free is used up when the next stage is to begin.</summary>
    [Fact]
    public async Task Room_that_is_missing_after_the_claim_is_waited_for_and_costs_nothing()
    {
        _trap.Lay("implement");
        await using var run = RunningSwarm.Start(_repository);
        await _trap.CaughtAsync(run);
        using (new Ballast(_repository, leave: 10 << 20))
        {
            _trap.Release();
            var held = await run.WaitForAsync(line => line.GetProperty("type").GetString() == "component.held"
                && line.GetProperty("component").GetString() == "admission");
            Assert.Contains("MiB are free on the disk; make room", held.GetProperty("reason").GetString());
        }

        Assert.Equal(3, Summary.Of(await run.EndAsync()).Landed);
        var records = await SwarmRecords.ReadAsync(_repository);
        Assert.Contains(
            records.Journal.Select(entry => entry.Event).OfType<JournalEvent.StageEnded>(),
            ended => ended.Summary?.Contains("free on the disk", StringComparison.Ordinal) == true);
        Assert.All(records.Beads, bead => Assert.Equal(0, bead.InfrastructureFailures));
        Assert.Single(
            records.Journal, entry => entry.Event is JournalEvent.ComponentHeld { Component: "admission" });
        await Undisturbed.RequireAsync(_repository, _before);
    }

    public void Dispose()
    {
        _trap.Dispose();
        _repository.Dispose();
    }
}
