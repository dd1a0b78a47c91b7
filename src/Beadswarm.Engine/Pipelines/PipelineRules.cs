using System.Globalization;

namespace Beadswarm.Pipelines;

/// <summary>Decides what a stage's end means and what comes next. Pure: time and chance are given as values.</summary>
static class PipelineRules
{
    // | end of the stage                           | judged   | costs        | then                          |
    // |--------------------------------------------|----------|--------------|-------------------------------|
    // | finished, verdict pass                     | passed   | nothing      | next stage, or landing        |
    // | no verdict, none required                  | passed   | nothing      | next stage, or landing        |
    // | no verdict, but required                   | failed   | an attempt   | back, or blocked              |
    // | finished, verdict fail                     | failed   | an attempt   | back, or blocked              |
    // | agent failed (own exit code), gave up      | failed   | an attempt   | back, or blocked              |
    // | verdict unreadable                         | failed   | an attempt   | back, or blocked              |
    // | no commit, same tree as a failed attempt   | failed   | an attempt   | back, or blocked              |
    // | gate failed or ran into its timeout        | failed   | an attempt   | back, or blocked              |
    // | a gate passes that has to be red           | failed   | an attempt   | back, or blocked              |
    // | tests of an earlier stage are gone         | failed   | an attempt   | back, or blocked              |
    // | crashed, lost, failed to start             | trouble  | infra retry  | same stage later, or blocked  |
    // | stage timeout, idle timeout                | trouble  | infra retry  | same stage later, or blocked  |
    // | unavailable                                | trouble  | infra retry  | same stage later, or blocked  |
    // | rate limited                               | limited  | nothing      | same stage after the reset    |
    // | no room on the disk to begin               | limited  | nothing      | same stage later              |
    // | the bead's budget, or its program's own    | used up  | nothing      | blocked                       |
    // | the swarm's budget, or the day's           | stopped  | nothing      | same stage; the swarm stops   |
    // | interrupted                                | stopped  | nothing      | same stage, free for anybody  |
    // | unauthorized                               | stopped  | nothing      | same stage; the swarm stops   |
    // | out of turns or context, continuation left | stopped  | nothing      | same stage, with a handoff    |
    // | its conversation was lost                  | stopped  | nothing      | same stage, a new conversation|
    //
    // "Back" is the stage itself when it comes before the pipeline's retry stage (a failed contract is written again),
    // else the retry stage. A gate's timeout counts as an attempt because the change under test is what may hang; an
    // agent's timeout does not, because nothing was judged. For the same reason a failure on a disk without room costs
    // an infrastructure retry only. Neither counter is ever lowered here, so a bead runs at
    // most AttemptsAllowed attempts and InfrastructureRetriesMax repetitions before it lands or is blocked.

    /// <summary>A provider's reset further away than this is not believed; the swarm asks again then.</summary>
    public static readonly TimeSpan RateLimitWaitMax = TimeSpan.FromHours(24);

    /// <summary>What a stage's end means for its bead, whatever came before.</summary>
    public static StageJudgement Judge(StageSpec stage, StageEnd end) => end switch
    {
        StageEnd.Finished finished => JudgeVerdict(stage, finished.Verdict),
        StageEnd.AgentFailed failed => new StageJudgement.Failed(
            failed.Verdict is { Passed: false, Summary: { Length: > 0 } summary }
                ? $"the agent exited with code {failed.ExitCode}: {OneLine(summary)}"
                : $"the agent exited with code {failed.ExitCode}"),
        StageEnd.GaveUp gaveUp => new StageJudgement.Failed($"the agent gave up: {OneLine(gaveUp.Detail)}"),
        StageEnd.VerdictUnreadable unreadable =>
            new StageJudgement.Failed($"the result file cannot be read: {OneLine(unreadable.Detail)}"),
        StageEnd.NoCommit => new StageJudgement.Failed("no progress: the stage changed nothing"),
        StageEnd.SameTree same =>
            new StageJudgement.Failed($"no progress: tree {same.Tree} has already failed an attempt"),
        StageEnd.GateFailed gate => new StageJudgement.Failed($"gate {gate.Gate} failed: {OneLine(gate.Reason)}"),
        StageEnd.NotRed green => new StageJudgement.Failed(
            $"gate {green.Gate} passes, and has to fail: the tests of this stage prove nothing"),
        StageEnd.TestsGone gone => new StageJudgement.Failed(
            $"tests that an earlier stage wrote are gone: {OneLine(gone.Paths)}"),
        StageEnd.Crashed crashed => new StageJudgement.Trouble($"the agent crashed: {OneLine(crashed.Detail)}"),
        StageEnd.TimedOut timedOut => new StageJudgement.Trouble(
            $"the agent ran longer than limits.stageTimeout ({Durations.Format(timedOut.Limit)})"),
        StageEnd.Stalled stalled => new StageJudgement.Trouble(
            $"the agent printed nothing for limits.idleTimeout ({Durations.Format(stalled.Limit)})"),
        StageEnd.Lost lost => new StageJudgement.Trouble($"the agent was lost: {OneLine(lost.Detail)}"),
        StageEnd.FailedToStart failed =>
            new StageJudgement.Trouble($"the agent could not be started: {OneLine(failed.Detail)}"),
        StageEnd.Unavailable unavailable => new StageJudgement.Trouble(OneLine(unavailable.Detail)),
        StageEnd.Unauthorized unauthorized =>
            new StageJudgement.Interrupted($"the agent is not authorized: {OneLine(unauthorized.Detail)}"),
        StageEnd.RateLimited limited => new StageJudgement.Limited(limited.Until, "the agent is rate limited"),
        StageEnd.NoRoom full => new StageJudgement.Limited(null, OneLine(full.Detail)),
        StageEnd.Continued continued => new StageJudgement.Interrupted($"goes on: {OneLine(continued.Detail)}"),
        StageEnd.OverBudget { Scope: BudgetScope.Bead or BudgetScope.Execution } over =>
            new StageJudgement.UsedUp($"budget exceeded: {OneLine(over.Detail)}"),
        StageEnd.OverBudget over => new StageJudgement.Interrupted($"budget exceeded: {OneLine(over.Detail)}"),
        StageEnd.Interrupted => new StageJudgement.Interrupted("stopped by the swarm"),
    };

    /// <summary>
    /// What was judged bad while the disk had no room says nothing about the bead, but the stage may be what filled it:
    /// it counts as trouble, so that it is bounded.
    /// </summary>
    /// <param name="roomShort">Why there is no room; null: there is.</param>
    public static StageEnd WithoutRoom(StageSpec stage, StageEnd end, string? roomShort) =>
        roomShort is not null && Judge(stage, end) is StageJudgement.Failed failed
            ? new StageEnd.Unavailable($"{roomShort}; meanwhile: {failed.Reason}")
            : end;

    /// <summary>What becomes of a stage whose agent ran out of turns or of context.</summary>
    /// <param name="continuations">How often it has gone on in this attempt already.</param>
    public static StageEnd Unfinished(string detail, int continuations, int continuationsMax) =>
        continuations < continuationsMax
            ? new StageEnd.Continued(detail)
            : new StageEnd.GaveUp(continuationsMax == 0
                ? detail
                : string.Create(
                    CultureInfo.InvariantCulture,
                    $"{detail} (after limits.continuationsMax {continuationsMax} continuations)"));

    /// <summary>What comes next for the bead.</summary>
    /// <param name="jitter">Drawn from [0, 1).</param>
    public static StageDecision Decide(
        StagePosition position, StageEnd end, RetryLimits limits, DateTimeOffset now, double jitter) =>
        Judge(position.Pipeline[position.Stage], end) switch
        {
            StageJudgement.Passed => position.Pipeline.After(position.Stage) is { } next
                ? new StageDecision.Advance(next.Name)
                : new StageDecision.Land(),
            StageJudgement.Failed failed => RetryOrBlock(position, failed.Reason),
            StageJudgement.Trouble trouble => AgainOrBlock(position, trouble.Reason, limits, now, jitter),
            StageJudgement.Limited limited => new StageDecision.Snooze(
                Reset(limited.Until, limits, now, jitter), position.InfrastructureFailures, limited.Reason),
            StageJudgement.UsedUp used => new StageDecision.Block(used.Reason),
            StageJudgement.Interrupted interrupted =>
                new StageDecision.Snooze(now, position.InfrastructureFailures, interrupted.Reason),
        };

    /// <summary>A conflict or a red gate in landing starts the next attempt like any failed check.</summary>
    public static StageDecision ReturnFromLanding(
        Pipeline pipeline, int attempt, int attemptsAllowed, string reason) =>
        RetryOrBlock(
            new StagePosition(pipeline, pipeline.RetryFrom, attempt, attemptsAllowed, InfrastructureFailures: 0),
            $"landing: {reason}");

    /// <summary>Where a stored bead goes on when the pipeline may have been changed since.</summary>
    public static StageName Resume(Pipeline pipeline, StageName stored) =>
        pipeline.Has(stored) ? stored : pipeline.Stages[0].Name;

    /// <summary>False when the verdict already fails the stage, so that its gates need not be paid for.</summary>
    public static bool GatesMatter(StageSpec stage, AgentVerdict? verdict) =>
        JudgeVerdict(stage, verdict) is StageJudgement.Passed;

    /// <summary>What is wrong with the tree a stage left behind, or null when the stage made progress.</summary>
    /// <param name="treeBefore">The tree the branch had before this stage was first started in this attempt.</param>
    /// <param name="failedTrees">Trees of this bead's failed attempts.</param>
    public static StageEnd? ProgressMissing(
        StageSpec stage, string treeBefore, string treeNow, IReadOnlyCollection<string> failedTrees) => stage switch
        {
            { ProgressRequired: false } => null,
            _ when failedTrees.Contains(treeNow) => new StageEnd.SameTree(treeNow),
            _ when treeNow == treeBefore => new StageEnd.NoCommit(),
            _ => null,
        };

    /// <summary>
    /// Exponential, never below the least nor above the greatest delay; jitter takes up to half of it away.
    /// </summary>
    public static TimeSpan Delay(int failures, RetryLimits limits, double jitter)
    {
        // 2^40 milliseconds are decades; the cap keeps the arithmetic finite whatever the count.
        var exponent = Math.Clamp(failures - 1, 0, 40);
        var least = limits.DelayMin.TotalMilliseconds;
        var full = Math.Min(least * Math.Pow(2, exponent), limits.DelayMax.TotalMilliseconds);
        var drawn = full * (1 - (Math.Clamp(jitter, 0, 1) / 2));
        return TimeSpan.FromMilliseconds(Math.Max(drawn, Math.Min(full, least)));
    }

    static StageJudgement JudgeVerdict(StageSpec stage, AgentVerdict? verdict) => verdict switch
    {
        { Passed: true } => new StageJudgement.Passed(),
        { Passed: false } => new StageJudgement.Failed(
            $"verdict fail, {verdict.Findings.Count} findings"
            + (verdict.Summary is { Length: > 0 } summary ? $": {OneLine(summary)}" : "")),
        null when stage.VerdictRequired =>
            new StageJudgement.Failed("the agent gave no verdict, and the stage requires one"),
        null => new StageJudgement.Passed(),
    };

    static StageDecision RetryOrBlock(StagePosition position, string reason) =>
        position.Attempt < position.AttemptsAllowed
            ? new StageDecision.Retry(
                position.Pipeline.BeforeRetry(position.Stage) ? position.Stage : position.Pipeline.RetryFrom,
                position.Attempt + 1,
                reason)
            : new StageDecision.Block($"attempt {position.Attempt} of {position.AttemptsAllowed} failed: {reason}");

    static StageDecision AgainOrBlock(
        StagePosition position, string reason, RetryLimits limits, DateTimeOffset now, double jitter)
    {
        var failures = position.InfrastructureFailures + 1;
        return failures <= limits.InfrastructureRetriesMax
            ? new StageDecision.Snooze(now + Delay(failures, limits, jitter), failures, reason)
            : new StageDecision.Block(
                $"infrastructure failed {failures} times (limits.infrastructureRetriesMax "
                + $"{limits.InfrastructureRetriesMax}): {reason}");
    }

    /// <summary>
    /// When to try again. The reset is text that an agent's CLI printed: one in the past would spin, one far away would
    /// strand the bead.
    /// </summary>
    public static DateTimeOffset Reset(DateTimeOffset? until, RetryLimits limits, DateTimeOffset now, double jitter)
    {
        var spread = limits.DelayMin * (1 + Math.Clamp(jitter, 0, 1));
        var wait = until is { } at ? at - now + spread : limits.DelayMax;
        return now + (wait < spread ? spread : wait > RateLimitWaitMax ? RateLimitWaitMax : wait);
    }

    /// <summary>Reasons are one line in tables and in the tracker, whatever an agent wrote.</summary>
    public static string OneLine(string text)
    {
        const int LengthMax = 300;
        var line = string.Join(' ', text.Split(Blanks, StringSplitOptions.RemoveEmptyEntries));
        return line.Length <= LengthMax ? line : string.Concat(line.AsSpan(0, LengthMax), "…");
    }

    static readonly char[] Blanks = [' ', '\t', '\r', '\n', '\v', '\f'];
}
