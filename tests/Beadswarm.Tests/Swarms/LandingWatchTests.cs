using Beadswarm.Journal;
using Beadswarm.Swarms;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Swarms;

/// <summary>What others take off the target while the swarm is at work is noticed, and done again.</summary>
public sealed class LandingWatchTests : IDisposable
{
    readonly SwarmRepository _repository = new();
    readonly TemporaryFolder _elsewhere = new();

    [Fact]
    public Task What_somebody_reverts_is_taken_up_again_with_the_evidence() => TakenOffAsync(
        "was reverted", (landed, _) => ["revert", "--no-edit", "-m", "1", landed]);

    [Fact]
    public Task What_a_rewritten_history_has_lost_is_taken_up_again() => TakenOffAsync(
        "history was rewritten", (_, before) => ["reset", "-q", "--hard", before]);

    async Task TakenOffAsync(string reason, Func<string, string, string[]> takeOff)
    {
        _repository.Bead("t-1").Bead("t-2").Agent(
            """
            [ $BEADSWARM_BEAD = t-1 ] || [ $BEADSWARM_STAGE != implement ] || read go < "$R/.beadswarm/go"
            """).Commit();
        var go = _repository.Fifo("go");
        var remote = Path.Combine(_repository.Path, ".git", "remote.git");
        _repository.Git("init", "-q", "--bare", "-b", "main", remote);
        _repository.Git("remote", "add", "origin", remote);
        _repository.Git("push", "-q", "-u", "origin", "main");
        var before = _repository.Git("rev-parse", "main");
        await using var run = await _repository.StartAsync(_repository.Config(agents: 2, change: config => config with
        {
            Tracker = config.Tracker with { Commit = false },
            Landing = config.Landing with { Remote = "origin", Watch = TimeSpan.FromMilliseconds(50) },
        }));
        var landed = (JournalEvent.BeadLanded)(
            await SwarmRepository.UntilAsync<JournalEvent.BeadLanded>(run, "t-1")).Event;

        // Somebody else, in a clone of their own. Nothing of the swarm is about to land meanwhile.
        SwarmRepository.GitIn(_elsewhere.Path, "clone", "-q", remote, "clone");
        var clone = _elsewhere["clone"];
        SwarmRepository.GitIn(clone, "config", "user.name", "Somebody");
        SwarmRepository.GitIn(clone, "config", "user.email", "somebody@example.org");
        SwarmRepository.GitIn(clone, takeOff(landed.Commit, before));
        SwarmRepository.GitIn(clone, "push", "-q", "--force", "origin", "main");

        var lost = await SwarmRepository.UntilAsync<JournalEvent.LandingLost>(run, "t-1");
        await SwarmRepository.UntilAsync(run, entry =>
            entry.Sequence > lost.Sequence && entry.Bead == lost.Bead && entry.Event is JournalEvent.BeadLanded);
        go.Release();
        var outcome = await SwarmRepository.EndAsync(run);

        Assert.Equal((SwarmEnd.Completed, 2), (outcome.End, outcome.Landed));
        Assert.Contains(reason, ((JournalEvent.LandingLost)lost.Event).Reason, StringComparison.Ordinal);
        Assert.Contains(
            reason, _repository.Given("t-1", "implement", 2, "context/feedback.md"),
            StringComparison.Ordinal);
        Assert.Equal(
            "t-1\nt-2", SwarmRepository.GitIn(remote, "ls-tree", "--name-only", "main:work"));
        Assert.Equal("2", SwarmRepository.GitIn(remote, "show", "main:work/t-1"));
        Assert.Equal("closed", _repository.StatusOf("t-1"));
        Assert.Single((await _repository.JournalAsync()).Select(entry => entry.Event)
            .OfType<JournalEvent.LandingLost>());
    }

    public void Dispose()
    {
        _repository.Dispose();
        _elsewhere.Dispose();
    }
}
