using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Landing.Forges;
using Beadswarm.Landing.Queueing;

namespace Beadswarm.Swarms;

/// <summary>
/// Mode pull-request: beads that passed the landing gates are proposed to the forge and wait there side by side; one
/// question per interval asks for all of them. What the forge allows takes its turn in the merge queue again, because
/// the target has moved meanwhile, and is merged by the forge as the head that was tested.
/// </summary>
sealed class PullRequests
{
    const string Turn = "its turn in the merge queue";

    /// <summary>What the forge refused although it had allowed it is asked for again after so long, and then longer.
    /// </summary>
    static readonly TimeSpan RefusalPauseMax = TimeSpan.FromMinutes(10);

    readonly LanderParts _parts;
    readonly ForgeParts _forge;
    readonly LandingReturns _returns;
    readonly LandingTip _tip;
    readonly PullRequestMaking _making;
    readonly PullRequestMerging _merging;
    readonly ForgeWatch _watch;
    readonly CheckLogs _logs;
    readonly PullRequestTerms _terms;
    readonly HashSet<LandingId> _ready = [];
    readonly Dictionary<LandingId, (string Head, DateTimeOffset At)> _shown = [];
    readonly Dictionary<LandingId, Refusal> _refusals = [];
    DateTimeOffset _lookAt;
    bool _open;

    public PullRequests(
        LanderParts parts, ForgeParts forge, LandingTip tip, LandingMoves moves, LandingReturns returns)
    {
        var config = parts.Config.Landing.PullRequest;
        (_parts, _forge, _tip, _returns) = (parts, forge, tip, returns);
        _making = new PullRequestMaking(parts, forge, returns);
        _merging = new PullRequestMerging(parts, forge, tip, moves, returns);
        _logs = new CheckLogs(forge.Api);
        _watch = new ForgeWatch(parts, forge.Api.Address);
        _terms = new PullRequestTerms(config.ReviewRequired, config.ChecksAppear, config.WaitMax);
    }

    /// <summary>The forge is left alone for a while.</summary>
    public bool Quiet => _watch.Quiet;

    /// <summary>Time until the forge is to be asked again; null while there is nothing to ask about.</summary>
    public TimeSpan? Due
    {
        get
        {
            var now = Now;
            return _watch.Quiet ? _watch.QuietUntil - now
                : !_open ? null
                : _lookAt > now ? _lookAt - now : TimeSpan.Zero;
        }
    }

    DateTimeOffset Now => _parts.Time.GetUtcNow();

    /// <summary>Asks about all open ones when it is time to, and follows what the forge says.</summary>
    /// <returns>Moved when a landing has changed by it; null otherwise.</returns>
    public async Task<LandingStep?> LookAsync(IReadOnlyList<LandingEntry> queued, CancellationToken stop)
    {
        var open = queued.Where(entry => entry.PullRequest is not null).ToArray();
        _open = open.Length > 0;
        Forget([.. open.Select(entry => entry.Id)]);
        if (!_open || Now < _lookAt)
        {
            return null;
        }

        var views = await _forge.Api.ReadAsync([.. open.Select(entry => entry.PullRequest!.Number)], stop);
        _watch.Answered();
        _lookAt = Now + _parts.Config.Landing.PullRequest.Poll;
        var changed = false;
        foreach (var entry in open)
        {
            var pull = entry.PullRequest!; // only those that have one
            var waits = views.GetValueOrDefault(pull.Number) is { } view
                ? await FollowAsync(entry, pull, view, stop)
                : new Following.Waits("the forge, which does not show it");
            if (waits is Following.Waits { For: var reason })
            {
                changed |= await _making.RecordAsync(entry, pull with { Waits = reason }, stop);
                continue;
            }

            changed = true;
            if (waits is Following.Ready)
            {
                await _making.RecordAsync(entry, pull with { Waits = Turn }, stop);
            }
        }

        return changed ? new LandingStep.Moved() : null;
    }

    /// <summary>
    /// The line for the merge queue: what the forge allows, and behind it the first that is not yet proposed.
    /// </summary>
    public IReadOnlyList<LandingEntry> Line(IReadOnlyList<LandingEntry> queued) =>
    [
        .. queued.Where(entry => _ready.Contains(entry.Id)),
        .. queued.Where(entry => entry.PullRequest is null).Take(1),
    ];

    /// <summary>The tree of a candidate has passed: it is proposed, or merged if the forge allows it still.</summary>
    public async Task<LandingStep> LandAsync(LandingEntry entry, Candidate candidate, CancellationToken stop)
    {
        if (entry.PullRequest is not { } pull)
        {
            var step = await _making.ProposeAsync(entry, candidate.Base, stop);
            _watch.Answered();
            return step;
        }

        // The tests took their time: both the target and the forge may think otherwise by now.
        _tip.Forget();
        if (await _tip.AskAsync(stop) != candidate.Base)
        {
            return new LandingStep.Moved();
        }

        var views = await _forge.Api.ReadAsync([pull.Number], stop);
        if (views.GetValueOrDefault(pull.Number) is not { } view
            || Decide(entry, pull, view) is not PullRequestAction.Merge)
        {
            _ready.Remove(entry.Id);
            _lookAt = Now;
            return new LandingStep.Moved();
        }

        var (done, refused) = await _merging.MergeAsync(entry, pull, candidate, stop);
        if (refused is not null)
        {
            _ready.Remove(entry.Id);
            _refusals[entry.Id] = Refusal.After(_refusals.GetValueOrDefault(entry.Id), refused, Now, _parts);
        }

        return done;
    }

    /// <summary>The target has the content already, by whatever way.</summary>
    public Task CompleteAsync(LandingEntry entry, PullRequest pull, CommitId tip, CancellationToken stop) =>
        _merging.CompleteAsync(entry, pull, tip, tip, stop);

    /// <summary>An intent is found: ask git and the forge what became of it.</summary>
    public Task<LandingStep> SettleAsync(
        LandingEntry entry, PullRequest pull, LandingIntent intent, CancellationToken stop) =>
        _merging.SettleAsync(entry, pull, intent, stop);

    /// <summary>The forge did not do what it was asked: it is left alone for a while.</summary>
    public async Task<LandingStep> TroubleAsync(ForgeTrouble trouble, CancellationToken stop)
    {
        await _watch.TroubleAsync(trouble, stop);
        return new LandingStep.Waiting();
    }

    PullRequestAction Decide(LandingEntry entry, PullRequest pull, PullRequestView view)
    {
        if (_shown.GetValueOrDefault(entry.Id).Head != pull.Head)
        {
            _shown[entry.Id] = (pull.Head, Now);
        }

        return PullRequestRules.Decide(
            view, pull.Head, _terms, Now - entry.QueuedAt, Now - _shown[entry.Id].At);
    }

    async Task<Following> FollowAsync(
        LandingEntry entry, PullRequest pull, PullRequestView view, CancellationToken stop)
    {
        _ready.Remove(entry.Id);
        switch (Decide(entry, pull, view))
        {
            case PullRequestAction.Waits waits:
                return new Following.Waits(waits.For);
            case PullRequestAction.Merge when _refusals.GetValueOrDefault(entry.Id) is { } refused
                && refused.Until > Now:
                return new Following.Waits($"the forge, which refuses to merge it: {refused.Reason}");
            case PullRequestAction.Merge:
                _ready.Add(entry.Id);
                return new Following.Ready();
            case PullRequestAction.Push:
                return await _making.ShowAsync(entry, pull, stop) is { } push
                    ? new Following.Waits(push)
                    : new Following.Waits("the forge, which does not show its newest commit yet");
            case PullRequestAction.TakeUp:
                await _making.TakeUpAsync(entry, pull, stop);
                return new Following.Changed();
            case PullRequestAction.Conflict:
                return await ConflictAsync(entry, pull, stop);
            case PullRequestAction.ReturnRed red:
                await _returns.ChecksAsync(entry, pull, await _logs.ReadAsync(red.Failed, stop), stop);
                return new Following.Changed();
            case PullRequestAction.ReturnReviewed reviewed:
                await _returns.ReviewAsync(entry, pull, reviewed.Reviews, stop);
                return new Following.Changed();
            case PullRequestAction.Observe merged:
                var missing = await _merging.ObserveAsync(entry, pull, view, CommitId.Parse(merged.Commit), stop);
                return missing is null ? new Following.Changed() : new Following.Waits(missing);
            case PullRequestAction.Block block:
                await _returns.BlockAsync(entry, $"{block.Reason}: {pull.Url}", stop);
                return new Following.Changed();
            case PullRequestAction.Leave:
                await SwarmFencedException.ThrowIfFencedAsync(
                    _parts.Store.LeaveLandingAsync(_parts.Epoch, entry.Id, pull.Branch, stop));
                return new Following.Changed();
            case var action:
                throw new System.Diagnostics.UnreachableException($"{action}");
        }
    }

    /// <summary>Our own merge says what is in the way, and of whom.</summary>
    async Task<Following> ConflictAsync(LandingEntry entry, PullRequest pull, CancellationToken stop)
    {
        var tip = await _parts.Target.TipAsync(stop);
        var outcome = await _parts.Target.MergeAsync(
            new MergeRequest(tip, CommitId.Parse(pull.Head), MergeQueue.MessageOf(entry), entry.QueuedAt), stop);
        if (outcome is not MergeOutcome.Conflict conflict)
        {
            return new Following.Waits("the forge, which says that it conflicts; by git it does not");
        }

        await _returns.ConflictAsync(entry, tip, conflict, stop);
        return new Following.Changed();
    }

    void Forget(HashSet<LandingId> open)
    {
        _ready.IntersectWith(open);
        foreach (var gone in _shown.Keys.Concat(_refusals.Keys).Where(id => !open.Contains(id)).ToArray())
        {
            _shown.Remove(gone);
            _refusals.Remove(gone);
        }
    }

    /// <summary>What following the forge came to for one landing.</summary>
    abstract record Following
    {
        Following() { }

        public sealed record Waits(string For) : Following;

        public sealed record Ready : Following;

        /// <summary>It has ended, or has another head.</summary>
        public sealed record Changed : Following;
    }

    /// <summary>The forge allowed a merge, and refused it when it was asked to.</summary>
    sealed record Refusal(string Reason, DateTimeOffset Until, TimeSpan Pause)
    {
        public static Refusal After(Refusal? before, string reason, DateTimeOffset now, LanderParts parts)
        {
            var pause = before is null ? parts.Config.Landing.PullRequest.Poll : before.Pause * 2;
            pause = pause < RefusalPauseMax ? pause : RefusalPauseMax;
            return new Refusal(reason, now + pause, pause);
        }
    }
}
