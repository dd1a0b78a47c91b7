using Beadswarm.Agents;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Journal;
using Beadswarm.Swarms;
using Beadswarm.Tests.Swarms;

namespace Beadswarm.Tests.Supervision;

/// <summary>Agents that fail in a way nobody foresaw: here, a runner that is not configured.</summary>
public sealed class SupervisedSwarmTests : IDisposable
{
    readonly SwarmRepository _repository = new();

    [Fact]
    public async Task A_parked_agent_is_reported_and_the_others_land_everything()
    {
        _repository.Bead("t-1").Bead("t-2").Commit();

        var outcome = await _repository.RunAsync(Config(("worker", "missing"), ("worker", "sh")));

        Assert.Equal((SwarmEnd.Completed, 2, 2), (outcome.End, outcome.Landed, outcome.Attempts));
        var journal = await _repository.JournalAsync();
        var failed = Assert.Single(journal.Select(entry => entry.Event).OfType<JournalEvent.ComponentFailed>());
        Assert.Equal(("agent 1", true), (failed.Component, failed.Parked));
        Assert.Contains(
            journal, entry => entry is { Agent.Value: 1, Event: JournalEvent.AgentStatusChanged { Status: "parked" } });
        Assert.Equal(["t-1", "t-2"], _repository.Landed().Order());

        // It did not wait for the lease of an agent that was not there any more, and the failure was counted.
        var released = Assert.Single(journal.Select(entry => entry.Event).OfType<JournalEvent.BeadReleased>());
        Assert.StartsWith("agent 1 failed: ", released.Reason, StringComparison.Ordinal);
        Assert.Equal(1, (await _repository.WorkAsync(journal.First(
            entry => entry.Event is JournalEvent.BeadReleased).Bead!.Value.Value)).InfrastructureFailures);
    }

    [Fact]
    public async Task A_bead_that_makes_every_agent_fail_is_blocked_within_its_retries()
    {
        _repository.Bead("t-1").Commit();

        var outcome = await _repository.RunAsync(Config(("worker", "missing"), ("worker", "missing")) with
        {
            Limits = _repository.Config().Limits with { RestartsMax = 100, InfrastructureRetriesMax = 2 },
        });

        Assert.Equal((SwarmEnd.Exhausted, 1), (outcome.End, outcome.Blocked));
        Assert.Equal(3, (await _repository.WorkAsync("t-1")).InfrastructureFailures);
    }

    [Fact]
    public async Task Agents_that_cannot_be_started_are_a_meltdown_and_no_bead_is_blocked_for_it()
    {
        foreach (var bead in Enumerable.Range(1, 20))
        {
            _repository.Bead($"t-{bead}");
        }

        _repository.Commit();
        var outcome = await _repository.RunAsync(_repository.Config(agents: 4, change: config => config with
        {
            Runners = new Dictionary<string, RunnerSpec>
            {
                ["sh"] = config.Runners["sh"] with { Command = ["/no/such/agent"] },
            },
            Limits = config.Limits with
            {
                InfrastructureRetriesMax = 1_000,
                RestartWindow = TimeSpan.FromSeconds(24),
                RetryDelayMin = TimeSpan.FromMilliseconds(200),
                RetryDelayMax = TimeSpan.FromMilliseconds(200),
            },
        }));

        Assert.Equal((SwarmEnd.Meltdown, 0, 20), (outcome.End, outcome.Blocked, outcome.Pending));
        Assert.Contains("none came to a verdict", outcome.Reason, StringComparison.Ordinal);
        Assert.Contains("/no/such/agent", outcome.Reason, StringComparison.Ordinal);
        var ended = (await _repository.JournalAsync())[^1];
        Assert.Equal("meltdown", Assert.IsType<JournalEvent.SwarmEnded>(ended.Event).End);
    }

    [Fact]
    public async Task A_thousand_failures_of_components_are_two_entries_of_the_journal()
    {
        foreach (var bead in Enumerable.Range(1, 60))
        {
            _repository.Bead($"t-{bead}");
        }

        _repository.Commit();
        var agents = Enumerable.Repeat(("worker", "missing"), 50).ToArray();

        var outcome = await _repository.RunAsync(Config(agents));

        Assert.Equal(SwarmEnd.Meltdown, outcome.End);
        var told = (await _repository.JournalAsync()).Select(entry => entry.Event)
            .OfType<JournalEvent.ComponentFailed>().ToArray();
        Assert.InRange(told.Length, 1, 2);
        Assert.InRange(told.Sum(failed => failed.Count ?? 1), 2, 50);
    }

    [Fact]
    public async Task A_role_without_a_living_agent_ends_the_run_as_a_meltdown_that_says_why()
    {
        _repository.Bead("t-1").Bead("t-2").Commit();

        var outcome = await _repository.RunAsync(Config(("worker", "missing"), ("worker", "missing")));

        Assert.Equal((SwarmEnd.Meltdown, 0), (outcome.End, outcome.Landed));
        Assert.Contains("every agent of role worker failed too often", outcome.Reason, StringComparison.Ordinal);
        Assert.Empty(_repository.Processes());

        var next = await _repository.RunAsync(Config(("worker", "sh")));

        Assert.Equal((SwarmEnd.Completed, 2, 2), (next.End, next.Landed, next.Attempts));
        Assert.All(
            await Task.WhenAll(_repository.WorkAsync("t-1"), _repository.WorkAsync("t-2")),
            work => Assert.IsType<BeadState.Completed>(work.State));
    }

    SwarmConfig Config(params (string Role, string Runner)[] agents) => _repository.Config(change: config => config with
    {
        Pools =
        [
            .. agents.Select(agent => new PoolConfig(
                agent.Role, 1, agent.Runner, [.. config.Pipeline.Stages.Select(stage => stage.Name)])),
        ],
        Limits = config.Limits with { RestartsMax = 0, Lease = TimeSpan.FromMinutes(10) },
    });

    public void Dispose() => _repository.Dispose();
}
