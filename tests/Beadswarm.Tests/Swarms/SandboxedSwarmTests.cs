using Beadswarm.Configuration;
using Beadswarm.Sandboxes;
using Beadswarm.Swarms;
using Beadswarm.Tests.Sandboxes;

namespace Beadswarm.Tests.Swarms;

public sealed class SandboxedSwarmTests : IDisposable
{
    readonly SwarmRepository _repository = new();

    [Fact]
    public async Task Agents_in_sandboxes_bring_a_backlog_onto_the_target()
    {
        await SandboxFixture.RequireAsync();
        _repository.Agent("echo broken >$R/.beads/issues.jsonl; test ! -e $R/gate.sh || exit 9")
            .Bead("t-1").Bead("t-2", 1, "t-1").Commit();

        var outcome = await _repository.RunAsync(_repository.Config(change: Confined));

        Assert.Equal((SwarmEnd.Completed, 2, 0), (outcome.End, outcome.Landed, outcome.Blocked));
        Assert.Equal(["t-1", "t-2"], _repository.Landed().Order());
        Assert.Equal("closed", _repository.StatusOf("t-1"));
    }

    [Fact]
    public async Task A_swarm_whose_sandbox_cannot_be_made_is_refused_before_anything_is_begun()
    {
        _repository.Bead("t-1").Commit();

        var refused = await Assert.ThrowsAsync<SwarmRefusedException>(() => _repository.RunAsync(
            _repository.Config(change: Confined),
            setup => setup with
            {
                Environment = new Dictionary<string, string>(setup.Environment) { ["HOME"] = "/" },
            }));

        Assert.Contains("HOME is '/'", refused.Message, StringComparison.Ordinal);
        Assert.Contains("sandbox: none", refused.Remedy, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_repository.Hub));
    }

    public void Dispose() => _repository.Dispose();

    static SwarmConfig Confined(SwarmConfig config) => config with
    {
        Runners = config.Runners.ToDictionary(
            runner => runner.Key, runner => runner.Value with { Sandbox = new SandboxPolicy(Network: true, [], []) }),
    };
}
