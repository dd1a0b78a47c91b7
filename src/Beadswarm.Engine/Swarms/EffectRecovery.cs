using Beadswarm.Git;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Storage;

namespace Beadswarm.Swarms;

/// <summary>
/// Settles what an orchestrator that died was in the middle of. Nothing is assumed: each effect is looked at, and done
/// again where that is the same as once. What cannot be looked at now, because a remote is away, stays open for the
/// next start; whoever does the same thing next looks for himself anyway.
/// </summary>
sealed class EffectRecovery(SwarmParts parts, SwarmSurroundings outside)
{
    /// <param name="resumed">Stages that are taken up again: how their agents end is theirs to say.</param>
    /// <param name="others">Tells what somebody else may be in the middle of.</param>
    public async Task RunAsync(
        IEnumerable<AdoptedStage> resumed, Func<CancellationToken, Task<Func<OpenEffect, bool>>> others,
        CancellationToken cancellationToken)
    {
        var stages = resumed.ToArray();
        var ending = stages.Select(stage => stage.Ending).OfType<EffectId>().ToHashSet();
        var living = stages.Select(stage => parts.TagOf(stage.Open)).ToHashSet();
        var half = await parts.Store.ReadOpenEffectsAsync(cancellationToken);
        var theirs = await others(cancellationToken);
        foreach (var open in half)
        {
            if (ending.Contains(open.Id) || theirs(open))
            {
                continue;
            }

            try
            {
                var outcome = await LookAsync(open.Effect, living, cancellationToken);
                await parts.Effects.SettleAsync(open.Id, $"looked at by the next start: {outcome}");
            }
            catch (GitException away)
            {
                await parts.Store.AppendAsync(
                    open.Effect.Bead, open.Effect.Agent,
                    new JournalEvent.RecoveryFound(
                        $"{StoredNames.Of(open.Effect.Kind)} of {open.Effect.Subject} was under way",
                        $"left for the next start: {away.Message}"),
                    cancellationToken);
            }
        }
    }

    async Task<string> LookAsync(
        NewEffect effect, HashSet<string> living, CancellationToken cancellationToken) => effect.Kind switch
        {
            EffectKind.Workspace or EffectKind.Rescue => await WorkspaceAsync(effect, cancellationToken),

            // What nobody takes up again has been ended before: see Recovery.
            EffectKind.Process or EffectKind.Termination or EffectKind.Gate =>
                living.Contains(effect.Subject) ? "its stage is taken up again" : "nothing of it lives",
            EffectKind.TrackerCommit => await TrackerCommitAsync(effect, cancellationToken),
            EffectKind.Promotion => await IsOnAsync(outside.Target, effect, cancellationToken)
                ? "the target has moved" : "the target has not moved",
            EffectKind.TakeUp => await IsOnAsync(outside.LandsOn, effect, cancellationToken)
                ? "the integration branch has moved" : "the integration branch has not moved",
            EffectKind.Publication => await PublicationAsync(effect, cancellationToken),
            EffectKind.BranchRemoval => await RemovalAsync(effect, cancellationToken),
            EffectKind.Follow => await FollowAsync(cancellationToken),

            // Whoever lands the bead next looks for both by the branch.
            EffectKind.PullRequestBranch or EffectKind.PullRequest => "looked for when its bead's turn comes",
            EffectKind.PullRequestEnd => await PullRequestEndAsync(effect, cancellationToken),
        };

    /// <summary>Making ready and rescuing begin with a look at the workspace, whoever does it next.</summary>
    async Task<string> WorkspaceAsync(NewEffect effect, CancellationToken cancellationToken)
    {
        var workspace = effect.Agent is { } agent ? await parts.Workspaces.FindAsync(agent, cancellationToken) : null;
        return workspace is null ? "there is no workspace"
            : workspace.Branch.Value == effect.Subject ? "the workspace is on that branch"
            : $"the workspace is on {workspace.Branch}";
    }

    async Task<string> TrackerCommitAsync(NewEffect effect, CancellationToken cancellationToken)
    {
        if (!await IsOnAsync(outside.Target, effect, cancellationToken))
        {
            return "the target has not moved";
        }

        await parts.Store.AppendAsync(
            null, null, new JournalEvent.TrackerCommitted(CommitOf(effect).Value), cancellationToken);
        return "the target has moved";
    }

    static async Task<bool> IsOnAsync(
        ILandingRepository branch, NewEffect effect, CancellationToken cancellationToken) =>
        await branch.IsAncestorAsync(
            CommitOf(effect), await branch.TipAsync(cancellationToken), cancellationToken);

    async Task<string> PublicationAsync(NewEffect effect, CancellationToken cancellationToken)
    {
        var queue = await parts.Store.ReadQueueAsync(cancellationToken);
        var waiting = queue.Entries.FirstOrDefault(
            entry => entry.Bead == effect.Bead && entry.HeadCommit == effect.To && entry.State is LandingState.Queued);

        // Made sure of, not looked at alone: a branch that is there stays as it is.
        return waiting is null
            ? "its landing has gone on"
            : $"made sure of {await outside.PublishAsync(waiting, cancellationToken)}";
    }

    async Task<string> RemovalAsync(NewEffect effect, CancellationToken cancellationToken)
    {
        var landings = await parts.Store.ReadLandingsAsync(effect.Bead, cancellationToken);
        if (!landings.Any(entry => entry.HeadCommit == effect.To && entry.State is LandingState.Landed))
        {
            return "kept: it has not landed";
        }

        return EffectWords.Of(await parts.Workspaces.RemoveLandedBranchAsync(
            new BranchName(effect.Subject), CommitOf(effect), cancellationToken));
    }

    async Task<string> PullRequestEndAsync(NewEffect effect, CancellationToken cancellationToken)
    {
        var landings = await parts.Store.ReadLandingsAsync(effect.Bead, cancellationToken);
        return landings.LastOrDefault(entry => entry.PullRequest?.Branch == effect.Subject) is not
        { State: LandingState.Landed, PullRequest: { } pull } landed ? "kept: it has not landed"
            : outside.Forge is null ? "kept: the mode is another one now"
            : await outside.Forge.EndAsync(landed, pull, cancellationToken);
    }

    async Task<string> FollowAsync(CancellationToken cancellationToken)
    {
        var tip = await outside.Target.TipAsync(cancellationToken);
        return EffectWords.Of(await outside.Merge.FollowAsync(tip, cancellationToken));
    }

    static CommitId CommitOf(NewEffect effect) => CommitId.Parse(effect.To ?? "");
}
