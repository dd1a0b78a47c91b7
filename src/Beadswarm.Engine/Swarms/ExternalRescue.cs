using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Git;
using Beadswarm.Journal;
using Beadswarm.Pipelines;
using Beadswarm.Storage;
using Beadswarm.Workspaces;

namespace Beadswarm.Swarms;

/// <summary>
/// Gives back the bead of an external agent that does not renew its claim any more: what it left is committed to its
/// branch first, and the bead goes on from there. Nobody can say whether the agent lives; it is fenced either way.
/// </summary>
sealed class ExternalRescue(SwarmParts parts)
{
    string? _told;

    /// <returns>False when the bead is not free now: its work cannot be saved yet, or the claim was renewed.</returns>
    public async Task<bool> GiveBackAsync(ExpiredClaim lapsed, CancellationToken cancellationToken)
    {
        var key = lapsed.Claim;
        SavedHead? head;
        try
        {
            head = await SaveAsync(key.Agent, key.Bead, lapsed.Stage, cancellationToken);
        }
        catch (Exception error) when (error is GitException or IOException or UnauthorizedAccessException)
        {
            await TellAsync(
                $"the work of external agent {key.Agent} on {key.Bead} cannot be saved: {error.Message}",
                cancellationToken);
            return false;
        }

        _told = null;
        return await parts.Store.ReapExternalAsync(parts.Epoch, key, head, cancellationToken) == WriteOutcome.Done;
    }

    /// <summary>Commits what lies in the agent's workspace; null when that is not the bead's.</summary>
    public async Task<SavedHead?> SaveAsync(
        AgentNumber agent, BeadId bead, StageName stage, CancellationToken cancellationToken)
    {
        var workspace = await parts.Workspaces.FindAsync(agent, cancellationToken);
        if (workspace?.Branch != WorkspaceBranch.Of(agent, bead))
        {
            return null;
        }

        var leftover = await parts.Effects.DoAsync(
            new NewEffect(EffectKind.Rescue, workspace.Branch.Value) { Bead = bead, Agent = agent },
            () => parts.Workspaces.CommitLeftoversAsync(
                workspace, $"{bead}: {stage}, given up\n", parts.Time.GetUtcNow(), cancellationToken),
            saved => $"at {saved.Head}", cancellationToken);
        var tree = await parts.LandsOn.TreeAsync(leftover.Head, cancellationToken);
        return new SavedHead(leftover.Head.Value, tree.Value);
    }

    async Task TellAsync(string reason, CancellationToken cancellationToken)
    {
        if (_told != reason)
        {
            _told = reason;
            await parts.Store.AppendAsync(
                null, null, new JournalEvent.ComponentHeld("reaper", reason), cancellationToken);
        }
    }
}
