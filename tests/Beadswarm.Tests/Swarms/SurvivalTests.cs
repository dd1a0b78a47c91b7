using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Journal;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Swarms;

/// <summary>
/// What a bead has used up, and until when it waits, is the same after kill -9 and any number of starts.
/// </summary>
public sealed class SurvivalTests : IDisposable
{
    const string Pause = "600";

    readonly SwarmRepository _repository = new();
    readonly Fifo _arrived;
    SwarmChild? _child;

    public SurvivalTests()
    {
        // Its first attempt is red; in the second one its agent dies, and it is tried again after a pause.
        _arrived = _repository.Fifo("arrived");
        _repository.Bead("t-1").Agent(
            """
            if [ $BEADSWARM_STAGE = implement ] && [ $BEADSWARM_ATTEMPT = 1 ]; then
              mkdir -p work; echo broken > work/t-1; git add -A; git commit -qm broken; exit 0
            fi
            if [ $BEADSWARM_STAGE = implement ] && [ ! -e "$R/.beadswarm/once" ]; then
              touch "$R/.beadswarm/once"; echo here > "$R/.beadswarm/arrived"; kill -9 $$
            fi
            """).Commit();
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Attempts_retries_and_snoozes_survive_kill_9_and_end_when_they_would_have()
    {
        _child = SwarmChild.Start(_repository, pause: Pause);
        await _arrived.LineAsync();
        await _repository.RecordedAsync(journal =>
            journal.Any(entry => entry.Event is JournalEvent.StageEnded { Status: "error" }));
        await _child.KillAsync();
        var killed = await _repository.WorkAsync("t-1");
        var pending = Assert.IsType<BeadState.Pending>(killed.State);
        Assert.Equal((2, 1), (killed.Attempt, killed.InfrastructureFailures));

        await using (var run = await _repository.StartAsync(Config()))
        {
            var starts = 0;
            await SwarmRepository.UntilAsync(run, entry =>
                entry.Event is JournalEvent.SwarmStatusChanged { Status: "running" } && ++starts == 2);
            Assert.Equal([Used(killed)], (await run.Store.ReadBeadsAsync(Cancel)).Select(Used));
            run.Terminate("seen enough");
            await SwarmRepository.EndAsync(run);
        }

        Assert.Equal(Used(killed), Used(await _repository.WorkAsync("t-1")));
        var outcome = await _repository.RunAsync(Config(), setup => setup with
        {
            Resume = true,
            Time = new LaterTime(TimeSpan.FromMinutes(601)),
        });

        Assert.Equal((SwarmEnd.Completed, 1, 2), (outcome.End, outcome.Landed, outcome.Attempts));
        Assert.Equal(
            ["contract 1 Passed", "implement 1 Failed", "implement 2 Error", "implement 2 Passed"],
            (await _repository.HistoryAsync("t-1")).Take(4));
        Assert.Equal(1, (await _repository.WorkAsync("t-1")).InfrastructureFailures);
        var again = (await _repository.JournalAsync()).Last(entry => entry.Event is JournalEvent.BeadClaimed);
        Assert.True(again.At >= pending.NotBefore, $"claimed at {again.At}, which is before {pending.NotBefore}");
    }

    static (BeadState State, int Attempt, int Allowed, int Failures) Used(BeadWork bead) =>
        (bead.State, bead.Attempt, bead.AttemptsAllowed, bead.InfrastructureFailures);

    SwarmConfig Config() => _repository.Config(agents: 1, change: config => config with
    {
        Limits = SwarmChild.Pausing(config.Limits, Pause),
    });

    public void Dispose()
    {
        _child?.Dispose();
        _repository.Dispose();
    }
}
