using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Storage;

namespace Beadswarm.Swarms;

/// <summary>
/// Mode integration: brings the target to where the integration branch is. Where the target has gone on by itself, by
/// the tracker's commits or somebody else's, the integration branch takes that up first, so that the target only ever
/// becomes what was tested as exactly that tree.
/// </summary>
sealed class Promotion(LanderParts parts, CandidateTest test)
{
    /// <summary>Does it once more from wherever a predecessor stopped.</summary>
    /// <returns>What is in the way, or that it must be looked at again; null when the target has everything.</returns>
    public async Task<LandingStep?> RunAsync(ILandingRepository integration, CancellationToken stop)
    {
        var (from, target) = (await integration.TipAsync(stop), await parts.Target.TipAsync(stop));
        if (await integration.IsAncestorAsync(from, target, stop))
        {
            return null;
        }

        return await JoinAsync(integration, from, target, stop) switch
        {
            MergeOutcome.Empty => null,
            MergeOutcome.Conflict conflict => new LandingStep.Held(
                $"{parts.Config.Landing.IntegrationBranch} conflicts with {parts.Config.Landing.Target} in "
                + $"{string.Join(", ", conflict.Files.Select(file => file.Path))}; merge the latter into the former"),
            MergeOutcome.Clean clean => await MoveAsync(integration, (from, target), clean, stop),
        };
    }

    async Task<MergeOutcome> JoinAsync(
        ILandingRepository integration, CommitId from, CommitId target, CancellationToken stop)
    {
        if (await integration.IsAncestorAsync(target, from, stop))
        {
            return new MergeOutcome.Clean(from, await integration.TreeAsync(from, stop));
        }

        var message = new LandingMessage($"Take up {parts.Config.Landing.Target}", "", []);
        return await integration.MergeAsync(
            new MergeRequest(target, from, message, parts.Time.GetUtcNow(), MergeStyle.TakeUp), stop);
    }

    async Task<LandingStep?> MoveAsync(
        ILandingRepository integration, (CommitId Integration, CommitId Target) from, MergeOutcome.Clean to,
        CancellationToken stop)
    {
        switch (await test.RunAsync(integration, to.Candidate, to.Tree, null, stop))
        {
            case GatesOutcome.Failed failed:
                return new LandingStep.Held(
                    $"the integration branch is red and is not promoted: gate {failed.Result.Gate}, "
                    + failed.Result.Reason);
            case GatesOutcome.NoVerdict without:
                return new LandingStep.Held($"gate {without.Result.Gate} gave no verdict: {without.Result.Reason}");
            case GatesOutcome.Passed:
                break;
        }

        return (to.Candidate == from.Integration
                ? null
                : await AdvanceAsync(EffectKind.TakeUp, integration, from.Integration, to.Candidate, stop))
            ?? await AdvanceAsync(EffectKind.Promotion, parts.Target, from.Target, to.Candidate, stop);
    }

    async Task<LandingStep?> AdvanceAsync(
        EffectKind kind, ILandingRepository branch, CommitId from, CommitId to, CancellationToken stop)
    {
        var landing = parts.Config.Landing;
        var subject = kind == EffectKind.Promotion ? landing.Target : landing.IntegrationBranch;
        var move = new NewEffect(kind, subject) { From = from.Value, To = to.Value };
        return Obstacle(await parts.Effects.DoAsync(
            move, () => branch.AdvanceAsync(from, to, stop), EffectWords.Of, stop));
    }

    static LandingStep? Obstacle(AdvanceOutcome outcome) => outcome switch
    {
        AdvanceOutcome.Moved => null,
        AdvanceOutcome.LostRace => new LandingStep.Moved(),
        AdvanceOutcome.Refused refused => new LandingStep.Held(refused.Reason),
        AdvanceOutcome.Held held => new LandingStep.Held(held.Reason),
        AdvanceOutcome.Unknown unknown => new LandingStep.Held(unknown.Reason),
        AdvanceOutcome.Fenced => throw new SwarmFencedException(),
    };
}
