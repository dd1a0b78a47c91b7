using Beadswarm.Processes;
using Beadswarm.Storage;
using Beadswarm.Workspaces;

namespace Beadswarm.Swarms;

/// <summary>
/// The processes of a repository's swarm that nobody looks after: the same for the recovery, which ends them, and for
/// everybody who only tells of them.
/// </summary>
static class LeftProcesses
{
    /// <param name="kept">Those that a living or a coming orchestrator takes over.</param>
    public static SweepSearch Search(SwarmPaths paths, IEnumerable<KeptChild> kept) => new(
        SwarmAssembly.TagPrefix(paths.Repository) + "/",
        [.. Hub.WorktreeFolders.Select(name => Path.Combine(paths.Folder, name)), paths.Sessions, paths.GateLogs],
        [.. kept]);

    /// <param name="open">Stages that the next start takes over, with all that belongs to them.</param>
    public static IReadOnlyList<TaggedProcess> Find(SwarmPaths paths, IEnumerable<OpenStage> open) =>
        OrphanSweep.Find(Search(
            paths,
            from stage in open
            let tag = stage.Process?.Tag ?? (stage.Claim.External ? SwarmAssembly.TagOf(paths, stage.Claim) : null)
            where tag is not null
            select new KeptChild(tag, [stage.Start.Workspace, stage.Start.SessionFolder])));
}
