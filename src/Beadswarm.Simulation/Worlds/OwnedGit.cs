using Beadswarm.Claims;
using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Workspaces;

namespace Beadswarm.Simulation.Worlds;

/// <summary>A branch as its orchestrator reaches it: by commands of git that it starts and waits for.</summary>
sealed class OwnedLanding(SimulatedOrchestrator owner, ILandingRepository git) : ILandingRepository
{
    /// <summary>As often as a real swarm had landings returned, whatever for.</summary>
    static readonly MergeOutcome Conflicting =
        new MergeOutcome.Conflict([new ConflictedFile("a file", "CONFLICT (content)", "")], []);

    public Task RecoverAsync(CancellationToken cancellationToken) =>
        DoAsync(() => git.RecoverAsync(cancellationToken));

    public Task<CommitId> TipAsync(CancellationToken cancellationToken) =>
        owner.OnGitAsync(() => git.TipAsync(cancellationToken));

    public Task EnsureBranchAsync(CommitId at, CancellationToken cancellationToken) =>
        DoAsync(() => git.EnsureBranchAsync(at, cancellationToken));

    public Task<MergeOutcome> MergeAsync(MergeRequest request, CancellationToken cancellationToken) =>
        owner.OnGitAsync(async () => owner.IsReturned(request.Head)
            ? Conflicting
            : await git.MergeAsync(request, cancellationToken));

    public Task<CommitId> JoinAsync(
        CommitId tip, CommitId last, LandingMessage message, DateTimeOffset when,
        CancellationToken cancellationToken) =>
        owner.OnGitAsync(() => git.JoinAsync(tip, last, message, when, cancellationToken));

    public Task<MergeOutcome.Conflict?> ProbeAsync(
        CommitId onto, CommitId head, CancellationToken cancellationToken) =>
        owner.OnGitAsync(() => git.ProbeAsync(onto, head, cancellationToken));

    public Task<string> CheckoutAsync(CommitId candidate, int slot, CancellationToken cancellationToken) =>
        owner.OnGitAsync(() => git.CheckoutAsync(candidate, slot, cancellationToken));

    public Task<CommitId?> TrackerCommitAsync(
        CommitId tip, string path, ReadOnlyMemory<byte> content, LandingMessage message, DateTimeOffset when,
        CancellationToken cancellationToken) =>
        owner.OnGitAsync(() => git.TrackerCommitAsync(tip, path, content, message, when, cancellationToken));

    public Task<AdvanceOutcome> AdvanceAsync(
        CommitId expected, CommitId candidate, CancellationToken cancellationToken) =>
        owner.OnGitAsync(async () =>
        {
            await owner.TakeTimeToLandAsync();
            return await git.AdvanceAsync(expected, candidate, cancellationToken);
        });

    public Task<Observation> ObserveAsync(
        CommitId candidate, IReadOnlyList<string> paths, CancellationToken cancellationToken) =>
        owner.OnGitAsync(() => git.ObserveAsync(candidate, paths, cancellationToken));

    public Task<IReadOnlyList<FileChange>> ChangesAsync(
        CommitId from, CommitId to, CancellationToken cancellationToken) =>
        owner.OnGitAsync(() => git.ChangesAsync(from, to, cancellationToken));

    public Task<bool> IsAncestorAsync(CommitId ancestor, CommitId of, CancellationToken cancellationToken) =>
        owner.OnGitAsync(() => git.IsAncestorAsync(ancestor, of, cancellationToken));

    public Task<IReadOnlyList<HistoryCommit>?> HistoryAsync(
        CommitId after, CommitId upTo, CancellationToken cancellationToken) =>
        owner.OnGitAsync(() => git.HistoryAsync(after, upTo, cancellationToken));

    public Task<IReadOnlyList<BeadLanding>> LandingsAsync(
        CommitId upTo, DateTimeOffset since, CancellationToken cancellationToken) =>
        owner.OnGitAsync(() => git.LandingsAsync(upTo, since, cancellationToken));

    public Task<ReadOnlyMemory<byte>?> ContentAsync(CommitId at, string path, CancellationToken cancellationToken) =>
        owner.OnGitAsync(() => git.ContentAsync(at, path, cancellationToken));

    public Task<CommonContent?> CommonContentAsync(CommitId with, string path, CancellationToken cancellationToken) =>
        owner.OnGitAsync(() => git.CommonContentAsync(with, path, cancellationToken));

    public Task TakeAsync(CommitId commit, CancellationToken cancellationToken) =>
        DoAsync(() => git.TakeAsync(commit, cancellationToken));

    public Task<TreeId> TreeAsync(CommitId commit, CancellationToken cancellationToken) =>
        owner.OnGitAsync(() => git.TreeAsync(commit, cancellationToken));

    public Task<FollowOutcome> FollowAsync(CommitId landed, CancellationToken cancellationToken) =>
        owner.OnGitAsync(() => git.FollowAsync(landed, cancellationToken));

    Task DoAsync(Func<Task> work) => owner.OnGitAsync(async () =>
    {
        await work();
        return true;
    });
}

/// <summary>
/// The workspaces as their orchestrator reaches them: by commands of git that it starts and waits for.
/// </summary>
sealed class OwnedWorkspaces(SimulatedOrchestrator owner, IWorkspaces git) : IWorkspaces
{
    public string PathOf(AgentNumber agent) => git.PathOf(agent);

    public Task<Workspace> AcquireAsync(WorkspaceRequest request, CancellationToken cancellationToken) =>
        owner.OnGitAsync(() => git.AcquireAsync(request, cancellationToken));

    public Task<Workspace?> FindAsync(AgentNumber agent, CancellationToken cancellationToken) =>
        owner.OnGitAsync(() => git.FindAsync(agent, cancellationToken));

    public Task<LeftoverOutcome> CommitLeftoversAsync(
        Workspace workspace, string message, DateTimeOffset when, CancellationToken cancellationToken) =>
        owner.OnGitAsync(() => git.CommitLeftoversAsync(workspace, message, when, cancellationToken));

    public Task<RemovalOutcome> RemoveLandedBranchAsync(
        BranchName branch, CommitId landedHead, CancellationToken cancellationToken) =>
        owner.OnGitAsync(() => git.RemoveLandedBranchAsync(branch, landedHead, cancellationToken));

    public WorkspaceGround? GroundOf(Workspace workspace) => git.GroundOf(workspace);

    public AdmissionOutcome Admit() => git.Admit();
}

/// <summary>The refs that nodes share, as one of them reaches them.</summary>
sealed class OwnedWorkRefs(SimulatedOrchestrator owner, IWorkRefs git) : IWorkRefs
{
    public Task<bool> IsHereAsync(CommitId commit, CancellationToken cancellationToken) =>
        owner.OnGitAsync(() => git.IsHereAsync(commit, cancellationToken));

    public Task<bool> IsAncestorAsync(CommitId ancestor, CommitId of, CancellationToken cancellationToken) =>
        owner.OnGitAsync(() => git.IsAncestorAsync(ancestor, of, cancellationToken));

    public Task<IReadOnlyList<(CommitId At, string Ref)>> AskAsync(
        string folder, CancellationToken cancellationToken) =>
        owner.OnGitAsync(() => git.AskAsync(folder, cancellationToken));

    public Task FetchAsync(string folder, CancellationToken cancellationToken) => owner.OnGitAsync(async () =>
    {
        await git.FetchAsync(folder, cancellationToken);
        return true;
    });

    public Task<WorkPush> PushAsync(IReadOnlyList<RefMove> moves, CancellationToken cancellationToken) =>
        owner.OnGitAsync(() => git.PushAsync(moves, cancellationToken));
}
