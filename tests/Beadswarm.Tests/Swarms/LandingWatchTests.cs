using Beadswarm.Configuration;
using Beadswarm.Journal;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Swarms;

/// <summary>What others take off the target while the swarm is at work is noticed, and done again.</summary>
public sealed class LandingWatchTests : IDisposable
{
    readonly SwarmRepository _repository = new();

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
        var (remote, before) = Share();
        await using var run = await StartAsync(resolve: []);
        var landed = (JournalEvent.BeadLanded)(
            await SwarmRepository.UntilAsync<JournalEvent.BeadLanded>(run, "t-1")).Event;

        SwarmRepository.Elsewhere(remote, takeOff(landed.Commit, before));

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

    [Fact]
    public async Task Of_two_landings_in_one_file_that_are_taken_off_together_both_are_taken_up_again()
    {
        _repository.Write("shared.txt", "start\n");
        _repository.Bead("t-1").Bead("t-2", 2, "t-1").Bead("t-3").Agent(
            """
            if [ $BEADSWARM_STAGE = implement ]; then
              [ $BEADSWARM_BEAD != t-3 ] || read go < "$R/.beadswarm/go"
              [ $BEADSWARM_BEAD = t-3 ] || {
                echo "$BEADSWARM_BEAD $BEADSWARM_ATTEMPT" >> shared.txt; git commit -qam "$BEADSWARM_BEAD"; exit 0; }
            fi
            """).Commit();
        var go = _repository.Fifo("go");
        var (remote, before) = Share();
        await using var run = await StartAsync(
            [new ResolveRule([new PathPattern("shared.txt")], null, TimeSpan.Zero)]);
        await SwarmRepository.UntilAsync<JournalEvent.BeadLanded>(run, "t-2");

        SwarmRepository.Elsewhere(remote, "reset", "-q", "--hard", before);

        foreach (var bead in new[] { "t-1", "t-2" })
        {
            var lost = await SwarmRepository.UntilAsync<JournalEvent.LandingLost>(run, bead);
            await SwarmRepository.UntilAsync(run, entry =>
                entry.Sequence > lost.Sequence && entry.Bead == lost.Bead && entry.Event is JournalEvent.BeadLanded);
        }

        go.Release();
        var outcome = await SwarmRepository.EndAsync(run);

        Assert.Equal((SwarmEnd.Completed, 3), (outcome.End, outcome.Landed));
        Assert.Equal(
            ["start", "t-1 2", "t-2 2"],
            SwarmRepository.GitIn(remote, "show", "main:shared.txt").Split('\n').Order(StringComparer.Ordinal));
    }

    (string Remote, string Before) Share()
    {
        var remote = _repository.AddOrigin();
        return (remote, _repository.Git("rev-parse", "main"));
    }

    Task<SwarmRun> StartAsync(IReadOnlyList<ResolveRule> resolve) =>
        _repository.StartAsync(_repository.Config(agents: 2, change: config => config with
        {
            Tracker = config.Tracker with { Commit = false },
            Landing = config.Landing with
            {
                Remote = "origin",
                Watch = TimeSpan.FromMilliseconds(50),
                Resolve = resolve,
            },
        }));

    public void Dispose() => _repository.Dispose();
}
