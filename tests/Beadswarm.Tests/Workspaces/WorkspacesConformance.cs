using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Git;
using Beadswarm.Tests.Landing;
using Beadswarm.Workspaces;

namespace Beadswarm.Tests.Workspaces;

/// <summary>
/// What agents' workspaces promise, whatever git is behind them: each case runs on real and on simulated git.
/// </summary>
public abstract class WorkspacesConformance
{
    const string Tracker = ".beads/issues.jsonl";

    static readonly BranchName Own = new("agent-1/bd-1");

    static CancellationToken Cancel => LandingWorld.Cancel;

    private protected abstract Task<LandingWorld> OpenAsync(params (string Path, string Text)[] files);

    [Fact]
    public async Task A_new_workspace_is_on_the_beads_branch_with_the_files_of_its_start()
    {
        using var world = await OpenAsync(("a.txt", "1\n"), ("dir/b.txt", "1\n"));
        var start = await world.Lander.TipAsync(Cancel);
        Assert.Null(await world.Workspaces.FindAsync(new AgentNumber(1), Cancel));

        var workspace = await world.Workspaces.AcquireAsync(LandingWorld.Request(1, start), Cancel);

        Assert.Equal(
            new Workspace(new AgentNumber(1), world.Workspaces.PathOf(new AgentNumber(1)), Own), workspace);
        Assert.Equal(workspace, await world.Workspaces.FindAsync(new AgentNumber(1), Cancel));
        Assert.Equal((Own, start, false), await world.HeadAsync(workspace.Path));
        Assert.Equal(await world.FilesAsync(start), world.Folder(workspace.Path));
        Assert.Equal(workspace, await world.Workspaces.AcquireAsync(LandingWorld.Request(1, start), Cancel));
    }

    [Fact]
    public async Task Reused_workspace_has_nothing_of_the_bead_before_and_loses_nothing_of_it()
    {
        using var world = await OpenAsync(("a.txt", "1\n"), ("b.txt", "1\n"));
        var start = await world.Lander.TipAsync(Cancel);
        var first = await world.Workspaces.AcquireAsync(LandingWorld.Request(1, start), Cancel);
        world.Write(first.Path, "a.txt", "half done\n");
        world.Write(first.Path, "b.txt", null);
        world.Write(first.Path, "new/c.txt", "c\n");

        var second = await world.Workspaces.AcquireAsync(LandingWorld.Request(1, start, "bd-2"), Cancel);

        Assert.Equal(first.Path, second.Path);
        Assert.Equal(await world.FilesAsync(start), world.Folder(second.Path));
        Assert.Equal((second.Branch, start, false), await world.HeadAsync(second.Path));
        var kept = await world.FilesAsync((await world.RefAsync(first.Branch.Ref))!.Value);
        Assert.Equal(
            new Dictionary<string, string> { ["a.txt"] = "half done\n", ["new/c.txt"] = "c\n" }, kept);
    }

    [Fact]
    public async Task Another_agent_goes_on_from_the_recorded_head()
    {
        using var world = await OpenAsync(("a.txt", "1\n"));
        var head = await world.WorkAsync(1, "bd-1", ("b.txt", "b\n"));

        var second = await world.Workspaces.AcquireAsync(LandingWorld.Request(2, head), Cancel);

        Assert.Equal(new BranchName("agent-2/bd-1"), second.Branch);
        Assert.Equal("b\n", world.Folder(second.Path)["b.txt"]);
        Assert.Equal((second.Branch, head, false), await world.HeadAsync(second.Path));
        Assert.Equal(head, await world.RefAsync(Own.Ref));
    }

    [Fact]
    public async Task A_branch_that_starts_anew_keeps_its_old_commits_reachable()
    {
        using var world = await OpenAsync(("a.txt", "1\n"));
        var start = await world.Lander.TipAsync(Cancel);
        var old = await world.WorkAsync(1, "bd-1", ("b.txt", "b\n"));
        var folder = world.Workspaces.PathOf(new AgentNumber(1));

        await world.Workspaces.AcquireAsync(LandingWorld.Request(1, start), Cancel);

        Assert.Equal((Own, start, false), await world.HeadAsync(folder));
        Assert.Equal(await world.FilesAsync(start), world.Folder(folder));
        Assert.Equal(old, await world.RefAsync($"{WorkspacePool.KeptPrefix}{Own}/{old}"));
    }

    [Fact]
    public async Task What_lay_in_the_workspace_of_a_bead_that_starts_anew_is_kept_too()
    {
        using var world = await OpenAsync(("a.txt", "1\n"));
        var start = await world.Lander.TipAsync(Cancel);
        var workspace = await BeginAsync(world);
        world.Write(workspace.Path, "c.txt", "uncommitted\n");

        await world.Workspaces.AcquireAsync(LandingWorld.Request(1, start), Cancel);

        // Committed to the branch first, and then reset away from: whoever looks for it finds it under the kept refs.
        var kept = Assert.Single(await world.RefsAsync($"{WorkspacePool.KeptPrefix}{Own}/"));
        Assert.Equal("uncommitted\n", await world.TextAsync(kept, "c.txt"));
        Assert.Equal([start], await world.ParentsAsync(kept));
    }

    [Fact]
    public async Task A_branch_that_only_goes_forward_keeps_nothing_beside()
    {
        using var world = await OpenAsync(("a.txt", "1\n"));
        var start = await world.Lander.TipAsync(Cancel);
        await world.Workspaces.AcquireAsync(LandingWorld.Request(1, start), Cancel);
        var ahead = await world.WorkAsync(2, "bd-2", ("b.txt", "b\n"));

        await world.Workspaces.AcquireAsync(LandingWorld.Request(1, ahead), Cancel);

        Assert.Equal(ahead, await world.RefAsync(Own.Ref));
        Assert.Null(await world.RefAsync($"{WorkspacePool.KeptPrefix}{Own}/{start}"));
    }

    [Fact]
    public async Task Landed_branch_is_deleted_only_while_it_is_what_landed()
    {
        using var world = await OpenAsync(("a.txt", "1\n"));
        var landed = await world.WorkAsync(1, "bd-1", ("b.txt", "b\n"));
        var folder = world.Workspaces.PathOf(new AgentNumber(1));
        var later = await world.CommitAsync(folder, "more", ("c.txt", "c\n"));

        Task<RemovalOutcome> RemoveAsync(CommitId head) =>
            world.Workspaces.RemoveLandedBranchAsync(Own, head, Cancel);

        Assert.Equal([later], Assert.IsType<RemovalOutcome.Refused>(await RemoveAsync(landed)).Commits);
        Assert.Equal(later, await world.RefAsync(Own.Ref));
        Assert.IsType<RemovalOutcome.Removed>(await RemoveAsync(later));
        Assert.Null(await world.RefAsync(Own.Ref));
        Assert.IsType<RemovalOutcome.Removed>(await RemoveAsync(later));
        Assert.Null(await world.Workspaces.FindAsync(new AgentNumber(1), Cancel));
        Assert.Equal((null, later, false), await world.HeadAsync(folder));
        Assert.Equal("c\n", world.Folder(folder)["c.txt"]);
    }

    [Fact]
    public async Task Landed_branch_with_later_commits_that_are_elsewhere_too_is_deleted()
    {
        using var world = await OpenAsync(("a.txt", "1\n"));
        var landed = await world.WorkAsync(1, "bd-1", ("b.txt", "b\n"));
        var later = await world.CommitAsync(world.Workspaces.PathOf(new AgentNumber(1)), "more", ("c.txt", "c\n"));
        await world.Workspaces.AcquireAsync(LandingWorld.Request(2, later), Cancel);

        Assert.IsType<RemovalOutcome.Removed>(
            await world.Workspaces.RemoveLandedBranchAsync(Own, landed, Cancel));
        Assert.Null(await world.RefAsync(Own.Ref));
    }

    [Fact]
    public async Task A_landed_branch_whose_removal_was_cut_short_does_not_come_back()
    {
        using var world = await OpenAsync(("a.txt", "1\n"));
        var start = await world.Lander.TipAsync(Cancel);
        var landed = await world.WorkAsync(1, "bd-1", ("b.txt", "b\n"));
        await world.DetachAsync(world.Workspaces.PathOf(new AgentNumber(1)), landed);

        await world.Workspaces.RemoveLandedBranchAsync(Own, landed, Cancel);
        await world.Workspaces.AcquireAsync(LandingWorld.Request(1, start, "bd-2"), Cancel);

        Assert.Null(await world.RefAsync(Own.Ref));
    }

    [Fact]
    public async Task Slot_of_a_landed_bead_takes_the_next_one()
    {
        using var world = await OpenAsync(("a.txt", "1\n"));
        var start = await world.Lander.TipAsync(Cancel);
        var landed = await world.WorkAsync(1, "bd-1", ("b.txt", "b\n"));
        await world.Workspaces.RemoveLandedBranchAsync(Own, landed, Cancel);

        var next = await world.Workspaces.AcquireAsync(LandingWorld.Request(1, start, "bd-2"), Cancel);

        Assert.Equal((next.Branch, start, false), await world.HeadAsync(next.Path));
        Assert.Equal(await world.FilesAsync(start), world.Folder(next.Path));
    }

    [Fact]
    public async Task Everything_uncommitted_is_committed_on_the_branch()
    {
        using var world = await OpenAsync(("a.txt", "1\n"), ("gone.txt", "x\n"));
        var workspace = await BeginAsync(world);
        world.Write(workspace.Path, "gone.txt", null);
        world.Write(workspace.Path, "a.txt", "2\n");
        world.Write(workspace.Path, "dir/new.txt", "n\n");

        var outcome = Assert.IsType<LeftoverOutcome.Committed>(await RescueAsync(world, workspace));

        Assert.Equal(["a.txt", "dir/new.txt", "gone.txt"], outcome.Files.Order(StringComparer.Ordinal));
        Assert.Equal(
            new Dictionary<string, string> { ["a.txt"] = "2\n", ["dir/new.txt"] = "n\n" },
            await world.FilesAsync(outcome.Head));
        await SettledAsync(world, workspace, outcome);
        Assert.Equal(new LeftoverOutcome.Nothing(outcome.Head), await RescueAsync(world, workspace));
    }

    [Fact]
    public async Task Tracker_and_swarm_files_are_left_out()
    {
        using var world = await OpenAsync(("a.txt", "1\n"), (Tracker, "old\n"));
        var workspace = await BeginAsync(world);
        world.Write(workspace.Path, Tracker, "agent\n");
        world.Write(workspace.Path, ".beadswarm/x", "agent\n");
        world.Write(workspace.Path, "a.txt", "2\n");

        var outcome = Assert.IsType<LeftoverOutcome.Committed>(await RescueAsync(world, workspace));

        Assert.Equal(["a.txt"], outcome.Files);
        Assert.Equal("old\n", await world.TextAsync(outcome.Head, Tracker));
        Assert.Null(await world.TextAsync(outcome.Head, ".beadswarm/x"));
        world.Write(workspace.Path, Tracker, "agent again\n");
        Assert.IsType<LeftoverOutcome.Nothing>(await RescueAsync(world, workspace));
    }

    [Fact]
    public async Task Work_on_a_detached_head_comes_to_the_branch()
    {
        using var world = await OpenAsync(("a.txt", "1\n"));
        var workspace = await BeginAsync(world);
        await world.DetachAsync(workspace.Path, (await world.HeadAsync(workspace.Path)).At);
        var detached = await world.CommitAsync(workspace.Path, "detached", ("b.txt", "committed\n"));
        world.Write(workspace.Path, "c.txt", "uncommitted\n");

        var outcome = Assert.IsType<LeftoverOutcome.Moved>(await RescueAsync(world, workspace));

        Assert.Equal(("a detached HEAD", false), (outcome.From, outcome.Contested));
        await SettledAsync(world, workspace, outcome);
        Assert.Equal([detached], await world.ParentsAsync(outcome.Head));
        Assert.Equal("uncommitted\n", world.Folder(workspace.Path)["c.txt"]);
    }

    [Fact]
    public async Task Commits_on_the_branch_of_another_bead_of_the_same_agent_stay_there()
    {
        using var world = await OpenAsync(("a.txt", "1\n"));
        var start = await world.Lander.TipAsync(Cancel);
        await world.WorkAsync(1, "bd-9", ("nine.txt", "9\n"));
        var workspace = await world.Workspaces.AcquireAsync(LandingWorld.Request(1, start), Cancel);
        var mine = await world.CommitAsync(workspace.Path, "mine", ("b.txt", "b\n"));
        await world.SwitchAsync(workspace.Path, new BranchName("agent-1/bd-9"));
        var stray = await world.CommitAsync(workspace.Path, "stray", ("c.txt", "c\n"));

        var outcome = Assert.IsType<LeftoverOutcome.Nothing>(await RescueAsync(world, workspace));

        Assert.Equal(mine, outcome.Head);
        Assert.Equal(stray, await world.RefAsync("refs/heads/agent-1/bd-9"));
        Assert.Equal("b\n", world.Folder(workspace.Path)["b.txt"]);
        await SettledAsync(world, workspace, outcome);
    }

    [Fact]
    public async Task Contradicting_work_is_joined_and_both_stay_in_history()
    {
        using var world = await OpenAsync(("a.txt", "1\n"));
        var workspace = await BeginAsync(world);
        var start = (await world.HeadAsync(workspace.Path)).At;
        var onBranch = await world.CommitAsync(workspace.Path, "branch", ("a.txt", "on the branch\n"));
        await world.DetachAsync(workspace.Path, start);
        world.Write(workspace.Path, "a.txt", "detached\n");

        var outcome = Assert.IsType<LeftoverOutcome.Moved>(await RescueAsync(world, workspace));

        Assert.True(outcome.Contested);
        Assert.Equal("detached\n", world.Folder(workspace.Path)["a.txt"]);
        Assert.Contains(onBranch, await world.ParentsAsync(outcome.Head));
        await SettledAsync(world, workspace, outcome);
    }

    [Fact]
    public async Task Files_changed_on_another_agents_branch_come_without_its_commits()
    {
        using var world = await OpenAsync(("a.txt", "1\n"));
        var workspace = await BeginAsync(world);
        var theirs = await world.WorkAsync(2, "bd-2", ("other.txt", "o\n"));
        await world.SwitchAsync(workspace.Path, new BranchName("agent-2/bd-2"));
        world.Write(workspace.Path, "mine.txt", "m\n");

        var outcome = Assert.IsType<LeftoverOutcome.Moved>(await RescueAsync(world, workspace));

        Assert.Equal("branch 'agent-2/bd-2'", outcome.From);
        Assert.Equal("m\n", world.Folder(workspace.Path)["mine.txt"]);
        Assert.False(world.Folder(workspace.Path).ContainsKey("other.txt"));
        Assert.Equal(theirs, await world.RefAsync("refs/heads/agent-2/bd-2"));
        await SettledAsync(world, workspace, outcome);
    }

    [Fact]
    public async Task Files_changed_on_the_branch_of_another_bead_of_the_same_agent_come_without_its_commits()
    {
        using var world = await OpenAsync(("a.txt", "1\n"));
        var before = await world.WorkAsync(1, "bd-2", ("other.txt", "o\n"));
        var workspace = await BeginAsync(world);
        await world.SwitchAsync(workspace.Path, new BranchName("agent-1/bd-2"));
        world.Write(workspace.Path, "mine.txt", "m\n");

        var outcome = Assert.IsType<LeftoverOutcome.Moved>(await RescueAsync(world, workspace));

        Assert.Equal("m\n", world.Folder(workspace.Path)["mine.txt"]);
        Assert.False(world.Folder(workspace.Path).ContainsKey("other.txt"));
        Assert.Equal(before, await world.RefAsync("refs/heads/agent-1/bd-2"));
        await SettledAsync(world, workspace, outcome);
    }

    [Fact]
    public async Task Files_that_do_not_fit_the_branch_are_kept_beside_it()
    {
        using var world = await OpenAsync(("a.txt", "1\n"));
        await BeginAsync(world);
        var workspace = (await world.Workspaces.FindAsync(new AgentNumber(1), Cancel))!;
        var mine = await world.CommitAsync(workspace.Path, "mine", ("a.txt", "mine\n"));
        await world.WorkAsync(2, "bd-2", ("a.txt", "theirs\n"));
        await world.SwitchAsync(workspace.Path, new BranchName("agent-2/bd-2"));
        world.Write(workspace.Path, "a.txt", "both\n");

        var outcome = Assert.IsType<LeftoverOutcome.Kept>(await RescueAsync(world, workspace));

        Assert.Equal(mine, outcome.Head);
        Assert.Equal("both\n", await world.TextAsync((await world.RefAsync(outcome.Ref))!.Value, "a.txt"));
        await SettledAsync(world, workspace, outcome);
    }

    [Fact]
    public async Task Finished_but_uncommitted_merge_is_completed()
    {
        using var world = await OpenAsync(("a.txt", "1\n"), ("b.txt", "1\n"));
        var (workspace, mine, other) = await SidesAsync(world, "b.txt");
        await world.MergeAsync(workspace.Path, other);

        var outcome = Assert.IsType<LeftoverOutcome.Committed>(await RescueAsync(world, workspace));

        await SettledAsync(world, workspace, outcome);
        Assert.Equal([mine, other], await world.ParentsAsync(outcome.Head));
    }

    [Fact]
    public async Task Merge_with_conflicts_is_given_up_and_its_files_are_kept()
    {
        using var world = await OpenAsync(("a.txt", "1\n"), ("b.txt", "1\n"));
        var (workspace, mine, other) = await SidesAsync(world, "a.txt");
        await world.MergeAsync(workspace.Path, other);

        var outcome = Assert.IsType<LeftoverOutcome.Committed>(await RescueAsync(world, workspace));

        await SettledAsync(world, workspace, outcome);
        Assert.Contains("<<<<<<<", world.Folder(workspace.Path)["a.txt"], StringComparison.Ordinal);
        Assert.Equal([mine], await world.ParentsAsync(outcome.Head));
    }

    [Fact]
    public async Task Half_done_rebase_is_given_up_and_its_state_is_kept_beside_the_branch()
    {
        using var world = await OpenAsync(("a.txt", "1\n"), ("b.txt", "1\n"));
        var (workspace, mine, other) = await SidesAsync(world, "a.txt");
        await world.RebaseAsync(workspace.Path, other);
        world.Write(workspace.Path, "a.txt", "resolved\n");

        var outcome = Assert.IsType<LeftoverOutcome.Kept>(await RescueAsync(world, workspace));

        Assert.Equal(mine, outcome.Head);
        Assert.Equal("resolved\n", await world.TextAsync((await world.RefAsync(outcome.Ref))!.Value, "a.txt"));
        await SettledAsync(world, workspace, outcome);
    }

    [Fact]
    public async Task A_workspace_that_is_gone_cannot_be_rescued()
    {
        using var world = await OpenAsync(("a.txt", "1\n"));
        var agent = new AgentNumber(3);
        var gone = new Workspace(
            agent, world.Workspaces.PathOf(agent), WorkspaceBranch.Of(agent, BeadId.Parse("bd-1")));

        var error = await Assert.ThrowsAsync<GitException>(() => RescueAsync(world, gone));
        Assert.False(error.IsTransient);
    }

    [Fact]
    public async Task Workspaces_over_the_quota_or_on_a_full_disk_stop_admission()
    {
        using var world = await OpenAsync(("a.txt", "1\n"));
        Assert.IsType<AdmissionOutcome.Admitted>(world.Bounded(new WorkspaceOptions { BytesFreeMin = 0 }).Admit());
        await BeginAsync(world);

        var pool = world.Bounded(new WorkspaceOptions { BytesMax = 1, BytesFreeMin = 0 });
        Assert.True(Assert.IsType<AdmissionOutcome.OverQuota>(pool.Admit()).BytesUsed > 1);
        var full = world.Bounded(new WorkspaceOptions { BytesFreeMin = long.MaxValue });
        Assert.IsType<AdmissionOutcome.DiskFull>(full.Admit());
    }

    static async Task<Workspace> BeginAsync(LandingWorld world) => await world.Workspaces.AcquireAsync(
        LandingWorld.Request(1, await world.Lander.TipAsync(Cancel)), Cancel);

    /// <summary>The agent's own commit of a file, and another one that changed a.txt.</summary>
    static async Task<(Workspace Workspace, CommitId Mine, CommitId Other)> SidesAsync(LandingWorld world, string file)
    {
        var workspace = await BeginAsync(world);
        var other = await world.WorkAsync(2, "bd-2", ("a.txt", "other\n"));
        return (workspace, await world.CommitAsync(workspace.Path, "mine", (file, "mine\n")), other);
    }

    static Task<LeftoverOutcome> RescueAsync(LandingWorld world, Workspace workspace) =>
        world.Workspaces.CommitLeftoversAsync(
            workspace, "Keep leftovers\n\nBead: bd-1\n", DateTimeOffset.UnixEpoch, Cancel);

    /// <summary>The workspace is on its branch, at the outcome's head, with nothing under way.</summary>
    static async Task SettledAsync(LandingWorld world, Workspace workspace, LeftoverOutcome outcome)
    {
        Assert.Equal((workspace.Branch, outcome.Head, false), await world.HeadAsync(workspace.Path));
        Assert.Equal(outcome.Head, await world.RefAsync(workspace.Branch.Ref));
        Assert.Equal(await world.FilesAsync(outcome.Head), world.Folder(workspace.Path));
    }
}
