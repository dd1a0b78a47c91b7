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
    readonly StageRunner _stages = new(parts, slot);
    readonly StageEnding _ending = new(parts, serves);

    /// <summary>Between two looks at whether this node has its place among the others again.</summary>
    static readonly TimeSpan ApartPause = TimeSpan.FromSeconds(1);

    /// <summary>What it last said it waits for: null when it works, empty when it waits for a bead.</summary>
    string? _waitsFor;

    /// <summary>How many claims in a row came to nothing, because no stage could be begun.</summary>
    int _begunInVain;

    /// <param name="unfinished">A stage of this agent that an earlier orchestrator began; taken up first.</param>
    /// <param name="drain">No new claim; the stage in hand is finished.</param>
    /// <param name="terminate">The stage in hand is ended and its work kept.</param>
    public async Task RunAsync(AdoptedStage? unfinished, CancellationToken drain, CancellationToken terminate)
    {
        try
        {
            if (unfinished is not null)
            {
                var turn = parts.Turns.Adopt(slot.Number, slot.Runner);
                await WorkAsync(unfinished.Claim, unfinished.AskedAt, turn, unfinished, drain, terminate);
            }

            await SeekAsync(drain, terminate);
        }
        finally
        {
            parts.Turns.Leave(slot.Number);
        }
    }

    async Task SeekAsync(CancellationToken drain, CancellationToken terminate)
    {
        while (!drain.IsCancellationRequested && !terminate.IsCancellationRequested)
        {
            await parts.Turns.TellAsync(parts.Store, terminate);
            if (parts.Standing.Pause is { } apart)
            {
                await HoldAsync(apart, ApartPause, drain, terminate);
                continue;
            }

            var heard = parts.Bell.Listen();
            if (parts.Budget.Ask(serves, slot.Runner) is { } tight)
            {
                await SayWaitingAsync(tight, terminate);
                await UnlessToldToStopAsync(stop => parts.Bell.WaitAsync(heard, stop), drain, terminate);
                continue;
            }

            var called = parts.Turns.Listen();
            switch (parts.Turns.Take(slot.Number, slot.Runner, parts.Time.GetUtcNow()))
            {
                case TurnAnswer.Rest rest:
                    // Whoever waits for a bead already asks for a turn whenever something changes: that is no news.
                    if (rest.Until is not null || _waitsFor is null)
                    {
                        await SayWaitingAsync(rest.Reason, terminate);
                    }

                    await UnlessToldToStopAsync(
                        stop => parts.Turns.WaitAsync(
                            called, rest.Until - parts.Time.GetUtcNow(), parts.Time, stop),
                        drain, terminate);
                    break;
                case TurnAnswer.Granted granted:
                    await SeekAsync(granted.Turn, drain, terminate);
                    break;
            }
        }
    }

    /// <summary>With a turn, which is given back when there is no bead, and when the bead is let go of.</summary>
    async Task SeekAsync(RunnerTurn turn, CancellationToken drain, CancellationToken terminate)
    {
        try
        {
            switch (parts.Admission.Ask())
            {
                case AdmissionAnswer.Held held:
                    parts.Turns.GiveBack(turn);
                    await HoldAsync(held, drain, terminate);
                    break;
                case AdmissionAnswer.Admitted admitted:
                    await ClaimAsync(admitted, turn, drain, terminate);
                    break;
            }
        }
        finally
        {
            parts.Turns.GiveBack(turn);
        }
    }

    async Task ClaimAsync(
        AdmissionAnswer.Admitted admitted, RunnerTurn turn, CancellationToken drain, CancellationToken terminate)
    {
        var heard = parts.Bell.Listen();
        var askedAt = parts.Time.GetTimestamp();
        var request = new ClaimRequest(slot.Number, parts.Node, serves, parts.Config.Limits.Lease);
        if (await parts.Store.ClaimNextAsync(parts.Epoch, request, terminate) is { } claim)
        {
            _waitsFor = null;
            parts.Bell.Ring();
            var stage = PipelineRules.Resume(parts.Config.Pipeline, claim.Stage);
            await WorkAsync(claim with { Stage = stage }, askedAt, turn, null, drain, terminate);
            await RestAsync(drain, terminate);
        }
        else
        {
            parts.Admission.GiveBack(admitted);
            parts.Turns.GiveBack(turn);
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

        await HoldAsync(held.Reason, Admission.Pause, drain, terminate);
    }

    async Task HoldAsync(string reason, TimeSpan pause, CancellationToken drain, CancellationToken terminate)
    {
        await SayWaitingAsync(reason, terminate);
        if (pause > TimeSpan.Zero)
        {
            await UnlessToldToStopAsync(stop => Task.Delay(pause, parts.Time, stop), drain, terminate);
        }
    }

    /// <summary>The figures change all the time; the first ones of this wait are said.</summary>
    async Task SayWaitingAsync(string reason, CancellationToken terminate)
    {
        if (_waitsFor is not { Length: > 0 })
        {
            _waitsFor = reason;
            await parts.Store.SetAgentStatusAsync(parts.Epoch, slot.Number, AgentStatus.Waiting, reason, terminate);
        }
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
        Claim claim, long askedAt, RunnerTurn turn, AdoptedStage? unfinished, CancellationToken drain,
        CancellationToken terminate)
    {
        var held = parts.Claims.Add(claim, askedAt);
        using var work = CancellationTokenSource.CreateLinkedTokenSource(terminate, held.Lost);
        var current = claim;
        try
        {
            for (; ; unfinished = null)
            {
                if (unfinished is null && parts.Config.Pipeline[current.Stage].Kind == StageKind.Agent)
                {
                    if (parts.Turns.Again(turn, slot.Runner, parts.Time.GetUtcNow()) is not TurnAnswer.Granted again)
                    {
                        await GiveBackAsync(current, "its account takes no work for now");
                        return;
                    }

                    turn = again.Turn;
                }

                var report = unfinished is null
                    ? await _stages.RunAsync(current, turn, work.Token)
                    : await _stages.ResumeAsync(unfinished, current, turn, work.Token);
                _begunInVain = 0;
                if (report?.End is StageEnd.Unauthorized refused)
                {
                    parts.Failures.NotAuthorized(
                        $"runner {slot.Runner} is not authorized: {PipelineRules.OneLine(refused.Detail)}");
                }

                if (report is null
                    || await _ending.FinishAsync(current, report, null, drain) is not
                    { Transition: BeadTransition.Keep next })
                {
                    return;
                }

                current = TransitionRules.Onward(current, next, report);
            }
        }
        catch (OperationCanceledException) when (work.IsCancellationRequested)
        {
            // Between two stages: the claim is free again when its lease ends, or when the next start releases it.
        }
        catch (Exception unavailable) when (unavailable is GitException or TrackerException)
        {
            _begunInVain++;
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
            parts.Turns.GiveBack(turn);
            parts.Bell.Ring();
        }
    }

    /// <summary>
    /// No stage could be begun, for example because the remote is away or the tracker cannot be read: what keeps every
    /// bead from being begun is no fault of this one, so nothing is counted against it, and it is the agent that waits.
    /// </summary>
    async Task GiveBackAsync(Claim claim, string reason)
    {
        var free = new BeadTransition.Free(claim.Stage, claim.Attempt, claim.InfrastructureFailures, null);
        using var patience = new CancellationTokenSource(StageEnding.RecordTime, parts.Time);
        await parts.Store.ReleaseAsync(claim.Key, free, PipelineRules.OneLine(reason), null, patience.Token);
    }

    /// <summary>
    /// Frees the bead of an agent that failed in a way nobody foresaw, and counts it: whoever takes it next blocks it
    /// when it has happened too often. Where that fails too, its lease ends and counts it.
    /// </summary>
    async Task GiveUpAsync(Claim claim, Exception defect)
    {
        var reason = PipelineRules.OneLine($"agent {slot.Number} failed: {defect.Message}");
        parts.Failures.StageFailed(claim.Bead.Value, reason);
        try
        {
            using var patience = new CancellationTokenSource(StageEnding.RecordTime, parts.Time);
            var (stage, attempt, before) = await StandsAtAsync(claim, patience.Token);
            var pause = PipelineRules.Delay(before + 1, parts.Config.Limits.Retry, parts.Random.NextDouble());
            await parts.Store.ReleaseAsync(
                claim.Key, new BeadTransition.Free(stage, attempt, before + 1, parts.Time.GetUtcNow() + pause), reason,
                null, patience.Token);
        }
        catch (Exception)
        {
            // What the supervisor is to hear of is the defect.
        }
    }

    /// <summary>
    /// Where the bead is: the stage that failed may have been recorded, and its bead a step further, and only the
    /// answer was lost.
    /// </summary>
    async Task<(StageName Stage, int Attempt, int Failures)> StandsAtAsync(
        Claim claim, CancellationToken cancellationToken) =>
        await parts.Store.ReadBeadAsync(claim.Bead, cancellationToken) is { State: BeadState.Held held } bead
        && held.Token == claim.Key.Token
            ? (PipelineRules.Resume(parts.Config.Pipeline, held.Stage), bead.Attempt, bead.InfrastructureFailures)
            : (claim.Stage, claim.Attempt, claim.InfrastructureFailures);
}
