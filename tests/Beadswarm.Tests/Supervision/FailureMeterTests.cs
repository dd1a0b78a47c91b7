using Beadswarm.Supervision;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Supervision;

/// <summary>What is a meltdown, and what is not. The allowance is 3 in 60 s, with 4 agents.</summary>
public sealed class FailureMeterTests
{
    static readonly RestartLimits Limits =
        new(3, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3));

    readonly FakeTime _time = new();
    readonly FailureMeter _meter;

    public FailureMeterTests() => _meter = new FailureMeter(Limits, agents: 4, _time);

    [Fact]
    public void Stages_that_all_fail_are_a_meltdown_that_says_why()
    {
        Fail(12, beads: 6);
        Assert.Null(_meter.Meltdown());

        Fail(1, beads: 6);

        Assert.Equal(
            "13 stages of 6 beads failed within 12 s and none came to a verdict, mostly: cannot start 'claude' (5)",
            _meter.Meltdown());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_bead_that_takes_every_agent_down_with_it_is_not_a_storm(int beads)
    {
        Fail(50, beads);

        Assert.Null(_meter.Meltdown());
    }

    [Fact]
    public void What_is_over_in_a_moment_is_not_a_storm()
    {
        for (var i = 0; i < 90; i++)
        {
            _meter.StageFailed($"t-{i}", "overloaded");
            _time.Advance(TimeSpan.FromMilliseconds(100));
        }

        Assert.Null(_meter.Meltdown());
    }

    [Fact]
    public void One_verdict_says_that_agents_work()
    {
        for (var i = 0; i < 10; i++)
        {
            Fail(10, beads: 6);
            _meter.StageJudged();
        }

        Assert.Null(_meter.Meltdown());
    }

    [Fact]
    public void What_fails_slowly_is_not_a_storm()
    {
        for (var i = 0; i < 100; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            Fail(1, beads: 6);
        }

        Assert.Null(_meter.Meltdown());
    }

    [Fact]
    public void Few_beads_that_all_fail_are_enough_before_they_are_blocked()
    {
        Fail(11, beads: 3);

        Assert.NotNull(_meter.Meltdown());
    }

    [Fact]
    public void A_swarm_of_a_thousand_agents_need_not_try_a_thousand_times()
    {
        var meter = new FailureMeter(Limits, agents: 1_000, _time);
        for (var i = 0; i <= MeltdownRules.TroublesEnough; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(0.1));
            meter.StageFailed($"t-{i}", "no");
        }

        Assert.NotNull(meter.Meltdown());
    }

    [Fact]
    public void More_failures_of_components_than_all_may_have_are_a_meltdown()
    {
        for (var i = 0; i < 12; i++)
        {
            _meter.ComponentFailed($"agent {i}", "broken");
        }

        Assert.Null(_meter.Meltdown());
        _meter.ComponentFailed("lander", "no remote");

        Assert.Equal("13 failures within 60 s, the last one in lander: no remote", _meter.Meltdown());
    }

    [Fact]
    public void What_was_decided_once_stays_decided()
    {
        _meter.Lost("the tracker is gone");
        _time.Advance(TimeSpan.FromHours(1));
        Fail(100, beads: 50);

        Assert.Equal("the tracker is gone", _meter.Meltdown());
    }

    /// <summary>Forwards would forgive what fails now, backwards never forget it.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public void A_clock_that_is_set_neither_forgives_nor_adds_up(int days)
    {
        var clock = new ClockThatIsSet(_time);
        var meter = new FailureMeter(Limits, agents: 0, clock);
        for (var i = 0; i < 3; i++)
        {
            meter.ComponentFailed("lander", "no remote");
        }

        clock.Offset = TimeSpan.FromDays(days);
        Assert.Null(meter.Meltdown());
        meter.ComponentFailed("lander", "no remote");
        Assert.NotNull(meter.Meltdown());

        var forgiving = new FailureMeter(Limits, agents: 0, clock);
        forgiving.ComponentFailed("lander", "no remote");
        clock.Offset -= TimeSpan.FromDays(days);
        _time.Advance(TimeSpan.FromSeconds(61));
        for (var i = 0; i < 3; i++)
        {
            forgiving.ComponentFailed("lander", "no remote");
        }

        Assert.Null(forgiving.Meltdown());
    }

    /// <summary>Time goes on as it does; what a person sees of it is set.</summary>
    sealed class ClockThatIsSet(FakeTime time) : TimeProvider
    {
        public TimeSpan Offset { get; set; }

        public override long TimestampFrequency => time.TimestampFrequency;

        public override DateTimeOffset GetUtcNow() => time.GetUtcNow() + Offset;

        public override long GetTimestamp() => time.GetTimestamp();
    }

    void Fail(int times, int beads)
    {
        for (var i = 0; i < times; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            _meter.StageFailed($"t-{i % beads}", "cannot start 'claude' (5)");
        }
    }
}
