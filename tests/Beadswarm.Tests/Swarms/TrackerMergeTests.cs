using Beadswarm.Configuration;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Swarms;

/// <summary>
/// Somebody else brings beads onto the remote by the tracker's file, which the swarm writes as well: neither side's
/// lines are lost, and what is new is worked on.
/// </summary>
public sealed class TrackerMergeTests : IDisposable
{
    const string Tracker = ".beads/issues.jsonl";

    readonly SwarmRepository _repository = new();

    [Fact]
    public async Task What_others_add_while_a_swarm_is_at_work_stays_on_the_target_and_is_done()
    {
        var (arrived, go) = (_repository.Fifo("arrived"), _repository.Fifo("go"));
        _repository.Bead("t-1").Bead("t-2").Agent(
            $"""
            if [ $BEADSWARM_STAGE = implement ] && [ $BEADSWARM_BEAD = t-1 ]; then
              echo here > '{arrived.Path}'; read word < '{go.Path}'
            fi
            """).Commit();
        var origin = _repository.AddOrigin();
        await using (var run = await _repository.StartAsync(Remote()))
        {
            await arrived.LineAsync();
            AddElsewhere(origin, "t-9", "t-8");
            go.Release();
            await SwarmRepository.EndAsync(run);
        }

        await _repository.RunAsync(Remote());

        Assert.Equal(["t-1", "t-2", "t-8", "t-9"], OnTarget(origin));
        Assert.All(_repository.Beads(), bead => Assert.Equal("closed", bead.Status));
        Assert.Equal(["t-1", "t-2", "t-8", "t-9"], _repository.Landed().Order());
    }

    [Fact]
    public async Task A_clone_that_was_not_pulled_has_what_others_have_added_before_it_begins()
    {
        _repository.Bead("t-1").Commit();
        var origin = _repository.AddOrigin();
        AddElsewhere(origin, "t-9");

        var outcome = await _repository.RunAsync(Remote());

        Assert.Equal((SwarmEnd.Completed, 2), (outcome.End, outcome.Landed));
        Assert.Equal(["t-1", "t-9"], OnTarget(origin));
    }

    /// <summary>What a person has not pushed yet is in no danger from what others have.</summary>
    [Fact]
    public async Task What_was_committed_here_and_not_pushed_stays()
    {
        _repository.Bead("t-1").Commit();
        var origin = _repository.AddOrigin();
        _repository.Bead("t-2").Commit();
        AddElsewhere(origin, "t-9");

        await _repository.RunAsync(Remote());

        Assert.Equal(["t-1", "t-2", "t-9"], _repository.Beads().Select(bead => bead.Id.Value).Order());
        Assert.Equal(["t-1", "t-2", "t-9"], OnTarget(origin));
    }

    SwarmConfig Remote() => _repository.Config(agents: 2, change: config => config with
    {
        Landing = config.Landing with { Remote = "origin" },
        Tracker = config.Tracker with { Commit = true, CommitInterval = TimeSpan.FromSeconds(1) },
    });

    /// <summary>Beads in a clone of somebody else, brought onto the remote.</summary>
    static void AddElsewhere(string origin, params string[] beads) => SwarmRepository.Elsewhere(origin, clone =>
    {
        var file = Path.Combine(clone, Tracker);
        var line = File.ReadLines(file).First();
        File.AppendAllLines(file, beads.Select(bead => line.Replace("t-1", bead, StringComparison.Ordinal)));
        SwarmRepository.GitIn(clone, "commit", "-qam", "more work");
    });

    static string[] OnTarget(string origin) =>
    [
        .. SwarmRepository.GitIn(origin, "show", $"main:{Tracker}").Split('\n')
            .Where(line => line.Contains("\"closed\"", StringComparison.Ordinal))
            .Select(line => line.Split('"')[3]).Order(),
    ];

    public void Dispose() => _repository.Dispose();
}
