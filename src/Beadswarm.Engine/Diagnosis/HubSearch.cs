using Beadswarm.Claims;
using Beadswarm.Git;
using Beadswarm.Workspaces;

namespace Beadswarm.Diagnosis;

/// <summary>Opens the hub of a swarm at rest, where there is one, and looks for what nobody needs.</summary>
static class HubSearch
{
    /// <param name="agents">Agents whose workspaces stay, because they have or will have a use for them.</param>
    /// <param name="beads">Beads the store knows; the branches of finished ones are not needed.</param>
    public static async Task<IReadOnlyList<Orphan>> FindAsync(
        UserRepository user, GitRunner runner, IEnumerable<AgentNumber> agents, IReadOnlyList<BeadWork> beads,
        CancellationToken cancellationToken)
    {
        if (await OpenAsync(user, runner, cancellationToken) is not { } search)
        {
            return [];
        }

        var needed = beads.Where(bead => bead.State is not (BeadState.Completed or BeadState.Withdrawn)).ToArray();
        var branches = needed
            .Where(bead => bead.LastAgent is not null)
            .Select(bead => WorkspaceBranch.Of(bead.LastAgent!.Value, bead.Id)) // filtered just above
            .ToHashSet();
        return await search.FindAsync(agents.ToHashSet(), branches, cancellationToken);
    }

    public static async Task<OrphanRepair> PutAwayAsync(
        UserRepository user, GitRunner runner, Orphan orphan, CancellationToken cancellationToken) =>
        await OpenAsync(user, runner, cancellationToken) is { } search
            ? await search.RepairAsync(orphan, cancellationToken)
            : new OrphanRepair.Done("there is no hub any more");

    static async Task<OrphanSearch?> OpenAsync(
        UserRepository user, GitRunner runner, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(Path.Combine(user.SwarmFolder, "hub.git")))
        {
            return null;
        }

        var hub = await Hub.OpenAsync(
            user, runner, new HubOptions { SwarmFolder = user.SwarmFolder }, cancellationToken);
        return new OrphanSearch(hub, new WorkspacePool(hub, new WorkspaceOptions()));
    }
}
