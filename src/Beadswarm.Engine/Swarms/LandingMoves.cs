using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Landing.Queueing;
using Beadswarm.Storage;

namespace Beadswarm.Swarms;

/// <summary>
/// Moves the target: intended, moved by compare-and-swap, observed, recorded. The process may die between any two of
/// these.
/// </summary>
sealed class LandingMoves(LanderParts parts, CheckoutFollow checkout, LandingTip tip)
{
    ILandingRepository LandsOn => parts.Integration ?? parts.Target;

    /// <summary>Brings a candidate, whose tree has passed, onto the target.</summary>
    /// <param name="entries">Its members, in the order in which each is merged onto the one before.</param>
    public async Task<LandingStep> LandAsync(
        IReadOnlyList<LandingEntry> entries, Candidate candidate, CancellationToken stop)
    {
        var batch = entries.Count > 1
            ? new LandingBatch(
                candidate.Base.Value,
                (await LandsOn.JoinAsync(
                    candidate.Base, candidate.Commit, BatchMessage.Of(entries), entries.Max(entry => entry.QueuedAt),
                    stop)).Value)
            : null;
        var landings = new List<IntendedLanding>();
        var onto = candidate.Base;
        foreach (var member in candidate.Members)
        {
            var intent = await IntentAsync(LandsOn, onto, member.Commit, member.Tree, stop);
            landings.Add(new IntendedLanding(member.Landing, intent with { Batch = batch }));
            onto = member.Commit;
        }

        await SwarmFencedException.ThrowIfFencedAsync(
            parts.Store.IntendLandingsAsync(parts.Epoch, landings, stop));
        return await MoveAsync([.. entries.Zip(landings, (entry, landing) => (entry, landing.Intent))], stop);
    }

    /// <summary>To land a commit that was made upon another.</summary>
    public static async Task<LandingIntent> IntentAsync(
        ILandingRepository where, CommitId onto, CommitId commit, TreeId tree, CancellationToken stop) => new(
        onto.Value, commit.Value, tree.Value,
        [.. (await where.ChangesAsync(onto, commit, stop)).Select(change => change.Path)]);

    /// <summary>Of intents, the one to settle first: landings of a batch are recorded in the order of their
    /// merges.</summary>
    public static (LandingEntry Entry, LandingIntent Intent)? First(IReadOnlyList<LandingEntry> entries)
    {
        var intended = entries.Where(entry => entry.State is LandingState.Intended)
            .Select(entry => (Entry: entry, ((LandingState.Intended)entry.State).Intent)).ToArray();
        var candidates = intended.Select(one => one.Intent.Candidate).ToHashSet();
        return intended.OrderBy(one => candidates.Contains(one.Intent.Base))
            .Select(one => ((LandingEntry, LandingIntent)?)one).FirstOrDefault();
    }

    /// <summary>An intent is found: ask git what became of it.</summary>
    public async Task<LandingStep> SettleAsync(LandingEntry entry, LandingIntent intent, CancellationToken stop)
    {
        tip.Forget();
        var now = await LandsOn.TipAsync(stop);
        if (!await LandsOn.KnowsAsync(CommitId.Parse(intent.Arrival), stop))
        {
            // Another node made it, and the target, all of which is here now, does not hold it. Should that node wake
            // and move the target still, the content is found there and nothing lands twice.
            return await VoidAsync(
                entry, $"another node was to land it, and the target at {now} does not contain it", stop);
        }

        if (now.Value == intent.Departure)
        {
            return await MoveAsync([(entry, intent)], stop);
        }

        return await LandsOn.ObserveAsync(CommitId.Parse(intent.Arrival), intent.Paths, stop) is Observation.Absent
            ? await VoidAsync(entry, $"the target is at {now} and does not contain it", stop)
            : await RecordAsync([(entry, intent)], stop);
    }

    /// <summary>
    /// The branch that beads land on has a bead's content: the bead is completed, or waits for promotion.
    /// </summary>
    public Task ObservedAsync(
        LandingEntry entry, CommitId commit, CommitId arrival, CommitId seen, CancellationToken stop) =>
        parts.Integration is null
            ? CompleteAsync(entry, commit, arrival, seen, stop)
            : SwarmFencedException.ThrowIfFencedAsync(
                parts.Store.RecordIntegratedAsync(parts.Epoch, entry.Id, commit.Value, stop));

    /// <summary>The target has a bead's content: the bead is completed, and its branch goes.</summary>
    /// <param name="arrival">What was tested and put onto the target: the commit itself, or that of its batch.</param>
    /// <param name="seen">The tip on which it was seen.</param>
    public async Task CompleteAsync(
        LandingEntry entry, CommitId commit, CommitId arrival, CommitId seen, CancellationToken stop)
    {
        // Before it is recorded: after a crash it is done again, and doing it twice is the same as once.
        var tree = await parts.Target.TreeAsync(arrival, stop);
        await parts.Gates.LandedAsync(parts.Config.Landing.Gates, tree.Value, stop);
        var proof = new LandingProof(commit.Value, seen.Value);

        // Intended before the landing is recorded: once it is, nothing but these would lead back to them.
        var removal = await parts.Effects.IntendAsync(Effect(EffectKind.BranchRemoval, entry), stop);
        await checkout.IntendAsync(seen, stop);
        await SwarmFencedException.ThrowIfFencedAsync(
            parts.Store.CompleteLandingAsync(parts.Epoch, entry.Id, proof, stop));
        checkout.Landed(seen);

        // Refuses by itself while anything is only there; what is left is removed by clean.
        var removed = await parts.Workspaces.RemoveLandedBranchAsync(
            new BranchName(entry.Branch), CommitId.Parse(entry.HeadCommit), stop);
        var shared = await UnshareAsync(entry, stop);
        await parts.Effects.SettleAsync(removal, $"{EffectWords.Of(removed)}{shared}");
    }

    /// <summary>What the nodes have shared of a landed bead goes; what stays after a trouble is in no way.</summary>
    async Task<string> UnshareAsync(LandingEntry entry, CancellationToken stop)
    {
        if (parts.Exchange is not { } exchange)
        {
            return "";
        }

        try
        {
            return $"; {await exchange.RemoveAsync(entry.Bead, CommitId.Parse(entry.HeadCommit), stop)}";
        }
        catch (GitException trouble)
        {
            return $"; what its nodes have shared is kept: {Pipelines.PipelineRules.OneLine(trouble.Message)}";
        }
    }

    /// <summary>Something done to the branch of a bead in the queue.</summary>
    public static NewEffect Effect(EffectKind kind, LandingEntry entry) => new(kind, entry.Branch)
    {
        Bead = entry.Bead,
        Agent = entry.Agent,
        To = entry.HeadCommit,
    };

    /// <param name="landings">Of one batch, or one alone. Others of the batch may be intended too.</param>
    async Task<LandingStep> MoveAsync(
        IReadOnlyList<(LandingEntry Entry, LandingIntent Intent)> landings, CancellationToken stop)
    {
        var (from, to) = (landings[0].Intent.Departure, landings[0].Intent.Arrival);
        switch (await LandsOn.AdvanceAsync(CommitId.Parse(from), CommitId.Parse(to), stop))
        {
            case AdvanceOutcome.Moved:
                return await RecordAsync(landings, stop);
            case AdvanceOutcome.LostRace lost:
                foreach (var (entry, _) in landings)
                {
                    await VoidAsync(entry, $"the target moved to {lost.Actual} meanwhile", stop);
                }

                return new LandingStep.Moved();
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

    /// <param name="landings">That arrived together, in the order of their merges.</param>
    async Task<LandingStep> RecordAsync(
        IReadOnlyList<(LandingEntry Entry, LandingIntent Intent)> landings, CancellationToken stop)
    {
        var askedAt = parts.Time.GetTimestamp();
        switch (await LandsOn.ObserveAsync(
            CommitId.Parse(landings[0].Intent.Arrival),
            [.. landings.SelectMany(landing => landing.Intent.Paths).Distinct()], stop))
        {
            case Observation.Present present:
                foreach (var (entry, intent) in landings)
                {
                    await ObservedAsync(entry, intent, present.Tip, stop);
                }

                tip.Seen(present.Tip, askedAt);
                break;
            case Observation when landings.Count > 1:
                // Somebody has changed some of it since: of whose is seen one by one.
                foreach (var landing in landings)
                {
                    await RecordAsync([landing], stop);
                }

                break;
            case Observation.PresentButChangedSince since:
                tip.Forget();
                await ObservedAsync(landings[0].Entry, landings[0].Intent, since.SeenAt, stop);
                break;
            case Observation.Absent absent:
                return await VoidAsync(
                    landings[0].Entry, $"its content is not on the target at {absent.Tip}", stop);
        }

        return new LandingStep.Moved();
    }

    Task ObservedAsync(LandingEntry entry, LandingIntent intent, CommitId seen, CancellationToken stop) =>
        ObservedAsync(entry, CommitId.Parse(intent.Candidate), CommitId.Parse(intent.Arrival), seen, stop);

    async Task<LandingStep> VoidAsync(LandingEntry entry, string reason, CancellationToken stop)
    {
        tip.Forget();
        await SwarmFencedException.ThrowIfFencedAsync(
            parts.Store.VoidLandingAsync(parts.Epoch, entry.Id, reason, stop));
        return new LandingStep.Moved();
    }
}

/// <summary>What the commit that takes in several landings says.</summary>
static class BatchMessage
{
    const int NamedMax = 5;

    public static LandingMessage Of(IReadOnlyList<LandingEntry> entries) => new(
        $"{string.Join(", ", entries.Take(NamedMax).Select(entry => entry.Bead))}"
            + (entries.Count > NamedMax ? $" and {entries.Count - NamedMax} more" : "") + ": tested together",
        string.Join('\n', entries.Select(entry => $"- {MergeQueue.MessageOf(entry).Title}")),
        [.. entries.Select(entry => (LandingMessage.BatchTrailer, entry.Bead.Value))]);
}

/// <summary>
/// Where the target is, asked again when the last answer is too old. Moving the target is a compare-and-swap, so a tip
/// that has moved meanwhile costs work and nothing else.
/// </summary>
sealed class LandingTip(ILandingRepository where, TimeProvider time)
{
    static readonly TimeSpan ValidFor = TimeSpan.FromSeconds(1);

    (CommitId Tip, long At)? _seen;

    /// <summary>Whether the last answer is an earlier one: what speaks against a bead is decided on a fresh
    /// one.</summary>
    public bool Remembered { get; private set; }

    public async Task<CommitId> AskAsync(CancellationToken cancellationToken)
    {
        Remembered = _seen is { } seen && time.GetElapsedTime(seen.At) < ValidFor;
        if (!Remembered)
        {
            var askedAt = time.GetTimestamp();
            _seen = (await where.TipAsync(cancellationToken), askedAt);
        }

        return _seen!.Value.Tip;
    }

    public void Seen(CommitId tip, long at) => _seen = (tip, at);

    public void Forget() => _seen = null;
}
