using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Journal;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Swarms;

/// <summary>Stopping in each of its ways loses nothing, and the next run goes on.</summary>
public sealed class StoppingTests : IDisposable
{
    const string WaitInImplement =
        """
        if [ $BEADSWARM_STAGE = implement ] && [ ! -e "$R/.beadswarm/once" ]; then
          touch "$R/.beadswarm/once"; mkdir -p work; echo half > work/half
          echo here > "$R/.beadswarm/arrived"; read go < "$R/.beadswarm/go"
        fi
        """;

    readonly SwarmRepository _repository = new();

    [Fact]
    public async Task A_drain_finishes_the_stage_in_hand_begins_nothing_and_the_next_run_lands_all()
    {
        _repository.Bead("t-1").Bead("t-2").Agent(WaitInImplement).Commit();
        var (arrived, go) = (_repository.Fifo("arrived"), _repository.Fifo("go"));

        await using (var run = await _repository.StartAsync(_repository.Config(agents: 1)))
        {
            await arrived.LineAsync();
            run.Drain("a person asked");
            run.Drain("twice");
            go.Release();
            var outcome = await SwarmRepository.EndAsync(run);

            Assert.Equal((SwarmEnd.Drained, "a person asked", 0), (outcome.End, outcome.Reason, outcome.Landed));
        }

        Assert.Equal(["contract 1 Passed", "implement 1 Passed"], await _repository.HistoryAsync("t-1"));
        Assert.Empty(await _repository.HistoryAsync("t-2"));
        Assert.Equal(("open", "open"), (_repository.StatusOf("t-1"), _repository.StatusOf("t-2")));
        Assert.Equal(new BeadState.Pending(new("qa-enforcer"), null), (await _repository.WorkAsync("t-1")).State);
        Assert.Empty(_repository.Processes());

        var next = await _repository.RunAsync(_repository.Config(agents: 1));

        Assert.Equal((SwarmEnd.Completed, 2), (next.End, next.Landed));
        Assert.Equal(
            ["contract 1 Passed", "implement 1 Passed", "qa-enforcer 1 Passed", "red-queen 1 Passed"],
            await _repository.HistoryAsync("t-1"));
        Assert.Equal(["t-1", "t-2"], _repository.Landed().Order());
    }

    [Fact]
    public async Task Terminating_ends_the_agents_keeps_their_work_and_costs_no_attempt()
    {
        _repository.Bead("t-1").Agent("trap '' TERM\n" + WaitInImplement).Commit();
        var arrived = _repository.Fifo("arrived");
        _repository.Fifo("go");

        await using (var run = await _repository.StartAsync(_repository.Config(agents: 1)))
        {
            await arrived.LineAsync();
            run.Drain("first");
            run.Terminate("second");
            var outcome = await SwarmRepository.EndAsync(run);

            Assert.Equal((SwarmEnd.Terminated, "second"), (outcome.End, outcome.Reason));
        }

        Assert.Empty(_repository.Processes());
        Assert.Equal(["contract 1 Passed", "implement 1 Interrupted"], await _repository.HistoryAsync("t-1"));
        var work = await _repository.WorkAsync("t-1");
        Assert.Equal((1, 0), (work.Attempt, work.InfrastructureFailures));
        Assert.IsType<BeadState.Pending>(work.State);
        Assert.Equal("half", SwarmRepository.GitIn(_repository.Hub, "show", $"{work.HeadCommit}:work/half"));
        Assert.Equal(
            work.HeadCommit, SwarmRepository.GitIn(_repository.Hub, "rev-parse", "refs/heads/agent-1/t-1"));
        Assert.Equal("open", _repository.StatusOf("t-1"));
        Assert.Null(_repository.Find("t-1").Assignee);

        var next = await _repository.RunAsync(_repository.Config(agents: 1));

        Assert.Equal((SwarmEnd.Completed, 1, 1), (next.End, next.Landed, next.Attempts));
        Assert.Equal("half", _repository.Git("show", "main:work/half"));
    }

    [Fact]
    public async Task The_timeout_of_a_run_drains_it()
    {
        _repository.Bead("t-1").Agent(WaitInImplement).Commit();
        var (arrived, go) = (_repository.Fifo("arrived"), _repository.Fifo("go"));

        await using var run = await _repository.StartAsync(
            _repository.Config(agents: 1), setup => setup with { Timeout = TimeSpan.FromMilliseconds(1) });
        await SwarmRepository.UntilAsync(run, entry => entry.Event is JournalEvent.SwarmStatusChanged);
        go.Release();
        var outcome = await SwarmRepository.EndAsync(run);

        Assert.Equal(SwarmEnd.Drained, outcome.End);
        Assert.Contains("--timeout", outcome.Reason, StringComparison.Ordinal);
        Assert.Equal("open", _repository.StatusOf("t-1"));
        arrived.Dispose();
    }

    [Fact]
    public async Task A_stopped_run_is_continued_with_its_target_when_asked_to()
    {
        _repository.Bead("t-1").Bead("t-2").Bead("t-3").Agent(WaitInImplement).Commit();
        var (arrived, go) = (_repository.Fifo("arrived"), _repository.Fifo("go"));
        await using (var run = await _repository.StartAsync(_repository.Config(
            agents: 1, change: config => config with { Select = config.Select with { Target = 2 } })))
        {
            await arrived.LineAsync();
            run.Drain("stop");
            go.Release();
            await SwarmRepository.EndAsync(run);
        }

        var next = await _repository.RunAsync(
            _repository.Config(agents: 1), setup => setup with { Resume = true });

        Assert.Equal((SwarmEnd.Completed, 2, 2), (next.End, next.Landed, next.Target));
        Assert.Equal(2, _repository.Landed().Count);
        var journal = await _repository.JournalAsync();
        Assert.Equal([false, true], journal.Select(entry => entry.Event).OfType<JournalEvent.SwarmStarted>()
            .Select(started => started.Continued));
    }

    [Fact]
    public async Task A_second_run_is_told_who_holds_the_repository_and_changes_nothing()
    {
        _repository.Bead("t-1").Agent(WaitInImplement).Commit();
        var (arrived, go) = (_repository.Fifo("arrived"), _repository.Fifo("go"));
        await using var run = await _repository.StartAsync(_repository.Config(agents: 1));
        await arrived.LineAsync();

        var held = await Assert.ThrowsAsync<SwarmHeldException>(() => _repository.StartAsync(_repository.Config()));

        Assert.Equal(Environment.ProcessId, held.Holder!.Pid);
        Assert.Contains(
            $"process {Environment.ProcessId} on {Environment.MachineName}", held.Message, StringComparison.Ordinal);
        go.Release();
        Assert.Equal(1, (await SwarmRepository.EndAsync(run)).Landed);
    }

    [Fact]
    public async Task A_claim_that_a_person_takes_away_stops_its_agent_and_fences_what_it_writes()
    {
        _repository.Bead("t-1").Agent(WaitInImplement).Commit();
        var (arrived, _) = (_repository.Fifo("arrived"), _repository.Fifo("go"));
        await using var run = await _repository.StartAsync(_repository.Config(agents: 1, change: config => config with
        {
            Limits = config.Limits with { Lease = TimeSpan.FromSeconds(8) },
        }));
        await arrived.LineAsync();
        var before = (BeadState.Held)(await run.Store.ReadBeadAsync(BeadId.Parse("t-1"), Cancel))!.State;

        Assert.Equal(
            WriteOutcome.Done, await run.Store.ForceReleaseAsync(BeadId.Parse("t-1"), "a person wants it", Cancel));
        var outcome = await SwarmRepository.EndAsync(run);

        Assert.Equal((SwarmEnd.Completed, 1, 1), (outcome.End, outcome.Landed, outcome.Attempts));
        var journal = await run.Store.ReadJournalAsync(0, BeadId.Parse("t-1"), 1000, Cancel);
        var claims = journal.Select(entry => entry.Event).OfType<JournalEvent.BeadClaimed>().ToArray();
        Assert.Equal(2, claims.Length);
        Assert.True(claims[1].Token > before.Token.Value);
        Assert.Equal(
            ["contract 1 Passed", "implement 1 Interrupted", "implement 1 Passed", "qa-enforcer 1 Passed",
                "red-queen 1 Passed"],
            (await run.Store.ReadHistoryAsync(BeadId.Parse("t-1"), null, 100, Cancel))
                .Select(one => $"{one.Stage} {one.Attempt} {one.Status}"));
        Assert.Empty(_repository.Processes());
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _repository.Dispose();
}
