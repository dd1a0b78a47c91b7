using Beadswarm.Supervision;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Supervision;

/// <summary>What is a meltdown, and what is not. The allowance is 3 in 60 s, with 4 agents.</summary>
public sealed class FailureMeterTests
{
    static readonly RestartLimits Limits =
        new(3, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3));

    readonly FailureMeter _meter = new(Limits, agents: 4);
    DateTimeOffset _now = FakeTime.Start;

    [Fact]
    public void Stages_that_all_fail_are_a_meltdown_that_says_why()
    {
        Fail(12, beads: 6);
        Assert.Null(_meter.Meltdown(_now));

        Fail(1, beads: 6);

        Assert.Equal(
            "13 stages of 6 beads failed within 12 s and none came to a verdict, mostly: cannot start 'claude' (5)",
            _meter.Meltdown(_now));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_bead_that_takes_every_agent_down_with_it_is_not_a_storm(int beads)
    {
        Fail(50, beads);

        Assert.Null(_meter.Meltdown(_now));
    }

    [Fact]
    public void What_is_over_in_a_moment_is_not_a_storm()
    {
        for (var i = 0; i < 90; i++)
        {
            _meter.StageFailed($"t-{i}", "overloaded", _now + TimeSpan.FromMilliseconds(100 * i));
        }

        Assert.Null(_meter.Meltdown(_now + TimeSpan.FromSeconds(9)));
    }

    [Fact]
    public void One_verdict_says_that_agents_work()
    {
        for (var i = 0; i < 10; i++)
        {
            Fail(10, beads: 6);
            _meter.StageJudged();
        }

        Assert.Null(_meter.Meltdown(_now));
    }

    [Fact]
    public void What_fails_slowly_is_not_a_storm()
    {
        for (var i = 0; i < 100; i++)
        {
            _now += TimeSpan.FromSeconds(10);
            Fail(1, beads: 6);
        }

        Assert.Null(_meter.Meltdown(_now));
    }

    [Fact]
    public void Few_beads_that_all_fail_are_enough_before_they_are_blocked()
    {
        Fail(11, beads: 3);

        Assert.NotNull(_meter.Meltdown(_now));
    }

    [Fact]
    public void A_swarm_of_a_thousand_agents_need_not_try_a_thousand_times()
    {
        var meter = new FailureMeter(Limits, agents: 1_000);
        for (var i = 0; i <= MeltdownRules.TroublesEnough; i++)
        {
            meter.StageFailed($"t-{i}", "no", _now += TimeSpan.FromSeconds(0.1));
        }

        Assert.NotNull(meter.Meltdown(_now));
    }

    [Fact]
    public void More_failures_of_components_than_all_may_have_are_a_meltdown()
    {
        for (var i = 0; i < 12; i++)
        {
            _meter.ComponentFailed($"agent {i}", "broken", _now);
        }

        Assert.Null(_meter.Meltdown(_now));
        _meter.ComponentFailed("lander", "no remote", _now);

        Assert.Equal("13 failures within 60 s, the last one in lander: no remote", _meter.Meltdown(_now));
    }

    [Fact]
    public void What_was_decided_once_stays_decided()
    {
        _meter.Lost("the tracker is gone");
        _now += TimeSpan.FromHours(1);
        Fail(100, beads: 50);

        Assert.Equal("the tracker is gone", _meter.Meltdown(_now));
    }

    void Fail(int times, int beads)
    {
        for (var i = 0; i < times; i++)
        {
            _now += TimeSpan.FromSeconds(1);
            _meter.StageFailed($"t-{i % beads}", "cannot start 'claude' (5)", _now);
        }
    }
}
