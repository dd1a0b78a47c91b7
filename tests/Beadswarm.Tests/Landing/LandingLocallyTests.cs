using System.Text;
using Beadswarm.Configuration;
using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Tests.Support;
using Beadswarm.Workspaces;

namespace Beadswarm.Tests.Landing;

public sealed class LandingLocallyTests
{
    const string Tracker = ".beads/issues.jsonl";

    static CancellationToken Cancel => LandingSetup.Cancel;

    [Fact]
    public async Task Landed_bead_is_on_the_branch_in_the_index_and_in_the_files()
    {
        using var setup = await LandingSetup.LocalAsync(("a.txt", "1\n"), ("b.txt", "1\n"));
        var (tip, candidate) = await CandidateAsync(setup, ("a.txt", "2\n"), ("dir ü/-c.txt", "new\n"),
            ("b.txt", null));

        Assert.IsType<AdvanceOutcome.Moved>(await setup.AdvanceAsync(tip, candidate));
        Assert.IsType<AdvanceOutcome.Moved>(await setup.AdvanceAsync(tip, candidate));

        await FollowedAsync(setup, candidate);
        Assert.Equal("2\n", GitSandbox.Text(setup.User, "a.txt"));
        Assert.Null(GitSandbox.Text(setup.User, "b.txt"));
        Assert.Equal("new\n", GitSandbox.Text(setup.User, "dir ü/-c.txt"));
        await setup.Git.GitAsync(setup.User, "fsck", "--strict");
        Assert.IsType<Observation.Present>(await setup.Lander.ObserveAsync(candidate, [], Cancel));
    }

    [Fact]
    public async Task Tracker_file_that_holds_what_lands_is_clean_afterwards()
    {
        using var setup = await LandingSetup.LocalAsync((Tracker, "old\n"));
        var tip = await setup.Lander.TipAsync(Cancel);
        var synced = await SyncAsync(setup, tip, "synced\n");
        GitSandbox.Write(setup.User, Tracker, "synced\n");
        await setup.Git.GitAsync(setup.User, "add", Tracker);

        Assert.IsType<AdvanceOutcome.Moved>(await setup.AdvanceAsync(tip, synced));
        await FollowedAsync(setup, synced);
    }

    [Fact]
    public async Task Tracker_file_without_changes_of_its_own_follows()
    {
        using var setup = await LandingSetup.LocalAsync((Tracker, "old\n"));
        var tip = await setup.Lander.TipAsync(Cancel);
        var synced = await SyncAsync(setup, tip, "synced\n");

        Assert.IsType<AdvanceOutcome.Moved>(await setup.AdvanceAsync(tip, synced));
        await FollowedAsync(setup, synced);
        Assert.Equal("synced\n", GitSandbox.Text(setup.User, Tracker));
    }

    [Fact]
    public async Task Users_changes_hold_the_landing_until_they_are_put_away()
    {
        using var setup = await LandingSetup.LocalAsync(("a.txt", "1\n"), ("b c.txt", "1\n"));
        var (tip, candidate) = await CandidateAsync(setup, ("a.txt", "2\n"), ("new.txt", "landed\n"));
        GitSandbox.Write(setup.User, "b c.txt", "mine\n");
        GitSandbox.Write(setup.User, "new.txt", "mine\n");

        Assert.Contains("b c.txt", await HeldAsync(setup, tip, candidate), StringComparison.Ordinal);
        await setup.Git.GitAsync(setup.User, "add", "b c.txt");
        Assert.Contains("b c.txt", await HeldAsync(setup, tip, candidate), StringComparison.Ordinal);
        await setup.Git.GitAsync(setup.User, "stash");
        Assert.Contains("new.txt", await HeldAsync(setup, tip, candidate), StringComparison.Ordinal);
        Assert.Equal("mine\n", GitSandbox.Text(setup.User, "new.txt"));
        GitSandbox.Write(setup.User, "new.txt", null);
        GitSandbox.Write(setup.User, "other untracked.txt", "mine\n");

        Assert.IsType<AdvanceOutcome.Moved>(await setup.AdvanceAsync(tip, candidate));
        await setup.Git.GitAsync(setup.User, "stash", "pop");
        Assert.Equal("mine\n", GitSandbox.Text(setup.User, "b c.txt"));
    }

    [Fact]
    public async Task Busy_checkouts_hold_the_landing()
    {
        using var setup = await LandingSetup.LocalAsync(("a.txt", "1\n"));
        var (tip, candidate) = await CandidateAsync(setup, ("a.txt", "2\n"));

        GitSandbox.Write(setup.User, ".git/index.lock", "");
        Assert.Contains("index.lock", await HeldAsync(setup, tip, candidate), StringComparison.Ordinal);
        Assert.Equal("", GitSandbox.Text(setup.User, ".git/index.lock"));
        GitSandbox.Write(setup.User, ".git/index.lock", null);

        GitSandbox.Write(setup.User, ".git/MERGE_HEAD", tip.Value + "\n");
        Assert.Contains("MERGE_HEAD", await HeldAsync(setup, tip, candidate), StringComparison.Ordinal);
        GitSandbox.Write(setup.User, ".git/MERGE_HEAD", null);

        await setup.Git.GitAsync(setup.User, "checkout", "--quiet", "-b", "side");
        await setup.Git.GitAsync(setup.User, "worktree", "add", "--quiet", setup.Git["linked"], "main");
        Assert.Contains("linked", await HeldAsync(setup, tip, candidate), StringComparison.Ordinal);
        await setup.Git.GitAsync(setup.User, "worktree", "remove", setup.Git["linked"]);

        GitSandbox.Write(setup.User, ".git/rebase-merge/head-name", "refs/heads/main\n");
        Assert.Contains("a rebase", await HeldAsync(setup, tip, candidate), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bare_repository_is_landed_in()
    {
        using var git = new GitSandbox();
        await git.InitAsync(git["work"], ("a.txt", "1\n"));
        await git.GitAsync(git.Root, "clone", "--quiet", "--bare", git["work"], git.User);
        var hub = await git.OpenHubAsync();
        var lander = new LandingGit(
            hub, new LocalTarget(hub, new BranchName("main"), epoch: null), WorkspaceCleaning.Everything);
        var tip = await lander.TipAsync(Cancel);
        var folder = await lander.CheckoutAsync(tip, 1, Cancel);
        GitSandbox.Write(folder, "b.txt", "2\n");
        await git.GitAsync(folder, "add", "--all");
        var tree = TreeId.Parse(await git.GitAsync(folder, "write-tree"));
        var candidate = await hub.Repository.CommitTreeAsync(tree, [tip], "made\n", LandingSetup.When, Cancel);

        Assert.IsType<AdvanceOutcome.Moved>(await lander.AdvanceAsync(tip, candidate, Cancel));
        Assert.Equal(candidate, await git.HeadAsync(git.User, "main"));
    }

    [Theory]
    [InlineData("2\n", null, false)]
    [InlineData("2", "lan", false)]
    [InlineData("1\n", "landed\n", false)]
    [InlineData("2\n", "landed\n", true)]
    public async Task A_move_that_was_killed_half_way_is_undone_or_finished(string a, string? added, bool branchMoved)
    {
        using var setup = await LandingSetup.LocalAsync(("a.txt", "1\n"));
        var (tip, candidate) = await CandidateAsync(setup, ("a.txt", "2\n"), ("dir/new.txt", "landed\n"));
        await KilledAsync(setup, tip, candidate);
        GitSandbox.Write(setup.User, "a.txt", a);
        GitSandbox.Write(setup.User, "dir/new.txt", added);
        if (branchMoved)
        {
            await setup.Git.GitAsync(setup.User, "update-ref", "refs/heads/main", candidate.Value);
        }

        Assert.IsType<AdvanceOutcome.Moved>(await setup.AdvanceAsync(tip, candidate));
        await FollowedAsync(setup, candidate);
        Assert.Equal("landed\n", GitSandbox.Text(setup.User, "dir/new.txt"));
    }

    [Fact]
    public async Task Locks_of_a_lander_that_was_killed_are_gone_after_recovery()
    {
        using var setup = await LandingSetup.LocalAsync(("a.txt", "1\n"));
        var (tip, candidate) = await CandidateAsync(setup, ("a.txt", "2\n"));
        await KilledAsync(setup, tip, candidate);
        GitSandbox.Write(setup.User, ".git/HEAD.lock", "");
        GitSandbox.Write(setup.User, ".git/refs/heads/main.lock", "");
        GitSandbox.Write(setup.Hub.GitDirectory, "refs/beadswarm/epoch.lock", "");

        await setup.Lander.RecoverAsync(Cancel);
        await setup.Lander.RecoverAsync(Cancel);

        await setup.Git.CommitAsync(setup.User, "the user's git works again", ("b.txt", "b\n"));
        Assert.Equal(1, (await Hub.BeginEpochAsync(setup.Hub.Repository, Cancel)).Number);
    }

    [Fact]
    public async Task A_lock_left_on_the_epoch_does_not_stop_the_next_start()
    {
        using var setup = await LandingSetup.LocalAsync(("a.txt", "1\n"));
        await Hub.BeginEpochAsync(setup.Hub.User.Repository, Cancel);
        GitSandbox.Write(setup.User, ".git/refs/beadswarm/epoch.lock", "");
        var config = new LandingConfig(LandingMode.Queue, "main", null, [], 1, "swarm/next", false);

        var branches = await LandingBranches.OpenAsync(setup.Hub, config, ResolvingParts.None, Cancel);

        Assert.Equal(await setup.TargetAsync(), await branches.Target.TipAsync(Cancel));
    }

    [Fact]
    public async Task What_the_user_wrote_after_the_kill_is_not_undone()
    {
        using var setup = await LandingSetup.LocalAsync(("a.txt", "1\n"), (Tracker, "old\n"));
        var (tip, candidate) = await CandidateAsync(setup, ("a.txt", "2\n"));
        var synced = await SyncAsync(setup, candidate, "synced\n");
        await KilledAsync(setup, tip, synced);
        GitSandbox.Write(setup.User, "a.txt", "mine\n");
        GitSandbox.Write(setup.User, Tracker, "synced\n");

        Assert.Contains("a.txt", await HeldAsync(setup, tip, synced), StringComparison.Ordinal);
        Assert.Equal("mine\n", GitSandbox.Text(setup.User, "a.txt"));
        Assert.Equal("synced\n", GitSandbox.Text(setup.User, Tracker));
        Assert.Null(GitSandbox.Text(setup.User, ".git/index.lock"));
    }

    static async Task<(CommitId Tip, CommitId Candidate)> CandidateAsync(
        LandingSetup setup, params (string Path, string? Text)[] files)
    {
        var tip = await setup.Lander.TipAsync(Cancel);
        return (tip, await setup.CandidateAsync(tip, await setup.WorkAsync(1, "bd-1", files)));
    }

    static async Task<CommitId> SyncAsync(LandingSetup setup, CommitId tip, string text) =>
        (await setup.Lander.TrackerCommitAsync(
            tip, Tracker, Encoding.UTF8.GetBytes(text), new LandingMessage("beads: sync", "", []), LandingSetup.When,
            Cancel)).GetValueOrDefault();

    static async Task<string> HeldAsync(LandingSetup setup, CommitId tip, CommitId candidate)
    {
        var index = await File.ReadAllBytesAsync(Path.Combine(setup.User, ".git/index"), Cancel);
        var held = Assert.IsType<AdvanceOutcome.Held>(await setup.AdvanceAsync(tip, candidate));
        Assert.Equal(tip, await setup.Git.HeadAsync(setup.User, "main"));
        Assert.Equal(index, await File.ReadAllBytesAsync(Path.Combine(setup.User, ".git/index"), Cancel));
        return held.Reason;
    }

    /// <summary>HEAD, index and files all are at the commit, and nothing of the move is left.</summary>
    static async Task FollowedAsync(LandingSetup setup, CommitId commit)
    {
        Assert.Equal(commit, await setup.Git.HeadAsync(setup.User));
        Assert.Equal("", await setup.Git.GitAsync(setup.User, "status", "--porcelain"));
        Assert.Equal(
            ["index"], Directory.EnumerateFiles(Path.Combine(setup.User, ".git"), "index*").Select(Path.GetFileName));
    }

    /// <summary>What a lander leaves that was killed while the files followed.</summary>
    static async Task KilledAsync(LandingSetup setup, CommitId tip, CommitId candidate)
    {
        await ObjectTransfer.CopyAsync(setup.Hub.Repository, setup.Hub.User.Repository, candidate, tip, Cancel);
        GitSandbox.Write(setup.User, ".git/index.lock", $"beadswarm main {tip} {candidate}\n");
        GitSandbox.Write(setup.User, ".git/index.beadswarm-new", "half written");
        GitSandbox.Write(setup.User, ".git/index.beadswarm-new.lock", "");
    }
}
