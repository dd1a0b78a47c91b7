using Beadswarm.Agents;
using Beadswarm.Pipelines;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Swarms;

/// <summary>Every way an agent can end has one meaning for the pipeline.</summary>
public sealed class AgentEndRulesTests
{
    [Fact]
    public void A_good_end_is_judged_by_its_work() => Check(null, new AgentEnd.Finished(null, null));

    [Fact]
    public void A_broken_verdict_is_unreadable() =>
        Check(new StageEnd.VerdictUnreadable("not JSON"), new AgentEnd.Finished(null, "not JSON"));

    [Fact]
    public void An_exit_code_is_the_agents_own_failure() =>
        Check(new StageEnd.AgentFailed(3, null), new AgentEnd.Failed(3, "output"));

    [Fact]
    public void Out_of_turns_is_giving_up() =>
        Check(new StageEnd.GaveUp("30 turns"), new AgentEnd.MaxTurns("30 turns"));

    [Fact]
    public void Out_of_context_is_giving_up() =>
        Check(new StageEnd.GaveUp("full"), new AgentEnd.ContextExhausted("full"));

    [Fact]
    public void A_question_is_giving_up() =>
        Check(
            new StageEnd.GaveUp("it asked: may I?; nobody answers: see runners.NAME.permission"),
            new AgentEnd.WaitingForPermission("may I?"));

    [Fact]
    public void A_conversation_that_was_lost_goes_on_in_another_one() => Check(
        new StageEnd.Continued("its conversation is not there any more"), new AgentEnd.ConversationLost("none"));

    [Fact]
    public void A_rate_limit_keeps_its_reset() => Check(
        new StageEnd.RateLimited(DateTimeOffset.UnixEpoch),
        new AgentEnd.RateLimited(DateTimeOffset.UnixEpoch, "later"));

    [Fact]
    public void An_overload_is_infrastructure() =>
        Check(new StageEnd.Unavailable("busy"), new AgentEnd.Overloaded("busy"));

    [Fact]
    public void Missing_credentials_are_infrastructure() =>
        Check(new StageEnd.Unauthorized("log in"), new AgentEnd.Unauthorized("log in"));

    [Fact]
    public void A_timeout_is_infrastructure() =>
        Check(new StageEnd.TimedOut(TimeSpan.FromMinutes(30)), new AgentEnd.TimedOut(TimeSpan.FromMinutes(30)));

    [Fact]
    public void Silence_is_infrastructure() =>
        Check(new StageEnd.Stalled(TimeSpan.FromMinutes(10)), new AgentEnd.Stalled(TimeSpan.FromMinutes(10)));

    [Fact]
    public void A_flood_is_a_crash() => Check(
        new StageEnd.Crashed("it wrote more than limits.logBytesMax (9 bytes) and was ended"),
        new AgentEnd.LogLimit(9));

    [Fact]
    public void Too_much_memory_is_a_crash_that_names_what_used_it() => Check(
        new StageEnd.Crashed(
            "its processes used 9.25 GiB (8 GiB of it 'cargo test'), more than limits.agentMemoryGb (9 GiB), and were "
            + "ended"),
        new AgentEnd.MemoryLimit((9L << 30) + (1L << 28), 9L << 30, "8 GiB of it 'cargo test'"));

    [Fact]
    public void A_signal_is_a_crash() => Check(new StageEnd.Crashed("signal 11"), new AgentEnd.Crashed(11, "output"));

    [Fact]
    public void A_budget_that_is_passed_keeps_whose_it_is() => Check(
        new StageEnd.OverBudget(BudgetScope.Day, "too much"),
        new AgentEnd.BudgetExceeded(BudgetScope.Day, "too much"));

    [Fact]
    public void A_program_that_is_not_there_failed_to_start() =>
        Check(new StageEnd.FailedToStart("no such file"), new AgentEnd.FailedToStart("no such file", false));

    [Fact]
    public void What_we_ended_was_interrupted() => Check(new StageEnd.Interrupted(), new AgentEnd.Killed("stop"));

    [Fact]
    public void What_vanished_is_lost() =>
        Check(new StageEnd.Lost("its process is gone and left no exit code"), new AgentEnd.Lost());

    static void Check(StageEnd? expected, AgentEnd end) => Assert.Equal(expected, AgentEndRules.Trouble(end));
}
