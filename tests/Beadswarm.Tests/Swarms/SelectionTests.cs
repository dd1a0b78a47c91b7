using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Journal;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Swarms;

/// <summary>Which beads a run takes, how many, in which order, and what it takes up while it runs.</summary>
public sealed class SelectionTests : IDisposable
{
    readonly SwarmRepository _repository = new();

    [Fact]
    public async Task The_target_ends_the_run_when_as_many_have_landed()
    {
        _repository.Bead("t-1").Bead("t-2").Bead("t-3").Bead("t-4").Commit();

        var outcome = await _repository.RunAsync(Selecting(select => select with { Target = 2 }));

        Assert.Equal((SwarmEnd.Completed, 2, 2), (outcome.End, outcome.Landed, outcome.Target));
        Assert.Equal(2, _repository.Beads().Count(bead => bead.Status == BeadStatus.Open));
        Assert.Equal(2, _repository.Landed().Count);
    }

    [Fact]
    public async Task The_limit_bounds_how_many_are_begun_also_when_they_are_blocked()
    {
        _repository.Bead("t-1").Bead("t-2").Bead("t-3").Agent(
            "[ $BEADSWARM_STAGE-$BEADSWARM_BEAD = implement-t-1 ] && exit 0").Commit();

        var outcome = await _repository.RunAsync(Selecting(select => select with { Limit = 2 }, agents: 1));

        Assert.Equal((SwarmEnd.Exhausted, 1, 1), (outcome.End, outcome.Landed, outcome.Blocked));
        Assert.Empty(await _repository.HistoryAsync("t-3"));
        Assert.Equal("open", _repository.StatusOf("t-3"));
    }

    [Fact]
    public async Task Filters_leave_everything_else_alone()
    {
        _repository
            .Bead("t-1", bead => bead with { Priority = 0, Labels = ["core"] })
            .Bead("t-2", bead => bead with { Priority = 1, Labels = ["core"] })
            .Bead("t-3", bead => bead with { Priority = 0 })
            .Bead("t-9", bead => bead with { Type = "epic" })
            .Bead("t-9.1", bead => bead with { Priority = 0, Labels = ["core"] })
            .Commit();

        await _repository.RunAsync(Selecting(select => select with { Priority = [0], Labels = ["core"] }));
        Assert.Equal(["t-1", "t-9.1"], _repository.Landed().Order());

        await _repository.RunAsync(Selecting(select => select with { Priority = [1] }));
        Assert.Equal(["t-1", "t-2", "t-9.1"], _repository.Landed().Order());
        Assert.Equal("open", _repository.StatusOf("t-3"));
    }

    [Fact]
    public async Task Only_the_beads_of_an_epic_are_taken()
    {
        _repository.Bead("t-1").Bead("t-9", bead => bead with { Type = "epic" }).Bead("t-9.1").Bead("t-9.2").Commit();

        var outcome = await _repository.RunAsync(Selecting(select => select with { Epic = BeadId.Parse("t-9") }));

        Assert.Equal((SwarmEnd.Completed, 2), (outcome.End, outcome.Landed));
        Assert.Equal(["t-9.1", "t-9.2"], _repository.Landed().Order());
        Assert.Equal("open", _repository.StatusOf("t-1"));
    }

    [Fact]
    public async Task Dependencies_land_first_over_several_levels()
    {
        _repository.Bead("t-4", 0, "t-3").Bead("t-3", 0, "t-2").Bead("t-2", 0, "t-1", "t-0").Bead("t-1", 4)
            .Bead("t-0", 4).Commit();

        var outcome = await _repository.RunAsync(_repository.Config());

        Assert.Equal((SwarmEnd.Completed, 5), (outcome.End, outcome.Landed));
        Assert.Equal(["t-2", "t-3", "t-4"], _repository.Landed().Skip(2));
    }

    [Fact]
    public async Task A_bead_that_somebody_adds_while_it_runs_is_taken_too()
    {
        var arrived = WaitingAgent();
        _repository.Bead("t-1").Commit();

        await using var run = await _repository.StartAsync(_repository.Config(agents: 1));
        await arrived.LineAsync();
        _repository.Bead("t-2");
        await SwarmRepository.UntilAsync<JournalEvent.BeadAdded>(run, "t-2");
        _go!.Release();
        var outcome = await SwarmRepository.EndAsync(run);

        Assert.Equal((SwarmEnd.Completed, 2), (outcome.End, outcome.Landed));
        Assert.Equal(["t-1", "t-2"], _repository.Landed());
    }

    [Fact]
    public async Task Once_takes_only_what_was_ready_at_the_start()
    {
        _repository.Bead("t-1").Bead("t-2", 2, "t-1").Bead("t-3").Commit();

        var outcome = await _repository.RunAsync(_repository.Config(), setup => setup with { Once = true });

        Assert.Equal((SwarmEnd.Completed, 2), (outcome.End, outcome.Landed));
        Assert.Equal(["t-1", "t-3"], _repository.Landed().Order());
        Assert.Equal("open", _repository.StatusOf("t-2"));
    }

    [Fact]
    public async Task A_deferred_bead_waits_for_its_time()
    {
        var now = TimeProvider.System.GetUtcNow();
        _repository.Bead("t-1").Bead("t-2", bead => bead with { DeferUntil = now.AddHours(1) })
            .Bead("t-3", bead => bead with { DeferUntil = now.AddHours(-1) }).Commit();

        var outcome = await _repository.RunAsync(_repository.Config());

        Assert.Equal((SwarmEnd.Exhausted, 2, 1), (outcome.End, outcome.Landed, outcome.Pending));
        Assert.Equal(["t-1", "t-3"], _repository.Landed().Order());

        var later = await _repository.RunAsync(
            _repository.Config(), setup => setup with { Time = new LaterTime(TimeSpan.FromHours(2)) });

        Assert.Equal((SwarmEnd.Completed, 1), (later.End, later.Landed));
        Assert.Equal("closed", _repository.StatusOf("t-2"));
    }

    [Fact]
    public async Task A_bead_that_somebody_closes_while_it_waits_is_not_taken()
    {
        var arrived = WaitingAgent();
        _repository.Bead("t-1").Bead("t-2").Commit();

        await using var run = await _repository.StartAsync(_repository.Config(agents: 1));
        await arrived.LineAsync();
        await new JsonlTracker(TrackerLocation.Find(_repository.Path, null), TimeProvider.System).ApplyAsync(
            [new BeadChange.Close(BeadId.Parse("t-2"), "done by hand")], TestContext.Current.CancellationToken);
        await SwarmRepository.UntilAsync<JournalEvent.BeadWithdrawn>(run, "t-2");
        _go!.Release();
        var outcome = await SwarmRepository.EndAsync(run);

        Assert.Equal((SwarmEnd.Completed, 1), (outcome.End, outcome.Landed));
        Assert.Equal("done by hand", _repository.Find("t-2").CloseReason);
    }

    [Fact]
    public async Task Pools_with_disjoint_stages_hand_over_and_a_bead_that_comes_back_goes_to_any_agent_of_the_role()
    {
        _repository.Bead("t-1").Bead("t-2").Agent(
            """
            if [ "$BEADSWARM_STAGE-$BEADSWARM_ATTEMPT" = qa-enforcer-1 ]; then
              echo '{"verdict":"fail","summary":"again"}' > "$BEADSWARM_RESULT"; exit 0
            fi
            """).Commit();

        var outcome = await _repository.RunAsync(_repository.Config(change: config => config with
        {
            Pools =
            [
                new PoolConfig("test-writer", 1, "sh", [new("contract")]),
                new PoolConfig("implementer", 2, "sh", [new("implement")]),
                new PoolConfig("reviewer", 1, "sh", [new("qa-enforcer"), new("red-queen")]),
            ],
        }));

        Assert.Equal((SwarmEnd.Completed, 2, 4), (outcome.End, outcome.Landed, outcome.Attempts));
        var runs = await _repository.AskAsync(store =>
            store.ReadHistoryAsync(null, null, 100, TestContext.Current.CancellationToken));
        Assert.All(runs, run => Assert.Equal(
            run.Stage.Value switch { "contract" => "1", "implement" => "2 or 3", _ => "4" },
            run.Agent.Value is 2 or 3 ? "2 or 3" : $"{run.Agent}"));
        Assert.Equal(["1", "1", "2", "2"], runs.Where(run => run.Stage.Value == "implement")
            .Select(run => $"{run.Attempt}").Order());
        Assert.Equal("2", _repository.Git("show", "main:work/t-1"));
    }

    [Fact]
    public async Task An_epic_is_closed_with_its_last_child_and_what_waits_for_it_becomes_ready()
    {
        _repository
            .Bead("t-1", bead => bead with { Type = "epic" })
            .Bead("t-1.1", bead => bead with { Type = "epic" })
            .Bead("t-1.1.1", bead => bead).Bead("t-1.2", bead => bead)
            .Bead("t-2", 2, "t-1").Commit();

        var outcome = await _repository.RunAsync(_repository.Config());

        Assert.Equal((SwarmEnd.Completed, 3), (outcome.End, outcome.Landed));
        Assert.Equal("t-2", _repository.Landed()[^1]);
        Assert.All(_repository.Beads(), bead => Assert.Equal("closed", bead.Status));
        Assert.Equal("All children completed", _repository.Find("t-1").CloseReason);
        Assert.Equal(
            ["t-1.1", "t-1"],
            (await _repository.JournalAsync())
                .Where(entry => entry.Event is JournalEvent.TrackerTold { Change: "close" })
                .Select(entry => entry.Bead!.Value.Value).Where(bead => bead is "t-1" or "t-1.1"));
        Assert.IsType<BeadState.Completed>((await _repository.WorkAsync("t-2")).State);
    }

    Fifo? _go;

    Fifo WaitingAgent()
    {
        _go = _repository.Fifo("go");
        _repository.Agent(
            """
            if [ $BEADSWARM_STAGE-$BEADSWARM_BEAD = implement-t-1 ]; then
              echo here > "$R/.beadswarm/arrived"; read go < "$R/.beadswarm/go"
            fi
            """);
        return _repository.Fifo("arrived");
    }

    SwarmConfig Selecting(Func<SelectConfig, SelectConfig> select, int agents = 3) =>
        _repository.Config(agents, config => config with { Select = select(config.Select) });

    public void Dispose() => _repository.Dispose();
}
