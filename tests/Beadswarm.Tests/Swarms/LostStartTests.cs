using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Journal;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Swarms;

/// <summary>
/// The tracker says that an agent of a swarm is at work, and the store has no record of it: its last ones were lost.
/// </summary>
public sealed class LostStartTests : IDisposable
{
    readonly SwarmRepository _repository = new();

    [Fact]
    public async Task A_bead_that_only_the_tracker_knows_as_begun_here_is_reopened_and_lands()
    {
        _repository.Bead("t-1").Bead("t-2").Commit();
        Begin("t-1", "beadswarm/agent-2");

        Assert.Equal((SwarmEnd.Completed, 2), await LandedAsync());
        var found = Assert.Single(await _repository.JournalAsync(), entry => entry.Event is JournalEvent.RecoveryFound);
        Assert.Equal(
            (BeadId.Parse("t-1"), "reopened"), (found.Bead, ((JournalEvent.RecoveryFound)found.Event).Action));
    }

    /// <summary>What stands in the target was brought by git: a swarm in another clone may be at work.</summary>
    [Fact]
    public async Task A_bead_that_the_target_says_is_begun_is_left_to_whoever_began_it()
    {
        _repository.Bead("t-1").Bead("t-2");
        Begin("t-1", "beadswarm/agent-2");
        _repository.Commit();

        Assert.Equal((SwarmEnd.Exhausted, 1), await LandedAsync());
    }

    [Fact]
    public async Task A_bead_that_a_person_works_on_is_theirs()
    {
        _repository.Bead("t-1").Bead("t-2").Commit();
        Begin("t-1", "mary");

        Assert.Equal((SwarmEnd.Exhausted, 1), await LandedAsync());
        Assert.IsType<BeadState.Pending>((await _repository.WorkAsync("t-1")).State);
    }

    public void Dispose() => _repository.Dispose();

    async Task<(SwarmEnd, int)> LandedAsync()
    {
        var outcome = await _repository.RunAsync(_repository.Config());
        return (outcome.End, outcome.Landed);
    }

    void Begin(string bead, string assignee)
    {
        var tracker = _repository.Read(".beads/issues.jsonl");
        var line = tracker.Split('\n').Single(one => one.Contains($"\"id\":\"{bead}\"", StringComparison.Ordinal));
        _repository.Write(".beads/issues.jsonl", tracker.Replace(
            line,
            line.Replace("\"status\":\"open\"", $"\"status\":\"in_progress\",\"assignee\":\"{assignee}\"",
                StringComparison.Ordinal),
            StringComparison.Ordinal));
    }
}
