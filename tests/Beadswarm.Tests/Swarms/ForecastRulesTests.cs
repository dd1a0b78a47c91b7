using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Landing;
using Beadswarm.Pipelines;
using Beadswarm.Storage;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Swarms;

/// <summary>What an estimate is made from, read out of the records of a swarm.</summary>
public sealed class ForecastRulesTests : IDisposable
{
    static readonly DateTimeOffset Now = new(2026, 3, 1, 20, 0, 0, TimeSpan.Zero);

    readonly SwarmRepository _repository = new();
    readonly List<Bead> _tracker = [];
    readonly List<BeadWork> _beads = [];
    readonly List<StageRun> _history = [];
    readonly List<LandingEntry> _landings = [];
    SwarmRecord _swarm = new(
        1, new SwarmEpoch(1), SwarmStatus.Running, null, "n", null, null, Now.AddHours(-1), null, false);

    [Fact]
    public void Stages_are_measured_by_how_long_they_took_and_how_they_ended()
    {
        Ran("a", "implement", StageStatus.Passed, 60);
        Ran("a", "implement", StageStatus.Failed, 30);
        Ran("a", "implement", StageStatus.Error, 5);
        Ran("a", "implement", StageStatus.Interrupted, 7);
        Ran("b", "implement", StageStatus.Started, null, startedBefore: 20);

        var measured = Input().Stages[1];

        Assert.Equal([60, 30, 5], measured.Seconds);
        Assert.Equal([20], measured.RunningSeconds);
        Assert.Equal((1, 1, 1), (measured.Passed, measured.Failed, measured.Troubles));
    }

    [Fact]
    public void A_landing_begins_when_it_came_or_when_the_one_before_was_through()
    {
        Landed("a", queuedBefore: 100, landedBefore: 90);
        Landed("b", queuedBefore: 99, landedBefore: 70);
        Landed("c", queuedBefore: 98, landedBefore: 70);
        Landed("d", queuedBefore: 10, landedBefore: 5);

        Assert.Equal([10, 20, 0, 5], Input().Landing.Seconds);
    }

    [Fact]
    public void Beads_stand_where_the_store_says_and_wait_for_what_the_tracker_says()
    {
        Add("a", new BeadState.Held(new(2), new(1), new("red-queen"), Now), begun: true);
        Add("b", new BeadState.Landing(), begun: true);
        Add("c", new BeadState.Pending(new("implement"), Now.AddSeconds(30)), begun: true, attempt: 2);
        Add("d", new BeadState.Pending(new("contract"), null), ready: false, waitsFor: "a");
        Add("e", new BeadState.Completed("x", Now));
        Ran("a", "red-queen", StageStatus.Started, null, startedBefore: 12);

        var beads = Input().Beads;

        Assert.Equal([3, 4, 1, 0], beads.Select(bead => bead.Stage));
        Assert.Equal((0, 12), beads[0].Worked);
        Assert.Equal((30, 1), (beads[2].SnoozedSeconds, beads[2].AttemptsLeft));
        Assert.Equal([0], beads[3].WaitsFor);
    }

    [Fact]
    public void What_waits_for_something_that_will_not_land_is_left_out_with_all_behind_it()
    {
        Add("blocked", new BeadState.Blocked("tries used up"));
        Add("a", new BeadState.Pending(new("contract"), null), ready: false, waitsFor: "blocked");
        Add("b", new BeadState.Pending(new("contract"), null), ready: false, waitsFor: "a");
        Add("deferred", new BeadState.Pending(new("contract"), null), ready: false);
        Add("free", new BeadState.Pending(new("contract"), null));

        Assert.Single(Input().Beads);
    }

    [Fact]
    public void What_waits_for_an_epic_waits_for_what_is_below_it()
    {
        _tracker.Add(new Bead { Id = BeadId.Parse("epic"), Title = "E", Type = "epic" });
        Add("child", new BeadState.Pending(new("contract"), null), parent: "epic");
        Add("after", new BeadState.Pending(new("contract"), null), ready: false, waitsFor: "epic");

        Assert.Equal([0], Input().Beads[1].WaitsFor);
    }

    [Fact]
    public void The_limit_leaves_beads_for_another_swarm_and_the_target_ends_this_one()
    {
        _swarm = _swarm with { Limit = 2, Target = 7 };
        Add("a", new BeadState.Pending(new("implement"), null), begun: true);
        Add("b", new BeadState.Pending(new("contract"), null));
        Add("c", new BeadState.Pending(new("contract"), null));

        var input = Input();

        Assert.Equal(2, input.Beads.Count);
        Assert.Equal(4, input.LandingsWanted);
    }

    Beadswarm.Estimates.EstimateInput Input() => ForecastRules.Input(
        new ForecastRecords(
            _repository.Config(), _beads, _history, _landings, new BeadGraph(_tracker),
            new StatusSnapshot(_swarm, Landed: 3, 0, 0, 0, 0, 0, 0, 0, null, [])),
        Now);

    void Add(
        string id, BeadState state, bool ready = true, bool begun = false, int attempt = 1, string? waitsFor = null,
        string? parent = null)
    {
        BeadDependency[] dependencies =
        [
            .. waitsFor is null ? [] : new[] { new BeadDependency(waitsFor, "blocks", null) },
            .. parent is null ? [] : new[] { new BeadDependency(parent, "parent-child", null) },
        ];
        _tracker.Add(new Bead
        {
            Id = BeadId.Parse(id),
            Title = id,
            Status = state is BeadState.Completed ? "closed" : "open",
            Dependencies = dependencies,
        });
        _beads.Add(new BeadWork(
            BeadId.Parse(id), id, 2, 0, Now.AddDays(-1).AddSeconds(_beads.Count), _beads.Count, ready, state, attempt,
            3, 0, begun, null, null, null, null, Now)
        {
            Begun = begun,
        });
    }

    void Ran(string bead, string stage, StageStatus status, int? seconds, int startedBefore = 1000) =>
        _history.Add(new StageRun(
            new(_history.Count + 1), new(1), BeadId.Parse(bead), new(stage), 1, status, null, null, null, null, "s",
            "w", "b", Now.AddSeconds(-startedBefore),
            seconds is { } length ? Now.AddSeconds(length - startedBefore) : null));

    void Landed(string bead, int queuedBefore, int landedBefore) =>
        _landings.Add(new LandingEntry(
            new(_landings.Count + 1), BeadId.Parse(bead), bead, 2, 1, 3, new(1), "b", "x", "y", "z",
            new LandingState.Landed("c", Now.AddSeconds(-landedBefore)), Now.AddSeconds(-queuedBefore), Now));

    public void Dispose() => _repository.Dispose();
}
