using Beadswarm.Swarms;

namespace Beadswarm.Tests.Swarms;

/// <summary>When a node that has joined a swarm leaves it, and when it comes to hold it.</summary>
public sealed class JoinedRulesTests
{
    static readonly SwarmDecision.Drain Asked = new(SwarmEnd.Drained, "asked");
    static readonly SwarmRecord Running = new(
        7, new SwarmEpoch(1), SwarmStatus.Running, null, "box", null, null, DateTimeOffset.UnixEpoch, null, false);

    static readonly JoinedView AtWork = new(Running, 7, Holds: false, Fenced: false, InHand: 2, null, null);

    [Fact]
    public void A_swarm_at_work_keeps_it() => Check("GoOn", AtWork);

    [Fact]
    public void It_is_asked_to_stop_and_lets_its_agents_finish_the_stage() =>
        Check("GoOn", AtWork with { Draining = Asked });

    [Fact]
    public void It_leaves_when_it_was_asked_to_and_nothing_is_in_hand() =>
        Check("Leave Drained", AtWork with { Draining = Asked, InHand = 0 });

    [Fact]
    public void It_does_not_hold_a_swarm_that_it_was_asked_to_leave() =>
        Check("Leave Drained", AtWork with { Draining = Asked, InHand = 0, Holds = true });

    [Fact]
    public void A_swarm_that_stops_stops_its_agents() =>
        Check("Drain Drained", AtWork with { Swarm = Running with { Status = SwarmStatus.Stopping } });

    [Fact]
    public void It_waits_for_the_end_of_a_swarm_that_stops_as_long_as_somebody_brings_it_about()
    {
        var stops = AtWork with
        {
            Swarm = Running with { Status = SwarmStatus.Stopping },
            Draining = Asked,
            WithSwarm = true,
            InHand = 0,
        };
        Check("GoOn", stops);
        Check("Leave Drained", stops with { Orphaned = true });
        Check("Leave Drained", stops with { Swarm = Running });
    }

    [Fact]
    public void A_swarm_that_has_stopped_is_left_at_once() =>
        Check("Leave Drained at once", AtWork with { Swarm = Running with { Status = SwarmStatus.Stopped } });

    [Fact]
    public void A_completed_swarm_is_left() =>
        Check("Leave Completed at once", AtWork with { Swarm = Running with { Status = SwarmStatus.Completed } });

    [Fact]
    public void A_later_swarm_is_not_the_one_that_it_has_joined() =>
        Check("Leave Completed at once", AtWork with { Swarm = Running with { Id = 8 } });

    [Fact]
    public void Whoever_has_lost_its_place_lets_go_of_everything() =>
        Check("Leave TakenOver at once", AtWork with { Fenced = true, Holds = true });

    [Fact]
    public void Who_has_taken_over_holds_it() => Check("Hold", AtWork with { Holds = true });

    [Fact]
    public void Agents_that_cannot_go_on_here_end_here() =>
        Check(
            "Drain Unauthorized",
            AtWork with { Trouble = new SwarmDecision.Drain(SwarmEnd.Unauthorized, "no login") });

    static void Check(string expected, JoinedView view) => Assert.Equal(
        expected,
        JoinedRules.Decide(view) switch
        {
            JoinedDecision.Drain drain => $"Drain {drain.End}",
            JoinedDecision.Leave leave => $"Leave {leave.End}{(leave.AtOnce ? " at once" : "")}",
            var other => other.GetType().Name,
        });
}
