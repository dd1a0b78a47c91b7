using Beadswarm.Pipelines;
using Beadswarm.Tests.Support;
using FsCheck;
using FsCheck.Fluent;

namespace Beadswarm.Tests.Pipelines;

public sealed class PipelineRulesTests
{
    const int WalkMax = 1000;

    static readonly DateTimeOffset Noon = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);
    static readonly RetryLimits Limits = new(5, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5));
    static readonly Pipeline Default = PipelinePresets.Build(PipelinePresets.Default, ["build", "test"], 3);
    static readonly AgentVerdict Pass = new(true, "fine", []);
    static readonly AgentVerdict Fail = new(false, "broken\nbadly", [new("major", "wrong", null, null, null)]);

    static readonly StageEnd[] Ends =
    [
        new StageEnd.Finished(Pass),
        new StageEnd.Finished(null),
        new StageEnd.Finished(Fail),
        new StageEnd.AgentFailed(1, null),
        new StageEnd.AgentFailed(1, Fail),
        new StageEnd.GaveUp("out of turns"),
        new StageEnd.VerdictUnreadable("not JSON"),
        new StageEnd.NoCommit(),
        new StageEnd.SameTree("4b825dc"),
        new StageEnd.GateFailed("test", "exited with code 2"),
        new StageEnd.GateFailed("test", "timed out after 10m"),
        new StageEnd.Crashed("signal 11"),
        new StageEnd.TimedOut(TimeSpan.FromMinutes(30)),
        new StageEnd.Stalled(TimeSpan.FromMinutes(10)),
        new StageEnd.Lost("node restarted"),
        new StageEnd.FailedToStart("no such file"),
        new StageEnd.Unavailable("disk full"),
        new StageEnd.Unauthorized("401"),
        new StageEnd.RateLimited(Noon.AddHours(2)),
        new StageEnd.RateLimited(null),
        new StageEnd.Continued("40 turns"),
        new StageEnd.Interrupted(),
        new StageEnd.NoRoom("the disk is full"),
        new StageEnd.OverBudget(BudgetScope.Execution, "its own limit"),
        new StageEnd.OverBudget(BudgetScope.Bead, "the bead's limit"),
        new StageEnd.OverBudget(BudgetScope.Swarm, "the swarm's limit"),
        new StageEnd.OverBudget(BudgetScope.Day, "the day's limit"),
    ];

    [Fact]
    public void Every_end_at_every_stage_has_an_answer() => Snapshot.Match(string.Join('\n',
        from stage in Default.Stages
        from end in Ends
        select $"{stage.Name,-12} {Name(end),-42} -> {Show(Decide(stage.Name, end))}"));

    [Fact]
    public void Last_attempt_is_followed_by_blocking() => Snapshot.Match(string.Join('\n',
        from end in Ends
        select $"{Name(end),-42} -> {Show(Decide(new("qa-enforcer"), end, attempt: 3, failures: 5))}"));

    [Fact]
    public void Failed_contract_is_written_again_and_costs_an_attempt() =>
        Assert.Equal("retry contract as 2", Show(Decide(new("contract"), new StageEnd.AgentFailed(1, null)))[..19]);

    [Fact]
    public void Preset_rust_leads_back_to_the_generator()
    {
        var rust = PipelinePresets.Build(PipelinePresets.Find("rust")!, [], 3);

        var decision = Decide(new("red-queen"), new StageEnd.Finished(Fail), pipeline: rust);

        Assert.Equal("functional-rust-generator", Assert.IsType<StageDecision.Retry>(decision).Stage.Value);
    }

    [Fact]
    public void Landing_failure_starts_the_next_attempt_until_they_are_used_up()
    {
        Assert.Equal(
            new StageDecision.Retry(StageName.Implement, 3, "landing: conflict in a.txt"),
            PipelineRules.ReturnFromLanding(Default, 2, 3, "conflict in a.txt"));
        Assert.IsType<StageDecision.Block>(PipelineRules.ReturnFromLanding(Default, 3, 3, "conflict in a.txt"));
    }

    [Fact]
    public void Attempt_beyond_the_allowed_ones_is_blocked_and_not_counted_on() =>
        Assert.IsType<StageDecision.Block>(Decide(StageName.Implement, new StageEnd.NoCommit(), attempt: 9));

    [Theory]
    [InlineData("t0", "t0", "no commit")]
    [InlineData("t0", "t1", "same tree")]
    [InlineData("t1", "t1", "same tree")]
    [InlineData("t0", "t2", "progress")]
    public void Progress_is_a_tree_that_is_new_and_has_not_failed(string before, string now, string expected) =>
        Assert.Equal(expected, PipelineRules.ProgressMissing(Default[StageName.Implement], before, now, ["t1"]) switch
        {
            StageEnd.NoCommit => "no commit",
            StageEnd.SameTree => "same tree",
            null => "progress",
            var other => other.ToString(),
        });

    [Fact]
    public void Unfinished_stage_goes_on_as_often_as_an_attempt_may_and_then_fails()
    {
        Assert.Equal(new StageEnd.Continued("40 turns"), PipelineRules.Unfinished("40 turns", 2, 3));
        Assert.Equal(
            new StageEnd.GaveUp("40 turns (after limits.continuationsMax 3 continuations)"),
            PipelineRules.Unfinished("40 turns", 3, 3));
        Assert.Equal(new StageEnd.GaveUp("40 turns"), PipelineRules.Unfinished("40 turns", 0, 0));
    }

    [Fact]
    public void Stage_that_needs_no_progress_may_leave_the_tree_alone() =>
        Assert.Null(PipelineRules.ProgressMissing(Default[new("qa-enforcer")], "t1", "t1", ["t1"]));

    [Fact]
    public void What_fails_on_a_disk_without_room_is_no_attempt_but_counted_and_what_passes_has_passed()
    {
        StageEnd Full(StageEnd end) => PipelineRules.WithoutRoom(Default[StageName.Implement], end, "no room");

        Assert.Equal(
            new StageEnd.Unavailable("no room; meanwhile: the agent exited with code 1"),
            Full(new StageEnd.AgentFailed(1, null)));
        Assert.IsType<StageEnd.Finished>(Full(new StageEnd.Finished(null)));
        Assert.IsType<StageEnd.Crashed>(Full(new StageEnd.Crashed("signal 9")));
        Assert.IsType<StageEnd.NoCommit>(
            PipelineRules.WithoutRoom(Default[StageName.Implement], new StageEnd.NoCommit(), roomShort: null));
    }

    [Fact]
    public void Reset_in_the_past_waits_a_little_and_one_far_away_is_not_believed()
    {
        var past = Assert.IsType<StageDecision.Snooze>(
            Decide(StageName.Implement, new StageEnd.RateLimited(Noon.AddYears(-1)), failures: 4));
        var far = Assert.IsType<StageDecision.Snooze>(
            Decide(StageName.Implement, new StageEnd.RateLimited(Noon.AddYears(5)), failures: 4));

        Assert.InRange(past.Until, Noon.AddSeconds(1), Noon.AddSeconds(2));
        Assert.Equal(Noon.AddHours(24), far.Until);
        Assert.Equal((4, 4), (past.InfrastructureFailures, far.InfrastructureFailures));
    }

    [Fact]
    public void Delay_doubles_stays_within_its_bounds_and_never_overflows() =>
        Prop.ForAll(
            Gen.Choose(1, int.MaxValue).ToArbitrary(), Gen.Choose(0, 999).ToArbitrary(), (failures, permille) =>
            {
                var delay = PipelineRules.Delay(failures, Limits, permille / 1000.0);
                var earlier = PipelineRules.Delay(Math.Max(1, failures - 1), Limits, permille / 1000.0);
                return delay >= Limits.DelayMin && delay <= Limits.DelayMax && delay >= earlier;
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_history_of_ends_terminates_within_the_limits() =>
        Prop.ForAll(
            Gen.Choose(0, Ends.Length - 1).ArrayOf(40).ToArbitrary(), Gen.Choose(1, 6).ToArbitrary(), Walk)
            .QuickCheckThrowOnFailure();

    // Plays the ends in a circle until the bead lands or is blocked.
    static bool Walk(int[] script, int allowed)
    {
        var (stage, attempt, failures, limited) = (Default.Stages[0].Name, 1, 0, 0);
        for (var step = 0; step < WalkMax; step++)
        {
            // What costs nothing has no bound by count, so the script may not consist of it alone.
            var end = limited > 3 ? new StageEnd.NoCommit() : Ends[script[step % script.Length]];
            var decision = PipelineRules.Decide(
                new(Default, stage, attempt, allowed, failures), end, Limits, Noon, step % 10 / 10.0);
            switch (decision)
            {
                case StageDecision.Land or StageDecision.Block:
                    return attempt <= allowed && failures <= Limits.InfrastructureRetriesMax;
                case StageDecision.Advance advance:
                    stage = advance.Next;
                    break;
                case StageDecision.Retry retry when retry.Attempt == attempt + 1 && retry.Attempt <= allowed:
                    (stage, attempt, limited) = (retry.Stage, retry.Attempt, 0);
                    break;
                case StageDecision.Snooze snooze when snooze.InfrastructureFailures >= failures && snooze.Until >= Noon:
                    limited = snooze.InfrastructureFailures == failures ? limited + 1 : 0;
                    failures = snooze.InfrastructureFailures;
                    break;
                default:
                    return false;
            }
        }

        return false;
    }

    static StageDecision Decide(
        StageName stage, StageEnd end, int attempt = 1, int failures = 0, Pipeline? pipeline = null) =>
        PipelineRules.Decide(new(pipeline ?? Default, stage, attempt, 3, failures), end, Limits, Noon, 0.5);

    static string Name(StageEnd end)
    {
        var judged = PipelineRules.Judge(Default[new("qa-enforcer")], end).Status;
        return end switch
        {
            StageEnd.Finished { Verdict: { } verdict } => $"finished, {(verdict.Passed ? "pass" : "fail")} [{judged}]",
            StageEnd.Finished => $"finished, no verdict [{judged}]",
            _ => $"{end.GetType().Name} [{judged}]",
        };
    }

    static string Show(StageDecision decision) => decision switch
    {
        StageDecision.Advance advance => $"advance to {advance.Next}",
        StageDecision.Land => "land",
        StageDecision.Retry retry => $"retry {retry.Stage} as {retry.Attempt}: {retry.Reason}",
        StageDecision.Snooze snooze =>
            $"snooze until {snooze.Until:HH:mm:ss.f}, {snooze.InfrastructureFailures} failures: {snooze.Reason}",
        StageDecision.Block block => $"block: {block.Reason}",
    };
}
