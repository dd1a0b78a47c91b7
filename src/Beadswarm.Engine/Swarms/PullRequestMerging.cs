using Beadswarm.Git;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Landing.Forges;
using Beadswarm.Landing.Queueing;
using Beadswarm.Storage;

namespace Beadswarm.Swarms;

/// <summary>
/// Lets the forge merge what was tested: intended, asked for with the tested head, observed on the target by git,
/// recorded. What the forge's commit is, is known only afterwards, so the intent is made anew for it before the bead is
/// completed. The process may die between any two of these.
/// </summary>
sealed class PullRequestMerging(
    LanderParts parts, ForgeParts forge, LandingTip tip, LandingMoves moves, LandingReturns returns)
{
    readonly CandidateTest _test = new(parts.Gates, parts.Config.Landing.Gates);

    /// <summary>Merges a candidate whose tree has passed and whose pull request the forge allows.</summary>
    /// <returns>Why the forge refuses; null when it is merged, or a later look has to settle it.</returns>
    public async Task<(LandingStep Step, string? Refused)> MergeAsync(
        LandingEntry entry, PullRequest pull, Candidate candidate, CancellationToken stop)
    {
        var intent = await LandingMoves.IntentAsync(
            parts.Target, candidate.Base, candidate.Commit, candidate.Tree, stop);
        await SwarmFencedException.ThrowIfFencedAsync(
            parts.Store.IntendLandingsAsync(parts.Epoch, [new IntendedLanding(entry.Id, intent)], stop));
        switch (await forge.Api.MergeAsync(
            pull.Number, pull.Head, MergeQueue.MessageOf(entry), parts.Config.Landing.Squash, stop))
        {
            case MergeAnswer.Merged merged:
                return (await RecordAsync(entry, pull, intent, CommitId.Parse(merged.Commit), stop), null);
            case MergeAnswer.Refused refused:
                return (await VoidAsync(entry, $"the forge does not merge #{pull.Number}: {refused.Reason}", stop),
                    refused.Reason);
            case var answer:
                throw new System.Diagnostics.UnreachableException($"{answer}");
        }
    }

    /// <summary>An intent is found: ask git, then the forge, what became of it.</summary>
    public async Task<LandingStep> SettleAsync(
        LandingEntry entry, PullRequest pull, LandingIntent intent, CancellationToken stop)
    {
        tip.Forget();
        var candidate = CommitId.Parse(intent.Candidate);
        var now = await parts.Target.TipAsync(stop);
        if (await forge.Branches.FirstParentAsync(candidate, stop) is not null
            && await parts.Target.IsAncestorAsync(candidate, now, stop))
        {
            return await RecordAsync(entry, pull, intent, candidate, stop);
        }

        var views = await forge.Api.ReadAsync([pull.Number], stop);
        return views.GetValueOrDefault(pull.Number)?.State is PullRequestState.Merged merged
            ? await RecordAsync(entry, pull, intent, CommitId.Parse(merged.Commit), stop)
            : await VoidAsync(entry, $"the forge has not merged #{pull.Number}", stop);
    }

    /// <summary>Somebody else merged it: what counts is whether the bead's work is on the target.</summary>
    /// <returns>What it waits for; null when the landing has ended.</returns>
    public async Task<string?> ObserveAsync(
        LandingEntry entry, PullRequest pull, PullRequestView view, CommitId merged, CancellationToken stop)
    {
        tip.Forget();
        var now = await parts.Target.TipAsync(stop);
        var work = CommitId.Parse(pull.Head);
        var again = await parts.Target.MergeAsync(
            new MergeRequest(now, work, MergeQueue.MessageOf(entry), entry.QueuedAt), stop);
        if (again is MergeOutcome.Empty)
        {
            await CompleteAsync(entry, pull, now, now, stop);
            return null;
        }

        if (await forge.Branches.FirstParentAsync(merged, stop) is null
            || !await parts.Target.IsAncestorAsync(merged, now, stop))
        {
            return $"the target, which does not show {merged} yet";
        }

        // The target had it and has gone on since, or the branch held something else when it was merged.
        var seen = view.Head == pull.Head ? await parts.Target.ObserveAsync(merged, [], stop) : null;
        if (SeenAt(seen) is { } commit)
        {
            await CompleteAsync(entry, pull, commit, commit, stop);
        }
        else
        {
            await returns.BlockAsync(
                entry, $"pull request #{pull.Number} was merged as {merged} with the head {view.Head}, and the work "
                    + $"that was tested, {pull.Head}, is not on the target", stop);
        }

        return null;
    }

    /// <summary>The target has the bead's content: it is completed, and its pull request ends.</summary>
    public async Task CompleteAsync(
        LandingEntry entry, PullRequest pull, CommitId commit, CommitId seen, CancellationToken stop)
    {
        var end = await parts.Effects.IntendAsync(
            new NewEffect(EffectKind.PullRequestEnd, pull.Branch)
            {
                Bead = entry.Bead,
                Agent = entry.Agent,
                To = pull.Head,
            },
            stop);
        await moves.CompleteAsync(entry, commit, commit, seen, stop);
        await parts.Effects.SettleAsync(end, await forge.EndAsync(entry, pull, stop));
    }

    async Task<LandingStep> RecordAsync(
        LandingEntry entry, PullRequest pull, LandingIntent intent, CommitId merged, CancellationToken stop)
    {
        tip.Forget();
        var now = await parts.Target.TipAsync(stop);
        if (await forge.Branches.FirstParentAsync(merged, stop) is not { } onto
            || !await parts.Target.IsAncestorAsync(merged, now, stop))
        {
            return new LandingStep.Held(
                $"pull request #{pull.Number} was merged as {merged}, and the target does not show it yet");
        }

        if (intent.Candidate != merged.Value)
        {
            var tree = await parts.Target.TreeAsync(merged, stop);
            if (tree.Value != intent.Tree && await TestAsync(entry, merged, tree, stop) is { } without)
            {
                return without;
            }

            intent = await LandingMoves.IntentAsync(parts.Target, onto, merged, tree, stop);
            await SwarmFencedException.ThrowIfFencedAsync(
                parts.Store.IntendLandingsAsync(parts.Epoch, [new IntendedLanding(entry.Id, intent)], stop));
        }

        if (SeenAt(await parts.Target.ObserveAsync(merged, intent.Paths, stop)) is not { } seen)
        {
            return await VoidAsync(entry, $"its content is not on the target at {now}", stop);
        }

        await CompleteAsync(entry, pull, merged, seen, stop);
        return new LandingStep.Moved();
    }

    /// <summary>
    /// Somebody moved the target between our look and the forge's merge, so the target became a tree that nobody had
    /// tested. It is now, and if it is red, that is said: the bead's work is on the target all the same.
    /// </summary>
    async Task<LandingStep?> TestAsync(LandingEntry entry, CommitId merged, TreeId tree, CancellationToken stop)
    {
        switch (await _test.RunAsync(parts.Target, merged, tree, entry.Bead, stop))
        {
            case GatesOutcome.Passed:
                return null;
            case GatesOutcome.NoVerdict without:
                return new LandingStep.Held($"gate {without.Result.Gate} gave no verdict: {without.Result.Reason}");
            case GatesOutcome.Failed failed:
                await parts.Store.AppendAsync(
                    entry.Bead, null,
                    new JournalEvent.ComponentHeld(
                        "lander", $"the target is RED at {merged}: somebody moved it while the forge merged "
                            + $"{entry.Bead}, and gate {failed.Result.Gate} fails on both together"),
                    stop);
                return null;
            case var outcome:
                throw new System.Diagnostics.UnreachableException($"{outcome}");
        }
    }

    async Task<LandingStep> VoidAsync(LandingEntry entry, string reason, CancellationToken stop)
    {
        tip.Forget();
        await SwarmFencedException.ThrowIfFencedAsync(
            parts.Store.VoidLandingAsync(parts.Epoch, entry.Id, reason, stop));
        return new LandingStep.Moved();
    }

    static CommitId? SeenAt(Observation? observation) => observation switch
    {
        Observation.Present present => present.Tip,
        Observation.PresentButChangedSince since => since.SeenAt,
        _ => null, // absent, or not looked for
    };
}

/// <summary>What mode pull-request works with beside the rest of the lander's parts.</summary>
/// <param name="DeleteBranch">The branch of a pull request goes when its bead has landed.</param>
sealed record ForgeParts(GitHub Api, PullRequestBranches Branches, bool DeleteBranch)
{
    const string Comment = "The target has this work already.";

    /// <summary>Closes what is still open and removes its branch; says in a few words what it did.</summary>
    public async Task<string> EndAsync(LandingEntry entry, PullRequest pull, CancellationToken cancellationToken)
    {
        try
        {
            var view = (await Api.ReadAsync([pull.Number], cancellationToken)).GetValueOrDefault(pull.Number);
            if (view?.State is PullRequestState.Open)
            {
                await Api.SayOnceAsync(
                    pull.Number, $"{pull.Head} has landed", Comment, entry.QueuedAt, cancellationToken);
                await Api.CloseAsync(pull.Number, cancellationToken);
            }

            return DeleteBranch
                ? await Branches.RemoveAsync(
                    new BranchName(pull.Branch), CommitId.Parse(pull.Head), cancellationToken)
                : "ended";
        }
        catch (Exception error) when (error is ForgeException or GitException)
        {
            // The bead has landed; a branch too many is in nobody's way.
            return $"left as it is: {Pipelines.PipelineRules.OneLine(error.Message)}";
        }
    }
}
