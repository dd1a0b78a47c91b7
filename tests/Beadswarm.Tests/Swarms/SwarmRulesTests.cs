using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Pipelines;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Swarms;

/// <summary>When a swarm is over, and what happens to a claim when a stage is.</summary>
public sealed class SwarmRulesTests
{
    static readonly SwarmView Nothing = new(0, 0, 0, 0, 0, 0, 0, false, false, null, null);

    static readonly SwarmDecision.Drain Asked = new(SwarmEnd.Drained, "asked");

    [Fact]
    public void Nothing_left_is_complete() => Check("Finish Completed", Nothing with { Landed = 3 });

    [Fact]
    public void Only_blocked_beads_left_is_exhausted() => Check("Finish Exhausted", Nothing with { Blocked = 1 });

    [Fact]
    public void Beads_that_cannot_become_ready_are_exhausted() =>
        Check("Finish Exhausted", Nothing with { Pending = 1 });

    [Fact]
    public void A_ready_bead_keeps_it_going() => Check("GoOn", Nothing with { Pending = 1, ServedReady = 1 });

    [Fact]
    public void A_snoozed_bead_keeps_it_going() => Check("GoOn", Nothing with { Pending = 1, Snoozed = true });

    [Fact]
    public void A_bead_at_work_keeps_it_going() => Check("GoOn", Nothing with { InProgress = 1 });

    [Fact]
    public void A_bead_that_lands_keeps_it_going() => Check("GoOn", Nothing with { Landing = 1 });

    [Fact]
    public void What_the_tracker_does_not_know_yet_keeps_it_going() => Check("GoOn", Nothing with { Unsettled = true });

    [Fact]
    public void A_reached_target_drains() =>
        Check("Drain Completed", Nothing with { Target = 2, Landed = 2, Pending = 5, ServedReady = 5 });

    [Fact]
    public void Beads_left_for_a_person_count_for_the_target() =>
        Check("Drain Completed", Nothing with { Target = 2, Landed = 1, Left = 1 });

    [Fact]
    public void A_budget_that_is_used_up_drains() => Check(
        "Drain BudgetExceeded", Nothing with { OverBudget = "too much", Pending = 5, ServedReady = 5, InProgress = 2 });

    [Fact]
    public void A_target_not_reached_does_not() =>
        Check("GoOn", Nothing with { Target = 2, Landed = 1, ServedReady = 1 });

    [Fact]
    public void A_drain_waits_for_what_is_in_hand() => Check("GoOn", Nothing with { Draining = Asked, InProgress = 1 });

    [Fact]
    public void A_drain_does_not_wait_for_the_queue_or_for_what_is_ready() =>
        Check("Finish Drained", Nothing with { Draining = Asked, Landing = 2, Pending = 3, ServedReady = 3 });

    [Fact]
    public void A_storm_of_failures_drains_before_anything_else() =>
        Check("Drain Meltdown", Nothing with { Meltdown = "hot", InProgress = 2, ServedReady = 3 });

    [Fact]
    public void An_agent_that_is_not_let_in_drains_whatever_else_there_is() => Check(
        "Drain Unauthorized", Nothing with { Unauthorized = "no login", Meltdown = "hot", InProgress = 2 });

    [Fact]
    public void A_meltdown_ends_as_one() =>
        Check("Finish Meltdown", Nothing with { Draining = new SwarmDecision.Drain(SwarmEnd.Meltdown, "hot") });

    [Fact]
    public void A_swarm_that_another_orchestrator_has_taken_over_is_left_at_once() =>
        Check("Finish TakenOver", Nothing with { TakenOver = true, Draining = Asked, InProgress = 3 });

    [Theory]
    [InlineData("implement", false, "keep implement 1")]
    [InlineData("implement", true, "free implement 1")]
    [InlineData("review", false, "free review 1")]
    public void The_next_stage_stays_with_an_agent_that_serves_it_unless_it_drains(
        string next, bool draining, string expected) =>
        Assert.Equal(expected, After(new StageDecision.Advance(new StageName(next)), draining));

    [Theory]
    [InlineData("implement", false, "keep implement 2")]
    [InlineData("implement", true, "free implement 2")]
    [InlineData("plan", false, "free plan 2")]
    public void A_retry_stays_with_an_agent_that_serves_it_unless_it_drains(
        string stage, bool draining, string expected) =>
        Assert.Equal(expected, After(new StageDecision.Retry(new StageName(stage), 2, "why"), draining));

    [Fact]
    public void A_snooze_frees_the_same_stage_and_attempt() =>
        Assert.Equal("free implement 1 until 5 failures 4", After(
            new StageDecision.Snooze(DateTimeOffset.UnixEpoch.AddSeconds(5), 4, "why"), draining: false));

    [Fact]
    public void The_last_stage_lands() => Assert.Equal("land", After(new StageDecision.Land(), draining: true));

    [Fact]
    public void Used_up_attempts_block() =>
        Assert.Equal("block why", After(new StageDecision.Block("why"), draining: false));

    static void Check(string expected, SwarmView view)
    {
        var shown = SwarmRules.Decide(view) switch
        {
            SwarmDecision.GoOn => "GoOn",
            SwarmDecision.Drain drain => $"Drain {drain.End}",
            SwarmDecision.Finish finish => $"Finish {finish.End}",
        };
        Assert.Equal(expected, shown);
    }

    static string After(StageDecision decision, bool draining)
    {
        var claim = new Claim(
            new ClaimKey(BeadId.Parse("t-1"), new AgentNumber(1), new FencingToken(1)), StageName.Implement, 1, 3, 0,
            DateTimeOffset.MaxValue, null, null);
        return TransitionRules.After(claim, decision, [new StageName("implement")], draining) switch
        {
            BeadTransition.Keep keep => $"keep {keep.Stage} {keep.Attempt}",
            BeadTransition.Free free => $"free {free.Stage} {free.Attempt}" + (free.NotBefore is { } until
                ? $" until {until.ToUnixTimeSeconds()} failures {free.InfrastructureFailures}" : ""),
            BeadTransition.Land => "land",
            BeadTransition.Block block => $"block {block.Reason}",
        };
    }
}
