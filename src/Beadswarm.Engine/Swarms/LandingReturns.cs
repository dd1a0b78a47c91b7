using Beadswarm.Claims;
using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Landing.Forges;
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

    /// <summary>Mode pull-request: the forge's own checks say no.</summary>
    public Task ChecksAsync(
        LandingEntry entry, PullRequest pull, IReadOnlyList<ForgeCheck> failed, CancellationToken stop) =>
        ReturnAsync(
            entry,
            $"checks of pull request #{pull.Number} fail: {string.Join(", ", failed.Select(check => check.Name))}",
            reason => AttemptFeedback.OfChecks(
                entry, reason, failed,
                [.. failed.Select(check => new Finding("critical", $"check {check.Name}", Detail(check), null, null))],
                parts.Config.Limits.FeedbackBytesMax),
            stop);

    /// <summary>Mode pull-request: a reviewer asks for changes.</summary>
    public Task ReviewAsync(
        LandingEntry entry, PullRequest pull, IReadOnlyList<ForgeReview> reviews, CancellationToken stop) =>
        ReturnAsync(
            entry, $"the review of pull request #{pull.Number} asks for changes",
            [
                .. reviews.Select(review =>
                    new Finding("critical", $"review by {review.Author}", review.Body, null, null)),
            ],
            stop);

    /// <summary>Only a person can say how it goes on.</summary>
    public Task BlockAsync(LandingEntry entry, string reason, CancellationToken stop) =>
        ReturnAsync(entry, reason, new StageDecision.Block(reason), FeedbackOf(entry, []), stop);

    Task ReturnAsync(
        LandingEntry entry, string reason, IReadOnlyList<Finding> findings, CancellationToken stop) =>
        ReturnAsync(entry, reason, FeedbackOf(entry, findings), stop);

    Func<string, AttemptFeedback> FeedbackOf(LandingEntry entry, IReadOnlyList<Finding> findings) =>
        reason => AttemptFeedback.OfForge(entry, reason, findings, parts.Config.Limits.FeedbackBytesMax);

    static string Detail(ForgeCheck check) =>
        string.Join("\n\n", new[] { check.Detail, check.Url ?? "" }.Where(text => text.Length > 0));

    Task ReturnAsync(
        LandingEntry entry, string reason, Func<string, AttemptFeedback> feedback, CancellationToken stop) =>
        ReturnAsync(
            entry, reason,
            PipelineRules.ReturnFromLanding(parts.Config.Pipeline, entry.Attempt, entry.AttemptsAllowed, reason),
            feedback, stop);

    async Task ReturnAsync(
        LandingEntry entry, string reason, StageDecision decision, Func<string, AttemptFeedback> feedback,
        CancellationToken stop)
    {
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
