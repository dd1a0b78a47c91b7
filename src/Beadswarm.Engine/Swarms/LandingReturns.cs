using Beadswarm.Claims;
using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Pipelines;

namespace Beadswarm.Swarms;

/// <summary>Sends beads that cannot land back to where failures lead, with the evidence.</summary>
sealed class LandingReturns(LanderParts parts)
{
    public Task ConflictAsync(
        LandingEntry entry, CommitId tip, MergeOutcome.Conflict conflict, CancellationToken stop) =>
        ReturnAsync(entry, Conflicting(conflict), reason => AttemptFeedback.OfConflict(
            entry, reason, conflict, tip, parts.Config.Limits.FeedbackBytesMax), stop);

    /// <param name="onto">The target as it was when the bead failed upon it.</param>
    public Task RedAsync(LandingEntry entry, CommitId onto, GatesOutcome.Failed failed, CancellationToken stop) =>
        ReturnAsync(
            entry, $"gate {failed.Result.Gate} fails on the tree merged with {onto}: {failed.Result.Reason}",
            reason => AttemptFeedback.OfRedLanding(
                entry, reason, failed.Result, parts.Config.Gates[failed.Result.Gate],
                parts.Config.Limits.FeedbackBytesMax),
            stop);

    /// <summary>A person does not want it to land: it is blocked until somebody retries it.</summary>
    public async Task EjectAsync(LandingEntry entry, string reason, CancellationToken stop)
    {
        var why = $"taken out of the merge queue by a person: {reason}";
        var dossier = await BlockedDossier.WriteAsync(
            parts.Store, parts.Backlog, parts.Agents, new BlockedBead(entry.Bead, why, Feedback: null, Last: null),
            stop);
        await SwarmFencedException.ThrowIfFencedAsync(parts.Store.ReturnLandingAsync(
            parts.Epoch, entry.Id, why, new BeadTransition.Block(why), [dossier], stop));
    }

    async Task ReturnAsync(
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

        await SwarmFencedException.ThrowIfFencedAsync(parts.Store.ReturnLandingAsync(
            parts.Epoch, entry.Id, reason, transition, artifacts, stop));
    }

    static string Conflicting(MergeOutcome.Conflict conflict) =>
        $"conflict in {string.Join(", ", conflict.Files.Select(file => file.Path))}"
        + (conflict.OtherSide.Select(other => other.Bead).OfType<string>().Distinct().ToArray() is { Length: > 0 } beads
            ? $" with {string.Join(", ", beads)}" : "");
}
