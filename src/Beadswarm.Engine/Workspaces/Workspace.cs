using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Git;

namespace Beadswarm.Workspaces;

/// <summary>What an agent needs a workspace for.</summary>
/// <param name="Start">The target's tip for a new bead; the recorded head when the bead comes from another
/// agent.</param>
sealed record WorkspaceRequest(AgentNumber Agent, BeadId Bead, CommitId Start);

/// <summary>The folder an agent works in and the branch it may commit to.</summary>
sealed record Workspace(AgentNumber Agent, string Path, BranchName Branch);

/// <summary>Where git keeps what an agent's commits need; for whoever shows an agent nothing else.</summary>
/// <param name="Hub">The hub: to be read.</param>
/// <param name="Writable">Of it: the objects, the agent's branches and their logs, the administrative folder.</param>
/// <param name="Fixed">In these: what says where the workspace belongs, and the agent's other branches.</param>
/// <param name="Borrowed">Folders of objects that the hub borrows: to be read.</param>
/// <param name="Private">The user's checkout and repository, which no agent needs.</param>
sealed record WorkspaceGround(
    string Hub, IReadOnlyList<string> Writable, IReadOnlyList<string> Fixed, IReadOnlyList<string> Borrowed,
    IReadOnlyList<string> Private);

/// <summary>What a workspace's branch holds.</summary>
/// <param name="Base">Where it parted from the target's tip that was asked about.</param>
sealed record WorkspaceHead(CommitId Commit, TreeId Tree, CommitId Base, IReadOnlyList<FileChange> Changes);

/// <summary>What was done about work that an agent left uncommitted, or committed where it does not belong.</summary>
abstract record LeftoverOutcome
{
    LeftoverOutcome(CommitId head) => Head = head;

    /// <summary>Where the workspace's branch is now.</summary>
    public CommitId Head { get; }

    /// <summary>Everything was committed on the right branch.</summary>
    public sealed record Nothing(CommitId At) : LeftoverOutcome(At);

    /// <summary>Uncommitted files were committed.</summary>
    public sealed record Committed(CommitId At, IReadOnlyList<string> Files) : LeftoverOutcome(At);

    /// <summary>The work was elsewhere and is now on the workspace's branch.</summary>
    /// <param name="From">Where it was found.</param>
    /// <param name="Contested">Files changed on both; the ones found in the folder count.</param>
    public sealed record Moved(CommitId At, string From, IReadOnlyList<string> Files, bool Contested)
        : LeftoverOutcome(At);

    /// <summary>It could not be put on the branch; it is kept as a commit under a ref of its own.</summary>
    public sealed record Kept(CommitId At, string Ref, IReadOnlyList<string> Files) : LeftoverOutcome(At);
}

/// <summary>Whether there is room for more work.</summary>
abstract record AdmissionOutcome
{
    AdmissionOutcome() { }

    public sealed record Admitted(long BytesUsed, long BytesFree) : AdmissionOutcome;

    /// <summary>The workspaces together are larger than <c>limits.diskGb</c>.</summary>
    public sealed record OverQuota(long BytesUsed, long BytesMax) : AdmissionOutcome;

    /// <summary>The disk is nearly full, whoever filled it.</summary>
    public sealed record DiskFull(long BytesFree, long BytesFreeMin) : AdmissionOutcome;
}

/// <summary>Whether a workspace or a branch was removed.</summary>
abstract record RemovalOutcome
{
    RemovalOutcome() { }

    public sealed record Removed : RemovalOutcome;

    /// <summary>It holds work that would be gone: commits no other ref reaches, files no commit has.</summary>
    public sealed record Refused(IReadOnlyList<CommitId> Commits, IReadOnlyList<string> Files) : RemovalOutcome;
}
