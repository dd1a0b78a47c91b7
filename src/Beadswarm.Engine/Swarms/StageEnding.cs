using Beadswarm.Claims;
using Beadswarm.Pipelines;
using Beadswarm.Storage;

namespace Beadswarm.Swarms;

/// <summary>How a stage has ended, and what happens to its bead.</summary>
sealed record EndedStage(BeadTransition Transition, StageFinish Finish);

/// <summary>
/// Writes down how a stage ended and what comes next for its bead, with feedback or dossier, whoever worked on it.
/// </summary>
/// <param name="serves">Stages of the agent: it goes on itself where it can.</param>
sealed class StageEnding(SwarmParts parts, IReadOnlyList<StageName> serves)
{
    /// <summary>Time for writing down how a stage ended, when the swarm is already told to stop.</summary>
    public static readonly TimeSpan RecordTime = TimeSpan.FromSeconds(30);

    /// <summary>Records the stage's end and what comes next. Null when the claim was lost meanwhile.</summary>
    /// <param name="answer">To the request of an external agent, from what is about to be recorded.</param>
    public async Task<EndedStage?> FinishAsync(
        Claim claim, StageReport report, Func<EndedStage, RequestAnswer>? answer, CancellationToken drain)
    {
        var position = new StagePosition(
            parts.Config.Pipeline, claim.Stage, claim.Attempt, claim.AttemptsAllowed, claim.InfrastructureFailures);
        var now = parts.Time.GetUtcNow();
        var stage = parts.Config.Pipeline[claim.Stage];
        var decision = PipelineRules.Decide(
            position, report.End, parts.Config.Limits.Retry, now, parts.Random.NextDouble());
        var judgement = PipelineRules.Judge(stage, report.End);
        Count(claim, judgement);
        var transition = TransitionRules.After(claim, decision, serves, drain.IsCancellationRequested);
        var feedback = judgement is StageJudgement.Failed failed
            ? AttemptFeedback.OfStage(
                claim, report, failed.Reason, parts.Config.Gates, parts.Config.Limits.FeedbackBytesMax)
            : null;
        var finish = new StageFinish(
            report.Run, judgement.Status, Summary(judgement, report.End), feedback?.Text, report.HeadCommit,
            report.HeadTree,
            [.. report.Artifacts, .. feedback?.Artifacts ?? []]);

        using var patience = new CancellationTokenSource(RecordTime, parts.Time);
        if (transition is BeadTransition.Block block)
        {
            var dossier = await BlockedDossier.WriteAsync(
                parts.Store, parts.Backlog, parts.Agents, new BlockedBead(claim.Bead, block.Reason, feedback, finish),
                patience.Token);
            finish = finish with { Artifacts = [.. finish.Artifacts, dossier] };
        }

        var ended = new EndedStage(transition, finish);
        finish = finish with { Answer = answer?.Invoke(ended) };
        var outcome = await parts.Store.FinishStageAsync(claim.Key, finish, transition, patience.Token);
        parts.Foreseen.Changes.Ring();
        parts.Bell.Ring();
        return outcome == WriteOutcome.Done ? ended : null;
    }

    /// <summary>
    /// A rate limit has an end of its own, and an interruption is ours: neither says that agents fail.
    /// </summary>
    void Count(Claim claim, StageJudgement judgement)
    {
        if (judgement is StageJudgement.Trouble trouble)
        {
            parts.Failures.StageFailed(claim.Bead.Value, trouble.Reason);
        }
        else if (judgement is StageJudgement.Passed or StageJudgement.Failed)
        {
            parts.Failures.StageJudged();
        }
    }

    static string Summary(StageJudgement judgement, StageEnd end) => judgement switch
    {
        StageJudgement.Passed => end is StageEnd.Finished { Verdict.Summary: { Length: > 0 } summary }
            ? PipelineRules.OneLine(summary) : "passed",
        StageJudgement.Failed failed => failed.Reason,
        StageJudgement.Trouble trouble => trouble.Reason,
        StageJudgement.Limited limited => limited.Reason,
        StageJudgement.UsedUp used => used.Reason,
        StageJudgement.Interrupted interrupted => interrupted.Reason,
    };
}

/// <summary>Turns what comes next for a bead into what happens to its claim.</summary>
static class TransitionRules
{
    /// <param name="serves">Stages of the agent that holds the claim: it goes on itself where it can.</param>
    public static BeadTransition After(
        Claim claim, StageDecision decision, IReadOnlyList<StageName> serves, bool draining) => decision switch
        {
            StageDecision.Advance advance => GoOn(claim, advance.Next, claim.Attempt, serves, draining),
            StageDecision.Retry retry => GoOn(claim, retry.Stage, retry.Attempt, serves, draining),
            StageDecision.Snooze snooze => new BeadTransition.Free(
                claim.Stage, claim.Attempt, snooze.InfrastructureFailures, snooze.Until),
            StageDecision.Land => new BeadTransition.Land(),
            StageDecision.Block block => new BeadTransition.Block(block.Reason),
        };

    /// <summary>The claim as its holder goes on with it.</summary>
    public static Claim Onward(Claim claim, BeadTransition.Keep next, StageReport report) => claim with
    {
        Stage = next.Stage,
        Attempt = next.Attempt,
        HeadCommit = report.HeadCommit ?? claim.HeadCommit,
        BaseCommit = claim.BaseCommit ?? report.BaseCommit,
    };

    static BeadTransition GoOn(
        Claim claim, StageName stage, int attempt, IReadOnlyList<StageName> serves, bool draining) =>
        !draining && serves.Contains(stage)
            ? new BeadTransition.Keep(stage, attempt)
            : new BeadTransition.Free(stage, attempt, claim.InfrastructureFailures, null);
}
