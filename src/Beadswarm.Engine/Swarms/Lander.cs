using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Configuration;
using Beadswarm.Git;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Landing.Forges;
using Beadswarm.Landing.Queueing;
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

    /// <summary>Nothing to do until something rings, or the tracker's file is to be committed.</summary>
    public sealed record Idle : LandingStep;

    /// <summary>Tests are under way, or a person has paused the queue; nothing to do until something rings.</summary>
    public sealed record Waiting : LandingStep;

    /// <summary>Something outside is in the way; the queue is kept and tried again.</summary>
    public sealed record Held(string Reason) : LandingStep;
}

/// <summary>Everything the lander works with.</summary>
/// <param name="Target">The branch that beads complete on.</param>
/// <param name="Integration">Mode integration: the branch that beads land on first.</param>
/// <param name="Publish">Mode branch: makes a bead's branch visible to a person, and says under which name.</param>
sealed record LanderParts(
    IStore Store, Standing Standing, SwarmConfig Config, ILandingRepository Target, ILandingRepository? Integration,
    Gatekeeper Gates, IBeadTracker Tracker, CurrentBacklog Backlog, string Repository,
    Func<LandingEntry, CancellationToken, Task<string>> Publish, IWorkspaces Workspaces, IAgentHost Agents,
    EffectLog Effects, Bell Bell, TimeProvider Time)
{
    public SwarmEpoch Epoch => Standing.Epoch;

    /// <summary>What others did to the tracker's file, into the file of this checkout.</summary>
    public required TrackerMerge Merge { get; init; }

    /// <summary>Mode pull-request: the forge and the branches on it.</summary>
    public ForgeParts? Forge { get; init; }

    /// <summary>Which of those that wait will conflict with each other.</summary>
    public required ForeseenConflicts Foreseen { get; init; }

    /// <summary>Gets the commits of other nodes; null where there are none.</summary>
    public BeadExchange? Exchange { get; init; }
}

/// <summary>
/// The only writer of the target branch. What the merge queue decides is carried out one thing after the other; only
/// tests run beside it. The process may die at any instant.
/// </summary>
sealed class Lander
{
    static readonly TimeSpan HoldPauseMin = TimeSpan.FromSeconds(5);

    /// <summary>What is in the way for long is looked at less often; a person who removes it waits no longer.</summary>
    static readonly TimeSpan HoldPauseMax = TimeSpan.FromSeconds(40);

    readonly LanderParts _parts;
    readonly CheckoutFollow _checkout;
    readonly LandingTip _tip;
    readonly MergeQueue _queue;
    readonly LandingMoves _moves;
    readonly LandingReturns _returns;
    readonly TrackerCommits _tracker;
    readonly Promotion _promotion;
    readonly PullRequests? _pulls;
    string? _reportedHold;
    TimeSpan _holdPause = HoldPauseMin;

    public Lander(LanderParts parts)
    {
        var landsOn = parts.Integration ?? parts.Target;
        _parts = parts;
        _checkout = new CheckoutFollow(parts);
        _tip = new LandingTip(landsOn, parts.Time);
        _queue = new MergeQueue(parts, landsOn);
        _moves = new LandingMoves(parts, _checkout, _tip);
        _returns = new LandingReturns(parts);
        _tracker = new TrackerCommits(parts, _checkout);
        _promotion = new Promotion(parts, new CandidateTest(parts.Gates, parts.Config.Landing.Gates));
        _pulls = parts.Forge is { } forge ? new PullRequests(parts, forge, _tip, _moves, _returns) : null;
    }

    /// <summary>The tracker's file has changed: it is committed within the configured interval.</summary>
    public void TrackerChanged() => _tracker.Changed();

    /// <param name="drain">No further test is begun; what those under way allow to land still lands.</param>
    /// <param name="stop">Ends at once; what is in hand stays queued or intended, and recovery settles it.</param>
    public async Task RunAsync(CancellationToken drain, CancellationToken stop)
    {
        try
        {
            while (!drain.IsCancellationRequested || _queue.TestsUnderWay)
            {
                var heard = _parts.Bell.Listen();
                var draining = drain.IsCancellationRequested;
                var step = await TryStepAsync(draining, stop);
                if (!draining || _queue.TestsUnderWay)
                {
                    await RestAfterAsync(step, heard, draining ? stop : drain, stop);
                }
            }

            await _checkout.FollowAsync(moreWaits: false, stop);
        }
        finally
        {
            await _queue.EndAsync();
        }
    }

    /// <summary>
    /// Brings the tracker's file onto the target, where git tracks it, once more when everything is over.
    /// </summary>
    public async Task<LandingStep> CommitTrackerAsync(CancellationToken cancellationToken) =>
        (await _parts.Store.ReadQueueAsync(cancellationToken)).Pause is null
            ? await CommitFileAsync(cancellationToken)
            : new LandingStep.Waiting();

    /// <summary>Where the queue stood when it was last looked at. For any thread.</summary>
    public async Task<LineReport> ReportAsync(CancellationToken cancellationToken)
    {
        var gates = await _parts.Store.ReadGatesAsync(cancellationToken);
        var times = _parts.Config.Landing.Gates
            .Select(name => gates.FirstOrDefault(gate => gate.Gate == name)?.Typical).ToArray();
        return new LineReport(
            _queue.Positions, _parts.Config.Landing.Tests,
            times.Aggregate((TimeSpan?)TimeSpan.Zero, (sum, time) => sum + time), _reportedHold);
    }

    async Task RestAfterAsync(LandingStep step, long heard, CancellationToken orDrain, CancellationToken stop)
    {
        if (step is LandingStep.Held held)
        {
            await ReportHoldAsync(held.Reason, stop);
            await RestAsync(null, _holdPause, orDrain, stop);
            _holdPause = _holdPause * 2 < HoldPauseMax ? _holdPause * 2 : HoldPauseMax;
            return;
        }

        (_reportedHold, _holdPause) = (null, HoldPauseMin);
        if (step is LandingStep.Moved)
        {
            _parts.Foreseen.Changes.Ring();
            _parts.Bell.Ring();
        }
        else
        {
            // A commit of the tracker's file would make every test under way useless: it waits for them.
            var tracker = step is LandingStep.Waiting ? null : _tracker.Due;
            await RestAsync(heard, Earlier(tracker, _pulls?.Due), orDrain, stop);
        }
    }

    async Task<LandingStep> TryStepAsync(bool draining, CancellationToken stop)
    {
        try
        {
            return await StepAsync(draining, stop);
        }
        catch (GitException error) when (error.IsTransient)
        {
            // A remote that cannot be reached, a lock of somebody's git: it passes, and the queue is kept meanwhile.
            return new LandingStep.Held(PipelineRules.OneLine(error.Message));
        }
        catch (ForgeException error) when (_pulls is not null)
        {
            return await _pulls.TroubleAsync(error.Trouble, stop);
        }
    }

    async Task<LandingStep> StepAsync(bool draining, CancellationToken stop)
    {
        // Whatever is in the way of landing: tests end, and a drain waits for them.
        await _queue.TakeInAsync();
        var queue = await _parts.Store.ReadQueueAsync(stop);
        var queued = QueueOrder.Of(
            queue.Entries.Where(entry => entry.State is LandingState.Queued), _parts.Config.Landing.Aging);
        var (here, away) = await BringAsync(queued, stop);
        queued = here;
        var intended = LandingMoves.First(queue.Entries);
        await _checkout.FollowAsync(intended is not null || queued.Count > 0, stop);
        if (_pulls is { Quiet: true })
        {
            // Nothing can be proposed, merged or settled now.
            return new LandingStep.Waiting();
        }

        if (intended is var (settled, intent))
        {
            return _pulls is not null && settled.PullRequest is { } pull
                ? await _pulls.SettleAsync(settled, pull, intent, stop)
                : await _moves.SettleAsync(settled, intent, stop);
        }

        if (queued.FirstOrDefault(entry => entry.Wish is LandingWish.Eject) is { } unwanted)
        {
            await _returns.EjectAsync(unwanted, ((LandingWish.Eject)unwanted.Wish!).Reason, stop);
            return new LandingStep.Moved();
        }

        if (_pulls is not null && await _pulls.LookAsync(queued, stop) is { } followed)
        {
            return followed;
        }

        if (queue.Pause is not null)
        {
            _queue.StandStill(queued);
            return new LandingStep.Waiting();
        }

        queued = _pulls?.Line(queued) ?? queued;
        if (queued.Count > 0 || _queue.TestsUnderWay)
        {
            return _parts.Config.Landing.Mode == LandingMode.Branch
                ? await LeaveAsync(queued[0], stop)
                : await LandAsync(queued, draining, stop);
        }

        var integrated = queue.Entries.Where(entry => entry.State is LandingState.Integrated).ToArray();
        if (_parts.Integration is { } integration && integrated.Length > 0)
        {
            _tip.Forget();
            return await PromoteAsync(integration, integrated, stop);
        }

        return _tracker.Due <= TimeSpan.Zero ? await CommitFileAsync(stop)
            : away is not null ? new LandingStep.Held(away)
            : new LandingStep.Idle();
    }

    /// <summary>Those whose commits are here, other nodes' fetched; and what is said of those that are not.</summary>
    async Task<(IReadOnlyList<LandingEntry> Here, string? Away)> BringAsync(
        IReadOnlyList<LandingEntry> queued, CancellationToken stop)
    {
        if (_parts.Exchange is not { } exchange)
        {
            return (queued, null);
        }

        var here = new List<LandingEntry>();
        string? away = null;
        foreach (var entry in queued)
        {
            if (await exchange.BringAsync(entry.Bead, CommitId.Parse(entry.HeadCommit), stop))
            {
                here.Add(entry);
            }
            else
            {
                away ??= $"the work on {entry.Bead} at {entry.HeadCommit} is neither here nor on the remote";
            }
        }

        return (here, away);
    }

    Task<LandingStep> CommitFileAsync(CancellationToken cancellationToken)
    {
        _tip.Forget();
        return _tracker.CommitAsync(cancellationToken);
    }

    async Task<LandingStep> LeaveAsync(LandingEntry entry, CancellationToken stop)
    {
        var publication = LandingMoves.Effect(EffectKind.Publication, entry);
        var branch = await _parts.Effects.DoAsync(
            publication, () => _parts.Publish(entry, stop), name => $"published as {name}", stop);
        await _parts.Store.LeaveLandingAsync(_parts.Epoch, entry.Id, branch, stop);
        return new LandingStep.Moved();
    }

    async Task<LandingStep> LandAsync(IReadOnlyList<LandingEntry> queued, bool draining, CancellationToken stop)
    {
        var tip = await _tip.AskAsync(stop);
        var action = await _queue.DecideAsync(tip, queued, draining, stop);
        if (action is QueueAction.Complete or QueueAction.ReturnConflict && _tip.Remembered)
        {
            // That there is nothing to land, or that it conflicts, is decided on the tip as it is now: ask again.
            _tip.Forget();
            return new LandingStep.Moved();
        }

        var entries = queued.ToDictionary(entry => entry.Id);
        if (action is QueueAction.Land { Candidate: var landing })
        {
            await _queue.TellResolvedAsync(landing, entries, stop);
        }

        switch (action)
        {
            case null:
                return new LandingStep.Waiting();
            case QueueAction.Land land when _pulls is not null:
                return await _pulls.LandAsync(entries[land.Candidate.Members[0].Landing], land.Candidate, stop);
            case QueueAction.Land land:
                return await _moves.LandAsync(
                    [.. land.Candidate.Members.Select(member => entries[member.Landing])], land.Candidate, stop);
            case QueueAction.Complete complete
                when _pulls is not null && entries[complete.Landing] is { PullRequest: { } pull } proposed:
                await _pulls.CompleteAsync(proposed, pull, tip, stop);
                return new LandingStep.Moved();
            case QueueAction.Complete complete:
                // The branch has this content already: somebody else did the same, or we did and died before
                // recording it.
                await _moves.ObservedAsync(entries[complete.Landing], tip, tip, tip, stop);
                return new LandingStep.Moved();
            case QueueAction.ReturnConflict conflict:
                await _returns.ConflictAsync(
                    entries[conflict.Landing], tip,
                    (MergeOutcome.Conflict)_queue.MergeOf(tip, conflict.Landing), stop);
                return new LandingStep.Moved();
            case QueueAction.ReturnRed red:
                await _returns.RedAsync(
                    entries[red.Candidate.Members[0].Landing], red.Candidate.Base,
                    (GatesOutcome.Failed)_queue.LastOf(red.Candidate.Tree), stop);
                return new LandingStep.Moved();
            case QueueAction.Hold hold:
                var without = (GatesOutcome.NoVerdict)_queue.LastOf(hold.Candidate.Tree);
                _queue.TryAgain(hold.Candidate.Tree);
                return new LandingStep.Held(
                    $"gate {without.Result.Gate} gave no verdict {CandidateTest.TestsMax} times: "
                    + without.Result.Reason);
            default:
                throw new System.Diagnostics.UnreachableException($"{action}");
        }
    }

    /// <summary>Mode integration: what was promoted is observed on the target and completed.</summary>
    async Task<LandingStep> PromoteAsync(
        ILandingRepository integration, IReadOnlyList<LandingEntry> integrated, CancellationToken stop)
    {
        if (await _promotion.RunAsync(integration, stop) is { } inTheWay)
        {
            return inTheWay;
        }

        // Of a batch no commit but the last is on the target's own line: all of it is looked for as what it became.
        foreach (var together in integrated.GroupBy(entry => ((LandingState.Integrated)entry.State).Arrival))
        {
            var arrival = CommitId.Parse(together.Key);
            CommitId? seen = await _parts.Target.ObserveAsync(arrival, [], stop) switch
            {
                Observation.Present present => present.Tip,
                Observation.PresentButChangedSince since => since.Tip,
                Observation.Absent => null,
            };
            if (seen is not { } tip)
            {
                return new LandingStep.Held(
                    $"{string.Join(", ", together.Select(entry => entry.Bead))} was promoted, but its content is not "
                    + "on the target");
            }

            foreach (var entry in together)
            {
                var commit = CommitId.Parse(((LandingState.Integrated)entry.State).Commit);
                await _moves.CompleteAsync(entry, commit, arrival, tip, stop);
            }
        }

        return new LandingStep.Moved();
    }

    async Task ReportHoldAsync(string reason, CancellationToken stop)
    {
        if (_reportedHold != reason)
        {
            _reportedHold = reason;
            await _parts.Store.AppendAsync(
                null, null, new JournalEvent.ComponentHeld("lander", reason), stop);
            _parts.Bell.Ring();
        }
    }

    static TimeSpan? Earlier(TimeSpan? one, TimeSpan? other) =>
        one is null || other < one ? other : one;

    /// <param name="heard">A ring after this ends the rest early; null: none does.</param>
    /// <param name="pause">Ends it at the latest; null: only a ring does.</param>
    async Task RestAsync(long? heard, TimeSpan? pause, CancellationToken orDrain, CancellationToken stop)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(orDrain, stop);
        try
        {
            await ((heard, pause) switch
            {
                ({ } since, { } atMost) => _parts.Bell.WaitAsync(since, atMost, _parts.Time, either.Token),
                ({ } since, null) => _parts.Bell.WaitAsync(since, either.Token),
                (null, var atMost) => Task.Delay(atMost ?? Timeout.InfiniteTimeSpan, _parts.Time, either.Token),
            });
        }
        catch (OperationCanceledException) when (orDrain.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            // The loop's condition ends it.
        }
    }
}
