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
        Limits = config.Limits with { RestartsMax = 0, Lease = TimeSpan.FromSeconds(5) },
    });

    public void Dispose() => _repository.Dispose();
}
