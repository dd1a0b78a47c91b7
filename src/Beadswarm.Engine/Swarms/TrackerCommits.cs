using Beadswarm.Beads;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Storage;

namespace Beadswarm.Swarms;

/// <summary>
/// Brings the tracker's file onto the target as commits of its own: tested and moved like everything that lands,
/// several
/// changes in one. Used by the lander alone, because only the lander writes the target.
/// </summary>
sealed class TrackerCommits(LanderParts parts, CheckoutFollow checkout)
{
    readonly CandidateTest _test = new(parts.Gates, parts.Config.Landing.Gates);
    DateTimeOffset? _dirtySince;

    /// <summary>Time until the file is to be committed; null while it has nothing new.</summary>
    public TimeSpan? Due => _dirtySince + parts.Config.Tracker.CommitInterval - parts.Time.GetUtcNow();

    /// <summary>The file has changed: it is committed within the configured interval.</summary>
    public void Changed() => _dirtySince ??= parts.Time.GetUtcNow();

    public async Task<LandingStep> CommitAsync(CancellationToken cancellationToken)
    {
        if (!parts.Config.Tracker.Commit)
        {
            _dirtySince = null;
            return new LandingStep.Idle();
        }

        var tip = await parts.Target.TipAsync(cancellationToken);
        try
        {
            await parts.Merge.BringAsync(tip, cancellationToken);
        }
        catch (TrackerException trouble)
        {
            return new LandingStep.Held(trouble.Message);
        }

        if (await parts.Tracker.ReadFileAsync(parts.Repository, cancellationToken) is not { } file)
        {
            _dirtySince = null;
            return new LandingStep.Idle();
        }

        var message = new LandingMessage("beads: sync", "", []);
        var candidate = await parts.Target.TrackerCommitAsync(
            tip, file.Path, file.Content, message, parts.Time.GetUtcNow(), cancellationToken);
        if (candidate is not { } commit)
        {
            _dirtySince = null;
            return new LandingStep.Idle();
        }

        var tree = await parts.Target.TreeAsync(commit, cancellationToken);
        switch (await _test.RunAsync(parts.Target, commit, tree, null, cancellationToken))
        {
            case GatesOutcome.Passed:
                break;
            case GatesOutcome.Failed failed:
                return new LandingStep.Held($"gate {failed.Result.Gate} fails with the tracker's file as it is now");
            case GatesOutcome.NoVerdict without:
                return new LandingStep.Held($"gate {without.Result.Gate} gave no verdict: {without.Result.Reason}");
        }

        var move = new NewEffect(EffectKind.TrackerCommit, parts.Config.Landing.Target)
        {
            From = tip.Value,
            To = commit.Value,
        };
        await checkout.IntendAsync(commit, cancellationToken);
        var outcome = await parts.Effects.DoAsync(
            move, () => parts.Target.AdvanceAsync(tip, commit, cancellationToken), EffectWords.Of, cancellationToken);
        if (outcome is AdvanceOutcome.Moved)
        {
            checkout.Landed(commit);
            await parts.Store.AppendAsync(
                null, null, new JournalEvent.TrackerCommitted(commit.Value), cancellationToken);
            await parts.Merge.TookAsync(commit, file.Content, cancellationToken);
        }

        await checkout.FollowAsync(moreWaits: false, cancellationToken);
        switch (outcome)
        {
            case AdvanceOutcome.Moved:
                _dirtySince = null;
                return new LandingStep.Moved();
            case AdvanceOutcome.LostRace:
                return new LandingStep.Moved();
            case AdvanceOutcome.Refused refused:
                return new LandingStep.Held(refused.Reason);
            case AdvanceOutcome.Held held:
                return new LandingStep.Held(held.Reason);
            case AdvanceOutcome.Unknown unknown:
                return new LandingStep.Held(unknown.Reason);
            default:
                throw new SwarmFencedException();
        }
    }
}
