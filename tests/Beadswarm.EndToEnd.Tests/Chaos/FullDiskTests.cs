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
        Limits = "diskFreeGbMin: 0.02, lease: 8s, ",
    });

    readonly AgentTrap _trap;
    readonly Baseline _before;

    public FullDiskTests()
    {
        _trap = new AgentTrap(_repository);
        _before = Baseline.Take(_repository);
    }

    /// <summary>
    /// Not even leases can be renewed while it lasts, and it lasts longer than they do: as if a person came in the
    /// morning and made room.
    /// </summary>
    [Fact]
    public async Task A_disk_without_room_is_waited_out_with_one_message_and_loses_nothing()
    {
        _trap.Lay("implement");
        await using var run = RunningSwarm.Start(_repository);
        await _trap.CaughtAsync(run);
        using (new Ballast(_repository, leave: 0))
        {
            _trap.Release();
            var first = await Task.WhenAny(run.HeldAsync("admission"), run.ComplainsAsync("the swarm waits: "));
            Assert.Contains("free", await first);
            Assert.NotEqual(0, await Leases.EndAsync(_repository));
        }

        var end = await run.EndAsync();

        Assert.Equal(3, Summary.Of(end).Landed);
        Assert.Single(
            $"{end.Out}\n{end.Error}".Split('\n'), line => line.Contains("the swarm waits: ", StringComparison.Ordinal)
                || line.Contains("\"component\":\"admission\"", StringComparison.Ordinal));
        await Undisturbed.RequireButAttemptsAsync(_repository, _before);
    }

    [Fact]
    public async Task A_swarm_that_has_no_room_to_begin_says_so_and_begins_when_there_is()
    {
        using (new Ballast(_repository, leave: 0))
        {
            var refused = await _repository.MustAsync(11, "run");

            Assert.Single(refused.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
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
            Assert.Contains("MiB are free on the disk; make room", await run.HeldAsync("admission"));
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
