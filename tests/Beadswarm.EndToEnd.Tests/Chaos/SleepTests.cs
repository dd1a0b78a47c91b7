using Beadswarm.EndToEnd.Tests.Audit;
using Beadswarm.EndToEnd.Tests.Support;
using Beadswarm.Journal;

namespace Beadswarm.EndToEnd.Tests.Chaos;

/// <summary>SIGSTOP, and SIGCONT after longer than any lease: what sleeps is no more dead than it is alive.</summary>
[Trait("Speed", "slow")]
public sealed class SleepTests
{
    /// <summary>The shortest that the configuration allows.</summary>
    static readonly ChaosTerms ShortLease = new() { Limits = "lease: 5s, " };

    /// <summary>
    /// Nobody can take its place as long as it holds the lock; its agent ends while it does not look.
    /// </summary>
    [Fact]
    public async Task An_orchestrator_that_slept_longer_than_its_leases_goes_on_with_its_claims()
    {
        using var repository = ChaosScenario.Repository(ShortLease);
        using var trap = new AgentTrap(repository);
        var before = Baseline.Take(repository);
        trap.Lay("implement");
        await using var run = RunningSwarm.Start(repository);
        await trap.CaughtAsync(run);

        run.Signal(RunningSwarm.Stop);
        trap.Release();
        Assert.Contains($"process {run.Id} ", (await repository.MustAsync(5, "run")).Error);
        await Leases.EndAsync(repository);
        run.Signal(RunningSwarm.Continue);

        Assert.Equal(3, Summary.Of(await run.EndAsync()).Landed);
        await Undisturbed.RequireAsync(repository, before);
    }

    /// <summary>
    /// A person who takes the lock away may start another one beside it. The store fences the first one out, and it
    /// notices.
    /// </summary>
    [Fact]
    public async Task An_orchestrator_that_was_replaced_while_it_slept_gives_up_when_it_wakes()
    {
        using var repository = ChaosScenario.Repository(ShortLease);
        using var trap = new AgentTrap(repository);
        var before = Baseline.Take(repository);
        trap.Lay("implement");
        await using var slept = RunningSwarm.Start(repository);
        await trap.CaughtAsync(slept);
        await slept.StopBetweenWritesAsync();
        Assert.NotEqual(0, await Leases.EndAsync(repository));
        File.Delete(repository[".beadswarm/swarm.lock"]);
        File.Delete(repository[".beadswarm/swarm.sock"]);
        await using var next = RunningSwarm.Start(repository);
        await next.WaitForAsync("bead.adopted");

        slept.Signal(RunningSwarm.Continue);

        var gaveUp = await slept.EndAsync();
        Assert.True(gaveUp.ExitCode == 5, $"{gaveUp}");
        Assert.DoesNotContain("\"type\":\"error\"", gaveUp.Error);
        trap.Release();
        Assert.Equal(3, Summary.Of(await next.EndAsync()).Landed);
        await Undisturbed.RequireAsync(repository, before);
    }

    [Fact]
    public async Task An_agent_that_is_stopped_is_no_living_one()
    {
        using var repository = ChaosScenario.Repository(new ChaosTerms { Limits = "idleTimeout: 3s, " });
        var before = Baseline.Take(repository);
        AgentTrap.Lay(repository, "implement", "kill -STOP $$\n");

        await repository.MustAsync(0, "run", "--format", "json");

        var ends = (await SwarmRecords.ReadAsync(repository)).Journal.Select(entry => entry.Event)
            .OfType<JournalEvent.StageEnded>();
        Assert.Contains(ends, ended => ended.Summary?.Contains("limits.idleTimeout", StringComparison.Ordinal) == true);
        await Undisturbed.RequireAsync(repository, before);
    }
}
