using Beadswarm.Claims;
using Beadswarm.Git;

namespace Beadswarm.Workspaces;

/// <summary>
/// The workspaces of the agents, one a slot, used again and again. Work trees of git behind it, or memory in the
/// simulation. Every operation may be repeated, and the process may die in the middle of any.
/// </summary>
interface IWorkspaces
{
    string PathOf(AgentNumber agent);

    /// <summary>
    /// The agent's workspace, on the bead's branch. On a branch it has already it continues there; otherwise the branch
    /// begins at the request's start, and whatever was left in the workspace is committed to the branch it belongs to.
    /// The caller sees to it that no process of the workspace lives.
    /// </summary>
    Task<Workspace> AcquireAsync(WorkspaceRequest request, CancellationToken cancellationToken);

    /// <summary>The workspace of a slot as it stands; null when there is none.</summary>
    Task<Workspace?> FindAsync(AgentNumber agent, CancellationToken cancellationToken);

    /// <summary>
    /// Commits whatever is uncommitted, and brings work done on a detached HEAD or another branch onto the workspace's
    /// own. The tracker's and the swarm's files are left out. The caller sees to it that no process of the workspace
    /// lives.
    /// </summary>
    /// <param name="message">Whole, with its trailers.</param>
    Task<LeftoverOutcome> CommitLeftoversAsync(
        Workspace workspace, string message, DateTimeOffset when, CancellationToken cancellationToken);

    /// <summary>
    /// Deletes the branch of a bead whose content was observed on the target. Refuses when the branch is no longer what
    /// landed and holds commits that no other ref reaches.
    /// </summary>
    /// <param name="landedHead">The head that was merged, as recorded when it entered the queue.</param>
    Task<RemovalOutcome> RemoveLandedBranchAsync(
        BranchName branch, CommitId landedHead, CancellationToken cancellationToken);

    /// <summary>Where git works for a workspace that was acquired; null where there are no files behind it.</summary>
    WorkspaceGround? GroundOf(Workspace workspace);

    /// <summary>Whether there is room for more work, from measures that may be some seconds old.</summary>
    AdmissionOutcome Admit();
}
