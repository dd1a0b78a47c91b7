using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Tests.Support;
using Beadswarm.Workspaces;

namespace Beadswarm.Tests.Landing;

/// <summary>
/// A repository with a lander on main and agents that commit, real or simulated: what the conformance suites look at.
/// </summary>
abstract class LandingWorld : IDisposable
{
    public static readonly DateTimeOffset When = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    public static CancellationToken Cancel => GitSandbox.Cancel;

    public abstract ILandingRepository Lander { get; }

    public abstract IWorkspaces Workspaces { get; }

    /// <summary>Another view of a branch at the same place.</summary>
    public abstract Task<ILandingRepository> OpenAsync(string branch);

    /// <summary>A lander on main of a new epoch.</summary>
    public abstract Task<ILandingRepository> TakeOverAsync();

    /// <summary>Somebody commits on main where the target is.</summary>
    public abstract Task<CommitId> ForeignAsync(string subject, params (string Path, string? Text)[] files);

    /// <summary>Where main is, asked for where the target is.</summary>
    public abstract Task<CommitId> TargetAsync();

    /// <summary>The parents of a commit, in order.</summary>
    public abstract Task<IReadOnlyList<CommitId>> ParentsAsync(CommitId commit);

    /// <summary>The files of a commit.</summary>
    public abstract Task<IReadOnlyDictionary<string, string>> FilesAsync(CommitId commit);

    /// <summary>Where a ref of the hub is; null when it does not exist.</summary>
    public abstract Task<CommitId?> RefAsync(string name);

    /// <summary>Where the refs of the hub under a prefix are.</summary>
    public abstract Task<IReadOnlyList<CommitId>> RefsAsync(string prefix);

    /// <summary>What lies in a folder of the hub, committed or not.</summary>
    public abstract IReadOnlyDictionary<string, string> Folder(string path);

    /// <summary>Writes a file in a folder of the hub; null deletes it.</summary>
    public abstract void Write(string path, string name, string? text);

    /// <summary>Commits everything in a folder, also where an agent should not.</summary>
    public abstract Task<CommitId> CommitAsync(
        string path, string subject, params (string Path, string? Text)[] files);

    /// <summary>HEAD lets go of its branch, at a commit.</summary>
    public abstract Task DetachAsync(string path, CommitId at);

    /// <summary>HEAD goes to a branch, also to another agent's.</summary>
    public abstract Task SwitchAsync(string path, BranchName branch);

    /// <summary>Begins to merge a commit without committing.</summary>
    public abstract Task MergeAsync(string path, CommitId other);

    /// <summary>Begins a rebase that stops at a conflict.</summary>
    public abstract Task RebaseAsync(string path, CommitId onto);

    /// <summary>What HEAD is on (null: detached) and at, and whether an operation is under way.</summary>
    public abstract Task<(BranchName? Branch, CommitId At, bool Busy)> HeadAsync(string path);

    /// <summary>What lies in the user's checkout.</summary>
    public abstract IReadOnlyDictionary<string, string> UserFolder { get; }

    /// <summary>The user writes a file in his checkout; null deletes it.</summary>
    public abstract void UserWrites(string name, string? text);

    /// <summary>The user commits everything in his checkout.</summary>
    public abstract Task<CommitId> UserCommitsAsync(string subject);

    /// <summary>The user goes to a new branch and takes his files along.</summary>
    public abstract Task UserSwitchesAsync(string branch);

    /// <summary>What of the user's checkout is not as in its commit, by path.</summary>
    public abstract Task<IReadOnlyList<string>> UserChangesAsync();

    /// <summary>Every push to the remote is refused from now on.</summary>
    public abstract Task RefusePushesAsync(string reason);

    /// <summary>Nobody reaches the remote any more.</summary>
    public abstract void RemoveRemote();

    /// <summary>Moves the target by a push that dies before or after the remote has decided.</summary>
    public abstract Task<AdvanceOutcome> AdvanceKilledAsync(CommitId expected, CommitId candidate, bool decided);

    /// <summary>Workspaces of the same repository within other bounds.</summary>
    public abstract IWorkspaces Bounded(WorkspaceOptions options);

    public abstract void Dispose();

    public async Task<CommitId> WorkAsync(int agent, string bead, params (string Path, string? Text)[] files) =>
        await WorkFromAsync(await Lander.TipAsync(Cancel), agent, bead, files);

    /// <summary>An agent works a bead from a commit on and commits.</summary>
    public async Task<CommitId> WorkFromAsync(
        CommitId start, int agent, string bead, params (string Path, string? Text)[] files)
    {
        var workspace = await Workspaces.AcquireAsync(Request(agent, start, bead), Cancel);
        return await CommitAsync(workspace.Path, $"work on {bead}", files);
    }

    public static WorkspaceRequest Request(int agent, CommitId start, string bead = "bd-1") =>
        new(new AgentNumber(agent), BeadId.Parse(bead), start);

    public static LandingMessage Message(string bead) =>
        new($"Land {bead}", "", [(LandingMessage.BeadTrailer, bead)]);

    public Task<MergeOutcome> MergeAsync(
        CommitId tip, CommitId head, string bead = "bd-1", MergeStyle style = MergeStyle.MergeCommit) =>
        Lander.MergeAsync(new MergeRequest(tip, head, Message(bead), When, style), Cancel);

    public async Task<CommitId> CandidateAsync(CommitId tip, CommitId head, string bead = "bd-1") =>
        Assert.IsType<MergeOutcome.Clean>(await MergeAsync(tip, head, bead)).Candidate;

    public Task<AdvanceOutcome> AdvanceAsync(CommitId expected, CommitId candidate) =>
        Lander.AdvanceAsync(expected, candidate, Cancel);

    public async Task<string?> TextAsync(CommitId commit, string path) =>
        (await FilesAsync(commit)).GetValueOrDefault(path);
}
