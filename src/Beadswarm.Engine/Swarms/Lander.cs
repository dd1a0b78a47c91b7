using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Git;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Pipelines;
using Beadswarm.Storage;
using Beadswarm.Waiting;
using Beadswarm.Workspaces;

namespace Beadswarm.Swarms;

/// <summary>What a step of the lander came to, and so how long it may rest.</summary>
abstract record LandingStep
{
    LandingStep() { }

    /// <summary>Something was done; look again at once.</summary>
    public sealed record Moved : LandingStep;

    /// <summary>Nothing to do until something rings.</summary>
    public sealed record Idle : LandingStep;

    /// <summary>Something outside is in the way; the queue is kept and tried again.</summary>
    public sealed record Held(string Reason) : LandingStep;
}

/// <summary>Everything the lander works with.</summary>
/// <param name="Target">The branch that beads complete on.</param>
/// <param name="Integration">Mode integration: the branch that beads land on first.</param>
/// <param name="Publish">Mode branch: makes a bead's branch visible to a person, and says under which name.</param>
sealed record LanderParts(
    IStore Store, SwarmEpoch Epoch, SwarmConfig Config, ILandingRepository Target, ILandingRepository? Integration,
    Gatekeeper Gates, IBeadTracker Tracker, CurrentBacklog Backlog, string Repository,
    Func<LandingEntry, CancellationToken, Task<string>> Publish, IWorkspaces Workspaces, IAgentHost Agents,
    EffectLog Effects, Bell Bell, TimeProvider Time);

/// <summary>
/// The only writer of the target branch. One bead at a time: merged in memory, tested as exactly that tree, intended,
/// moved by compare-and-swap, observed, recorded. The process may die between any two of these.
/// </summary>
sealed class Lander(LanderParts parts, CheckoutFollow checkout)
{
    static readonly TimeSpan HoldPauseMin = TimeSpan.FromSeconds(5);

    /// <summary>What is in the way for long is looked at less often; a person who removes it waits no longer.</summary>
    static readonly TimeSpan HoldPauseMax = TimeSpan.FromSeconds(40);

    /// <summary>
    /// How long a tip that was observed after a landing is built upon without asking again. Moving the target is a
    /// compare-and-swap, so a tip that has moved meanwhile costs work and nothing else.
    /// </summary>
    static readonly TimeSpan TipValidFor = TimeSpan.FromSeconds(1);

    readonly CandidateTest _test = new(parts.Gates, parts.Config.Landing.Gates);
    readonly TrackerCommits _tracker = new(parts, checkout);
    readonly Promotion _promotion = new(parts, new CandidateTest(parts.Gates, parts.Config.Landing.Gates));
    string? _reportedHold;
    TimeSpan _holdPause = HoldPauseMin;
    (CommitId Tip, long At)? _observed;

    ILandingRepository LandsOn => parts.Integration ?? parts.Target;

    /// <summary>The tracker's file has changed: it is committed within the configured interval.</summary>
    public void TrackerChanged() => _tracker.Changed();

    /// <param name="drain">No further bead is begun; the one in hand is finished.</param>
    /// <param name="stop">Ends at once; what is in hand stays queued or intended, and recovery settles it.</param>
    public async Task RunAsync(CancellationToken drain, CancellationToken stop)
    {
        while (!drain.IsCancellationRequested)
        {
            var heard = parts.Bell.Listen();
            switch (await TryStepAsync(stop))
            {
                case LandingStep.Moved:
                    (_reportedHold, _holdPause) = (null, HoldPauseMin);
                    parts.Bell.Ring();
                    break;
                case LandingStep.Idle:
                    (_reportedHold, _holdPause) = (null, HoldPauseMin);
                    await RestAsync(heard, _tracker.Due, drain, stop);
                    break;
                case LandingStep.Held held:
                    await ReportHoldAsync(held.Reason, stop);
                    await RestAsync(null, _holdPause, drain, stop);
                    _holdPause = _holdPause * 2 < HoldPauseMax ? _holdPause * 2 : HoldPauseMax;
                    break;
            }
        }

        await checkout.FollowAsync(moreWaits: false, stop);
    }

    /// <summary>
    /// Brings the tracker's file onto the target, where git tracks it. Called once more when everything is over.
    /// </summary>
    public Task<LandingStep> CommitTrackerAsync(CancellationToken cancellationToken) =>
        _tracker.CommitAsync(cancellationToken);

    async Task<LandingStep> TryStepAsync(CancellationToken stop)
    {
        try
        {
            return await StepAsync(stop);
        }
        catch (GitException error) when (error.IsTransient)
        {
            // A remote that cannot be reached, a lock of somebody's git: it passes, and the queue is kept meanwhile.
            return new LandingStep.Held(PipelineRules.OneLine(error.Message));
        }
    }

    async Task<LandingStep> StepAsync(CancellationToken stop)
    {
        var queue = await parts.Store.ReadQueueAsync(stop);
        var moreWaits = queue.Any(entry => entry.State is LandingState.Intended or LandingState.Queued);
        await checkout.FollowAsync(moreWaits, stop);
        if (queue.FirstOrDefault(entry => entry.State is LandingState.Intended) is { } intended)
        {
            return await SettleAsync(intended, ((LandingState.Intended)intended.State).Intent, stop);
        }

        if (queue.FirstOrDefault(entry => entry.State is LandingState.Queued) is { } next)
        {
            return parts.Config.Landing.Mode == LandingMode.Branch
                ? await LeaveAsync(next, stop)
                : await LandAsync(next, stop);
        }

        if (parts.Integration is { } integration
            && queue.Where(entry => entry.State is LandingState.Integrated).ToArray() is { Length: > 0 } integrated)
        {
            return await PromoteAsync(integration, integrated, stop);
        }

        return _tracker.Due <= TimeSpan.Zero ? await CommitTrackerAsync(stop) : new LandingStep.Idle();
    }

    async Task<LandingStep> LeaveAsync(LandingEntry entry, CancellationToken stop)
    {
        var publication = Effect(EffectKind.Publication, entry);
        var branch = await parts.Effects.DoAsync(
            publication, () => parts.Publish(entry, stop), name => $"published as {name}", stop);
        await parts.Store.LeaveLandingAsync(parts.Epoch, entry.Id, branch, stop);
        return new LandingStep.Moved();
    }

    async Task<LandingStep> LandAsync(LandingEntry entry, CancellationToken stop)
    {
        var remembered = _observed is { } seen && parts.Time.GetElapsedTime(seen.At) < TipValidFor
            ? seen.Tip
            : (CommitId?)null;
        _observed = null;
        var tip = remembered ?? await LandsOn.TipAsync(stop);
        var style = parts.Config.Landing.Squash ? MergeStyle.Squash : MergeStyle.MergeCommit;
        var request = new MergeRequest(tip, CommitId.Parse(entry.HeadCommit), MessageOf(entry), entry.QueuedAt, style);
        var outcome = await LandsOn.MergeAsync(request, stop);
        if (remembered is not null && outcome is not MergeOutcome.Clean)
        {
            // That there is nothing to land, or that it conflicts, is decided on the tip as it is now: ask again.
            return new LandingStep.Moved();
        }

        switch (outcome)
        {
            case MergeOutcome.Empty:
                // The target has this content already: somebody else did the same, or we did and died before recording
                // it.
                return await CompleteAsync(entry, tip, tip, stop);
            case MergeOutcome.Conflict conflict:
                return await ReturnAsync(entry, Conflicting(conflict), reason => AttemptFeedback.OfConflict(
                    entry, reason, conflict, tip, parts.Config.Limits.FeedbackBytesMax), stop);
            case MergeOutcome.Clean clean:
                return await TestAndMoveAsync(entry, tip, clean, stop);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    async Task<LandingStep> TestAndMoveAsync(
        LandingEntry entry, CommitId tip, MergeOutcome.Clean clean, CancellationToken stop)
    {
        switch (await _test.RunAsync(LandsOn, clean.Candidate, clean.Tree, entry.Bead, stop))
        {
            case GatesOutcome.Failed failed:
                var gate = parts.Config.Gates[failed.Result.Gate];
                return await ReturnAsync(
                    entry, $"gate {failed.Result.Gate} fails on the tree merged with {tip}: {failed.Result.Reason}",
                    reason => AttemptFeedback.OfRedLanding(
                        entry, reason, failed.Result, gate, parts.Config.Limits.FeedbackBytesMax), stop);
            case GatesOutcome.NoVerdict without:
                return new LandingStep.Held(
                    $"gate {without.Result.Gate} gave no verdict {CandidateTest.TestsMax} times: "
                    + without.Result.Reason);
            case GatesOutcome.Passed:
                break;
        }

        var changes = await LandsOn.ChangesAsync(tip, clean.Candidate, stop);
        var intent = new LandingIntent(
            tip.Value, clean.Candidate.Value, clean.Tree.Value, [.. changes.Select(change => change.Path)]);
        return await parts.Store.IntendLandingAsync(parts.Epoch, entry.Id, intent, stop) == WriteOutcome.Done
            ? await MoveAsync(entry, intent, stop)
            : throw new SwarmFencedException();
    }

    async Task<LandingStep> MoveAsync(LandingEntry entry, LandingIntent intent, CancellationToken stop)
    {
        var (from, to) = (CommitId.Parse(intent.Base), CommitId.Parse(intent.Candidate));
        switch (await LandsOn.AdvanceAsync(from, to, stop))
        {
            case AdvanceOutcome.Moved:
                return await RecordAsync(entry, intent, stop);
            case AdvanceOutcome.LostRace lost:
                return await VoidAsync(entry, $"the target moved to {lost.Actual} meanwhile", stop);
            // The intent stands: nothing has moved, and the next look settles it.
            case AdvanceOutcome.Refused refused:
                return new LandingStep.Held($"the target was refused: {refused.Reason}");
            case AdvanceOutcome.Held held:
                return new LandingStep.Held(held.Reason);
            case AdvanceOutcome.Unknown unknown:
                return new LandingStep.Held($"the answer of the push was lost: {unknown.Reason}");
            default:
                throw new SwarmFencedException();
        }
    }

    /// <summary>An intent is found: ask git what became of it.</summary>
    async Task<LandingStep> SettleAsync(LandingEntry entry, LandingIntent intent, CancellationToken stop)
    {
        var tip = await LandsOn.TipAsync(stop);
        if (tip.Value == intent.Base)
        {
            return await MoveAsync(entry, intent, stop);
        }

        return await LandsOn.ObserveAsync(CommitId.Parse(intent.Candidate), intent.Paths, stop) is Observation.Absent
            ? await VoidAsync(entry, $"the target is at {tip} and does not contain it", stop)
            : await RecordAsync(entry, intent, stop);
    }

    async Task<LandingStep> RecordAsync(LandingEntry entry, LandingIntent intent, CancellationToken stop)
    {
        var commit = CommitId.Parse(intent.Candidate);
        var askedAt = parts.Time.GetTimestamp();
        switch (await LandsOn.ObserveAsync(commit, intent.Paths, stop))
        {
            case Observation.Present seen:
                var step = await ObservedAsync(entry, commit, seen.Tip, stop);
                _observed = (seen.Tip, askedAt);
                return step;
            case Observation.PresentButChangedSince seen:
                return await ObservedAsync(entry, commit, seen.SeenAt, stop);
            case Observation.Absent absent:
                return await VoidAsync(entry, $"its content is not on the target at {absent.Tip}", stop);
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }

    async Task<LandingStep> ObservedAsync(LandingEntry entry, CommitId commit, CommitId tip, CancellationToken stop)
    {
        if (parts.Integration is null)
        {
            return await CompleteAsync(entry, commit, tip, stop);
        }

        await FencedUnlessDoneAsync(parts.Store.RecordIntegratedAsync(parts.Epoch, entry.Id, commit.Value, stop));
        return new LandingStep.Moved();
    }

    async Task<LandingStep> CompleteAsync(LandingEntry entry, CommitId commit, CommitId tip, CancellationToken stop)
    {
        // Before it is recorded: after a crash it is done again, and doing it twice is the same as once.
        var tree = await parts.Target.TreeAsync(commit, stop);
        await parts.Gates.LandedAsync(parts.Config.Landing.Gates, tree.Value, stop);
        var proof = new LandingProof(commit.Value, tip.Value);

        // Intended before the landing is recorded: once it is, nothing but these would lead back to them.
        var removal = await parts.Effects.IntendAsync(Effect(EffectKind.BranchRemoval, entry), stop);
        await checkout.IntendAsync(tip, stop);
        await FencedUnlessDoneAsync(parts.Store.CompleteLandingAsync(parts.Epoch, entry.Id, proof, stop));
        checkout.Landed(tip);

        // Refuses by itself while anything is only there; what is left is removed by clean.
        var removed = await parts.Workspaces.RemoveLandedBranchAsync(
            new BranchName(entry.Branch), CommitId.Parse(entry.HeadCommit), stop);
        await parts.Effects.SettleAsync(removal, EffectWords.Of(removed));
        return new LandingStep.Moved();
    }

    async Task<LandingStep> VoidAsync(LandingEntry entry, string reason, CancellationToken stop)
    {
        await FencedUnlessDoneAsync(parts.Store.VoidLandingAsync(parts.Epoch, entry.Id, reason, stop));
        return new LandingStep.Moved();
    }

    async Task<LandingStep> ReturnAsync(
        LandingEntry entry, string reason, Func<string, AttemptFeedback> feedback, CancellationToken stop)
    {
        var decision = PipelineRules.ReturnFromLanding(
            parts.Config.Pipeline, entry.Attempt, entry.AttemptsAllowed, reason);
        var failures = (await parts.Store.ReadBeadAsync(entry.Bead, stop))?.InfrastructureFailures ?? 0;
        BeadTransition transition = decision switch
        {
            StageDecision.Retry retry => new BeadTransition.Free(retry.Stage, retry.Attempt, failures, null),
            StageDecision.Block block => new BeadTransition.Block(block.Reason),
            _ => throw new System.Diagnostics.UnreachableException($"{decision}"),
        };
        var told = feedback(reason);
        var artifacts = told.Artifacts;
        if (transition is BeadTransition.Block blocked)
        {
            var dossier = await BlockedDossier.WriteAsync(
                parts.Store, parts.Backlog, parts.Agents,
                new BlockedBead(entry.Bead, blocked.Reason, told, Last: null), stop);
            artifacts = [.. artifacts, dossier];
        }

        await FencedUnlessDoneAsync(parts.Store.ReturnLandingAsync(
            parts.Epoch, entry.Id, reason, transition, artifacts, stop));
        return new LandingStep.Moved();
    }

    /// <summary>Mode integration: what was promoted is observed on the target and completed.</summary>
    async Task<LandingStep> PromoteAsync(
        ILandingRepository integration, IReadOnlyList<LandingEntry> integrated, CancellationToken stop)
    {
        if (await _promotion.RunAsync(integration, stop) is { } inTheWay)
        {
            return inTheWay;
        }

        foreach (var entry in integrated)
        {
            var commit = CommitId.Parse(((LandingState.Integrated)entry.State).Commit);
            switch (await parts.Target.ObserveAsync(commit, [], stop))
            {
                case Observation.Present seen:
                    await CompleteAsync(entry, commit, seen.Tip, stop);
                    break;
                case Observation.PresentButChangedSince seen:
                    await CompleteAsync(entry, commit, seen.Tip, stop);
                    break;
                case Observation.Absent:
                    return new LandingStep.Held($"{entry.Bead} was promoted, but its content is not on the target");
            }
        }

        return new LandingStep.Moved();
    }

    /// <summary>Something done to the branch of a bead in the queue.</summary>
    static NewEffect Effect(EffectKind kind, LandingEntry entry) => new(kind, entry.Branch)
    {
        Bead = entry.Bead,
        Agent = entry.Agent,
        To = entry.HeadCommit,
    };

    static string Conflicting(MergeOutcome.Conflict conflict) =>
        $"conflict in {string.Join(", ", conflict.Files.Select(file => file.Path))}"
        + (conflict.OtherSide.Select(other => other.Bead).OfType<string>().Distinct().ToArray() is { Length: > 0 } beads
            ? $" with {string.Join(", ", beads)}" : "");

    static LandingMessage MessageOf(LandingEntry entry) => new(
        $"{entry.Bead}: {entry.Title}", "",
        [
            (LandingMessage.BeadTrailer, entry.Bead.Value),
            ("Attempt", entry.Attempt.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            ("Agent", entry.Agent.ToString()),
        ]);

    static async Task FencedUnlessDoneAsync(Task<WriteOutcome> write)
    {
        if (await write == WriteOutcome.Fenced)
        {
            throw new SwarmFencedException();
        }
    }

    async Task ReportHoldAsync(string reason, CancellationToken stop)
    {
        if (_reportedHold != reason)
        {
            _reportedHold = reason;
            await parts.Store.AppendAsync(
                null, null, new JournalEvent.ComponentHeld("lander", reason), stop);
            parts.Bell.Ring();
        }
    }

    /// <param name="heard">A ring after this ends the rest early; null: none does.</param>
    /// <param name="pause">Ends it at the latest; null: only a ring does.</param>
    async Task RestAsync(long? heard, TimeSpan? pause, CancellationToken drain, CancellationToken stop)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(drain, stop);
        try
        {
            await ((heard, pause) switch
            {
                ({ } since, { } atMost) => parts.Bell.WaitAsync(since, atMost, parts.Time, either.Token),
                ({ } since, null) => parts.Bell.WaitAsync(since, either.Token),
                (null, var atMost) => Task.Delay(atMost ?? Timeout.InfiniteTimeSpan, parts.Time, either.Token),
            });
        }
        catch (OperationCanceledException) when (drain.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            // The loop's condition ends it.
        }
    }
}
