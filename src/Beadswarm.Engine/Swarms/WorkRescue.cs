using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Git;
using Beadswarm.Storage;
using Beadswarm.Workspaces;

namespace Beadswarm.Swarms;

/// <summary>Commits what an agent has left in its workspace to its bead's branch.</summary>
sealed class WorkRescue(SwarmParts parts)
{
    /// <summary>Saves what lies in the agent's workspace; null when that is not the bead's.</summary>
    public async Task<SavedHead?> FindAndSaveAsync(
        AgentNumber agent, BeadId bead, string what, CancellationToken cancellationToken)
    {
        var workspace = await parts.Workspaces.FindAsync(agent, cancellationToken);
        return workspace?.Branch == WorkspaceBranch.Of(agent, bead)
            ? await SaveAsync(workspace, agent, bead, what, cancellationToken)
            : null;
    }

    /// <param name="what">Of the bead is saved: the subject of the commit says it.</param>
    public async Task<SavedHead> SaveAsync(
        Workspace workspace, AgentNumber agent, BeadId bead, string what, CancellationToken cancellationToken)
    {
        var leftover = await parts.Effects.DoAsync(
            new NewEffect(EffectKind.Rescue, workspace.Branch.Value) { Bead = bead, Agent = agent },
            () => parts.Workspaces.CommitLeftoversAsync(
                workspace, $"{bead}: {what}\n", parts.Time.GetUtcNow(), cancellationToken),
            saved => $"at {saved.Head}", cancellationToken);
        var tree = await parts.LandsOn.TreeAsync(leftover.Head, cancellationToken);
        await OfferAsync(bead, leftover.Head, cancellationToken);
        return new SavedHead(leftover.Head.Value, tree.Value);
    }

    /// <summary>
    /// Before the store says that the bead is at this commit, every other node must be able to have it. As long as
    /// there is no other, a remote that does not take it is in nobody's way.
    /// </summary>
    async Task OfferAsync(BeadId bead, CommitId head, CancellationToken cancellationToken)
    {
        if (parts.Exchange is { } exchange
            && await exchange.OfferAsync(bead, head, cancellationToken) is { } trouble && parts.Standing.HasOthers)
        {
            throw new GitException(
                ["push", bead.Value], 128, $"other nodes cannot have the work on {bead}: {trouble}",
                parts.Paths.Repository, isTransient: true);
        }
    }
}
