using Beadswarm.Swarms;

namespace Beadswarm.Tests.Swarms;

public sealed class RemoteSwarmTests : IDisposable
{
    const int Beads = 24;

    readonly SwarmRepository _repository = new();

    [Fact]
    public async Task Twelve_agents_that_begin_at_once_land_every_bead_on_the_remote()
    {
        for (var bead = 1; bead <= Beads; bead++)
        {
            _repository.Bead($"t-{bead}");
        }

        _repository.Commit();
        var remote = _repository.AddOrigin();

        var outcome = await _repository.RunAsync(_repository.Config(agents: 12, change: config =>
            config with { Landing = config.Landing with { Remote = "origin" } }));

        Assert.Equal((SwarmEnd.Completed, Beads, 0), (outcome.End, outcome.Landed, outcome.Pending));
        Assert.Equal(
            Enumerable.Range(1, Beads).Select(bead => $"t-{bead}").Order(),
            SwarmRepository.GitIn(remote, "ls-tree", "--name-only", "main:work").Split('\n').Order());
    }

    public void Dispose() => _repository.Dispose();
}
