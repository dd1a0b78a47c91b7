using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Tests.Support;
using Beadswarm.Workspaces;

namespace Beadswarm.Tests.Landing;

/// <summary>A user's repository, its hub, agents that commit, and a lander on main.</summary>
sealed class LandingSetup : IDisposable
{
    public static readonly DateTimeOffset When = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    static readonly BranchName Main = new("main");

    LandingSetup(GitSandbox git, Hub hub, ILandingTarget target, string? remote)
    {
        Git = git;
        Hub = hub;
        Pool = new WorkspacePool(hub, new WorkspaceOptions());
        Lander = new LandingGit(hub, target, WorkspaceCleaning.Everything);
        Remote = remote;
    }

    public GitSandbox Git { get; }

    public Hub Hub { get; }

    public WorkspacePool Pool { get; }

    public LandingGit Lander { get; }

    /// <summary>The bare repository that main lives in, if any.</summary>
    public string? Remote { get; }

    public string User => Git.User;

    public static CancellationToken Cancel => GitSandbox.Cancel;

    public static async Task<LandingSetup> LocalAsync(params (string Path, string Text)[] files)
    {
        var git = new GitSandbox();
        await git.InitAsync(git.User, files);
        var hub = await git.OpenHubAsync();
        return new LandingSetup(git, hub, new LocalTarget(hub, Main, epoch: null), remote: null);
    }

    public static async Task<LandingSetup> RemoteAsync(params (string Path, string Text)[] files)
    {
        var git = new GitSandbox();
        await git.InitAsync(git.User, files);
        var remote = git["remote.git"];
        await git.GitAsync(git.Root, "clone", "--quiet", "--bare", git.User, remote);
        await git.GitAsync(git.User, "remote", "add", "origin", remote);
        var hub = await git.OpenHubAsync();
        return new LandingSetup(
            git, hub, await RemoteTarget.OpenAsync(hub, "origin", Main, epoch: null, Cancel), remote);
    }

    /// <summary>An agent works a bead from the tip on and commits.</summary>
    public async Task<CommitId> WorkAsync(int agent, string bead, params (string Path, string? Text)[] files) =>
        await WorkFromAsync(await Lander.TipAsync(Cancel), agent, bead, files);

    public async Task<CommitId> WorkFromAsync(
        CommitId start, int agent, string bead, params (string Path, string? Text)[] files)
    {
        var workspace = await Pool.AcquireAsync(
            new WorkspaceRequest(new AgentNumber(agent), BeadId.Parse(bead), start), Cancel);
        return await Git.CommitAsync(workspace.Path, $"work on {bead}", files);
    }

    public static LandingMessage Message(string bead) =>
        new($"Land {bead}", "", [(LandingMessage.BeadTrailer, bead)]);

    public Task<MergeOutcome> MergeAsync(CommitId tip, CommitId head, string bead = "bd-1") =>
        Lander.MergeAsync(new MergeRequest(tip, head, Message(bead), When), Cancel);

    public async Task<CommitId> CandidateAsync(CommitId tip, CommitId head, string bead = "bd-1") =>
        Assert.IsType<MergeOutcome.Clean>(await MergeAsync(tip, head, bead)).Candidate;

    public Task<AdvanceOutcome> AdvanceAsync(CommitId expected, CommitId candidate) =>
        Lander.AdvanceAsync(expected, candidate, Cancel);

    public void Dispose() => Git.Dispose();
}
