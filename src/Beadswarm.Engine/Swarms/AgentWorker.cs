using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Git;
using Beadswarm.Pipelines;
using Beadswarm.Storage;

namespace Beadswarm.Swarms;

/// <summary>
/// One agent's life: claim a bead, take it through the stages this agent serves, let go of it, again. It holds at most
/// one
/// claim, and stops acting on it the moment it can no longer be sure of it.
/// </summary>
sealed class AgentWorker(SwarmParts parts, AgentSlot slot, IReadOnlyList<StageName> serves)
{
    /// <summary>Time for writing down how a stage ended, when the swarm is already told to stop.</summary>
    static readonly TimeSpan RecordTime = TimeSpan.FromSeconds(30);

    readonly StageRunner _stages = new(parts, slot);

    /// <summary>What it last said it waits for: null when it works, empty when it waits for a bead.</summary>
    string? _waitsFor;

    /// <summary>How many claims in a row came to nothing, because no stage could be begun.</summary>
    int _begunInVain;

    /// <param name="unfinished">A stage of this agent that an earlier orchestrator began; taken up first.</param>
    /// <param name="drain">No new claim; the stage in hand is finished.</param>
    /// <param name="terminate">The stage in hand is ended and its work kept.</param>
    public async Task RunAsync(AdoptedStage? unfinished, CancellationToken drain, CancellationToken terminate)
    {
        if (unfinished is not null)
        {
            await WorkAsync(unfinished.Claim, unfinished.AskedAt, unfinished, drain, terminate);
        }

        while (!drain.IsCancellationRequested && !terminate.IsCancellationRequested)
        {
            switch (parts.Admission.Ask())
            {
                case AdmissionAnswer.Held held:
                    await HoldAsync(held, drain, terminate);
                    break;
                case AdmissionAnswer.Admitted admitted:
                    await ClaimAsync(admitted, drain, terminate);
                    break;
            }
        }
    }

    async Task ClaimAsync(AdmissionAnswer.Admitted admitted, CancellationToken drain, CancellationToken terminate)
    {
        var heard = parts.Bell.Listen();
        var askedAt = parts.Time.GetTimestamp();
        var request = new ClaimRequest(slot.Number, parts.Node, serves, parts.Config.Limits.Lease);
        if (await parts.Store.ClaimNextAsync(parts.Epoch, request, terminate) is { } claim)
        {
            _waitsFor = null;
            parts.Bell.Ring();
            var stage = PipelineRules.Resume(parts.Config.Pipeline, claim.Stage);
            await WorkAsync(claim with { Stage = stage }, askedAt, null, drain, terminate);
            await RestAsync(drain, terminate);
        }
        else
        {
            parts.Admission.GiveBack(admitted);
            await WaitAsync(heard, drain, terminate);
        }
    }

    async Task WaitAsync(long heard, CancellationToken drain, CancellationToken terminate)
    {
        if (_waitsFor is not "")
        {
            _waitsFor = "";
            await parts.Store.SetAgentStatusAsync(parts.Epoch, slot.Number, AgentStatus.Waiting, null, terminate);
        }

        await UnlessToldToStopAsync(stop => parts.Bell.WaitAsync(heard, stop), drain, terminate);
    }

    /// <summary>The machine has no room for more: only time brings some, not what happens in the swarm.</summary>
    async Task HoldAsync(AdmissionAnswer.Held held, CancellationToken drain, CancellationToken terminate)
    {
        await parts.Room.TellAsync(held, terminate);

        // The figures change all the time; the first ones of this wait are said.
        if (_waitsFor is not { Length: > 0 })
        {
            _waitsFor = held.Reason;
            await parts.Store.SetAgentStatusAsync(
                parts.Epoch, slot.Number, AgentStatus.Waiting, held.Reason, terminate);
        }

        await UnlessToldToStopAsync(stop => Task.Delay(Admission.Pause, parts.Time, stop), drain, terminate);
    }

    /// <summary>The next claim would most likely come to nothing too: waits longer each time.</summary>
    Task RestAsync(CancellationToken drain, CancellationToken terminate)
    {
        var pause = PipelineRules.Delay(_begunInVain, parts.Config.Limits.Retry, parts.Random.NextDouble());
        return _begunInVain == 0
            ? Task.CompletedTask
            : UnlessToldToStopAsync(stop => Task.Delay(pause, parts.Time, stop), drain, terminate);
    }

    static async Task UnlessToldToStopAsync(
        Func<CancellationToken, Task> wait, CancellationToken drain, CancellationToken terminate)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(drain, terminate);
        try
        {
            await wait(either.Token);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            // The loop's condition ends it.
        }
    }

    async Task WorkAsync(
        Claim claim, long askedAt, AdoptedStage? unfinished, CancellationToken drain, CancellationToken terminate)
    {
        var held = parts.Claims.Add(claim, askedAt);
        using var work = CancellationTokenSource.CreateLinkedTokenSource(terminate, held.Lost);
        var current = claim;
        try
        {
            for (; ; unfinished = null)
            {
                var report = unfinished is null
                    ? await _stages.RunAsync(current, work.Token)
                    : await _stages.ResumeAsync(unfinished, current, work.Token);
                _begunInVain = 0;
                if (report is null || await FinishAsync(current, report, drain) is not BeadTransition.Keep next)
                {
                    return;
                }

                current = current with
                {
                    Stage = next.Stage,
                    Attempt = next.Attempt,
                    HeadCommit = report.HeadCommit ?? current.HeadCommit,
                    BaseCommit = current.BaseCommit ?? report.BaseCommit,
                };
            }
        }
        catch (OperationCanceledException) when (work.IsCancellationRequested)
        {
            // Between two stages: the claim is free again when its lease ends, or when the next start releases it.
        }
        catch (Exception unavailable) when (unavailable is GitException or TrackerException)
        {
            await GiveBackAsync(current, unavailable.Message);
        }
        catch (Exception defect)
        {
            // Nobody foresaw it, so the supervisor must hear of it; but this agent does not work on the bead any more.
            await GiveUpAsync(current, defect);
            throw;
        }
        finally
        {
            parts.Claims.Remove(held);
            parts.Bell.Ring();
        }
    }

    /// <summary>
    /// No stage could be begun, for example because the remote is away or the tracker cannot be read: what keeps every
    /// bead from being begun is no fault of this one, so nothing is counted against it, and it is the agent that waits.
    /// </summary>
    async Task GiveBackAsync(Claim claim, string reason)
    {
        _begunInVain++;
        var free = new BeadTransition.Free(claim.Stage, claim.Attempt, claim.InfrastructureFailures, null);
        using var patience = new CancellationTokenSource(RecordTime, parts.Time);
        await parts.Store.ReleaseAsync(claim.Key, free, PipelineRules.OneLine(reason), null, patience.Token);
    }

    /// <summary>
    /// Frees the bead of an agent that failed in a way nobody foresaw, and counts it: whoever takes it next blocks it
    /// when it has happened too often. Where that fails too, its lease ends and counts it.
    /// </summary>
    async Task GiveUpAsync(Claim claim, Exception defect)
    {
        var limits = parts.Config.Limits;
        var failures = claim.InfrastructureFailures + 1;
        var until = parts.Time.GetUtcNow()
            + PipelineRules.Delay(failures, limits.Retry, parts.Random.NextDouble());
        var reason = PipelineRules.OneLine($"agent {slot.Number} failed: {defect.Message}");
        parts.Failures.StageFailed(claim.Bead.Value, reason);
        try
        {
            using var patience = new CancellationTokenSource(RecordTime, parts.Time);
            await parts.Store.ReleaseAsync(
                claim.Key, new BeadTransition.Free(claim.Stage, claim.Attempt, failures, until), reason,
                null, patience.Token);
        }
        catch (Exception)
        {
            // What the supervisor is to hear of is the defect.
        }
    }

    static string Summary(StageJudgement judgement, StageEnd end) => judgement switch
    {
        StageJudgement.Passed => end is StageEnd.Finished { Verdict.Summary: { Length: > 0 } summary }
            ? PipelineRules.OneLine(summary) : "passed",
        StageJudgement.Failed failed => failed.Reason,
        StageJudgement.Trouble trouble => trouble.Reason,
        StageJudgement.Limited limited => limited.Reason,
        StageJudgement.Interrupted interrupted => interrupted.Reason,
    };

    /// <summary>Records the stage's end and what comes next. Null when the claim was lost meanwhile.</summary>
    async Task<BeadTransition?> FinishAsync(Claim claim, StageReport report, CancellationToken drain)
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

        var outcome = await parts.Store.FinishStageAsync(claim.Key, finish, transition, patience.Token);
        parts.Bell.Ring();
        return outcome == WriteOutcome.Done ? transition : null;
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

    static BeadTransition GoOn(
        Claim claim, StageName stage, int attempt, IReadOnlyList<StageName> serves, bool draining) =>
        !draining && serves.Contains(stage)
            ? new BeadTransition.Keep(stage, attempt)
            : new BeadTransition.Free(stage, attempt, claim.InfrastructureFailures, null);
}
