using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Git;
using Beadswarm.Tests.Support;
using Beadswarm.Workspaces;

namespace Beadswarm.Tests.Workspaces;

public sealed class WorkspacePoolTests
{
    static CancellationToken Cancel => GitSandbox.Cancel;

    [Fact]
    public async Task Twelve_agents_asking_at_once_all_get_a_workspace()
    {
        using var git = new GitSandbox();
        var (pool, start, _) = await PoolAsync(git);

        var workspaces = await Task.WhenAll(
            Enumerable.Range(1, 12).Select(n => pool.AcquireAsync(Request(n, start), Cancel)));
        await Task.WhenAll(workspaces.Select((workspace, i) =>
            git.CommitAsync(workspace.Path, "work", ($"file{i}.txt", "x\n"))));

        Assert.All(workspaces, workspace => Assert.Equal("1\n", GitSandbox.Text(workspace.Path, "a.txt")));
        Assert.Equal(12, workspaces.Select(workspace => workspace.Branch).Distinct().Count());
    }

    [Fact]
    public async Task Reused_workspace_has_nothing_of_the_bead_before_and_loses_nothing_of_it()
    {
        using var git = new GitSandbox();
        var (pool, start, _) = await PoolAsync(git, ("a.txt", "1\n"), (".gitignore", "out/\n"));
        var first = await pool.AcquireAsync(Request(1, start, "bd-1"), Cancel);
        GitSandbox.Write(first.Path, "a.txt", "half done\n");
        GitSandbox.Write(first.Path, "out/cache.bin", "x");
        Directory.CreateDirectory(Path.Combine(first.Path, "empty"));

        var second = await pool.AcquireAsync(Request(1, start, "bd-2"), Cancel);

        Assert.Equal(first.Path, second.Path);
        Assert.Equal("1\n", GitSandbox.Text(second.Path, "a.txt"));
        Assert.Equal(
            [".git", ".gitignore", "a.txt"],
            Directory.EnumerateFileSystemEntries(second.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal("half done", await git.GitAsync(second.Path, "show", "agent-1/bd-1:a.txt"));
    }

    [Fact]
    public async Task A_lock_left_on_the_branch_of_a_bead_does_not_stop_its_workspace()
    {
        using var git = new GitSandbox();
        var (pool, start, hub) = await PoolAsync(git);
        await pool.AcquireAsync(Request(1, start), Cancel);
        GitSandbox.Write(hub.GitDirectory, "refs/heads/agent-1/bd-2.lock", "");

        Assert.Equal("agent-1/bd-2", (await pool.AcquireAsync(Request(1, start, "bd-2"), Cancel)).Branch.Value);
    }

    [Fact]
    public async Task Another_agent_goes_on_from_the_recorded_head()
    {
        using var git = new GitSandbox();
        var (pool, start, _) = await PoolAsync(git);
        var first = await pool.AcquireAsync(Request(1, start), Cancel);
        var head = await git.CommitAsync(first.Path, "work", ("b.txt", "b\n"));

        var second = await pool.AcquireAsync(Request(2, head), Cancel);

        Assert.Equal(new BranchName("agent-2/bd-1"), second.Branch);
        Assert.Equal("b\n", GitSandbox.Text(second.Path, "b.txt"));
        var found = await pool.HeadAsync(second.Branch, start, Cancel);
        Assert.Equal((head, start), (found.Commit, found.Base));
        Assert.Equal("b.txt", Assert.Single(found.Changes).Path);
    }

    [Fact]
    public async Task Hooks_refuse_foreign_branches_detached_heads_tags_stashes_and_pushes()
    {
        using var git = new GitSandbox();
        var (pool, start, _) = await PoolAsync(git);
        var mine = (await pool.AcquireAsync(Request(1, start), Cancel)).Path;
        await pool.AcquireAsync(Request(2, start, "bd-2"), Cancel);
        GitSandbox.Write(mine, "a.txt", "mine\n");

        await RefusedAsync(git, mine, "agent-1/bd-1, not refs/heads/other", "branch", "other");
        await RefusedAsync(git, mine, "not refs/heads/agent-2/bd-2", "update-ref", "refs/heads/agent-2/bd-2", "HEAD",
            start.Value);
        await RefusedAsync(git, mine, "not refs/tags/v1", "tag", "v1");
        await RefusedAsync(git, mine, "not refs/stash", "stash");
        await RefusedAsync(git, mine, "not deleted from inside it", "update-ref", "-d", "refs/heads/agent-1/bd-1");
        GitSandbox.Write(mine, "a.txt", "mine\n");
        await RefusedAsync(
            git, mine, "agents do not push",
            "-c", $"url.{git.User}.pushInsteadOf={git.User}", "push", git.User, "HEAD:refs/heads/x");
        await RefusedAsync(git, mine, "pushing-is-disabled", "push", "--no-verify", git.User, "HEAD:refs/heads/x");
        await git.GitAsync(mine, "checkout", "--quiet", "--detach");
        await RefusedAsync(git, mine, "HEAD is detached: run 'git switch agent-1/bd-1'", "commit", "-am", "x");
        await git.GitAsync(mine, "symbolic-ref", "HEAD", "refs/heads/agent-2/bd-2");
        await RefusedAsync(git, mine, "agent-2/bd-2 is not this workspace's branch", "commit", "-am", "x");
        await RefusedAsync(git, mine, "not refs/heads/agent-2/bd-2", "commit", "--no-verify", "-am", "x");
        await git.GitAsync(mine, "switch", "--quiet", "agent-1/bd-1");
        await git.GitAsync(mine, "commit", "--quiet", "-am", "on my own branch");
        await git.GitAsync(mine, "commit", "--quiet", "--amend", "-m", "amended");
        await git.GitAsync(mine, "rebase", "--quiet", "--force-rebase", start.Value);
    }

    [Fact]
    public async Task Commands_before_a_commit_are_quoted_run_and_decide()
    {
        using var git = new GitSandbox();
        await git.InitAsync(git.User, ("a.txt", "1\n"));
        var hub = await git.OpenHubAsync(
            null, new HookCommand("it's fine", "test \"$(cat a.txt)\" != 'it'\"'\"'s bad' && ! [ -e 'no such' ]"));
        var pool = new WorkspacePool(hub, new WorkspaceOptions());
        var workspace = await pool.AcquireAsync(Request(1, await git.HeadAsync(git.User)), Cancel);

        GitSandbox.Write(workspace.Path, "a.txt", "it's bad");
        await RefusedAsync(git, workspace.Path, "'it's fine' failed", "commit", "-am", "bad");
        GitSandbox.Write(workspace.Path, "a.txt", "good");
        await git.GitAsync(workspace.Path, "commit", "--quiet", "-am", "good");
    }

    [Fact]
    public async Task A_switch_that_was_cut_off_leaves_files_that_are_nobodys_work()
    {
        using var git = new GitSandbox();
        var (pool, start, hub) = await PoolAsync(git);
        await pool.AcquireAsync(Request(1, start), Cancel);
        GitSandbox.Write(git.User, "landed.txt", "of another bead\n");
        GitSandbox.Write(git.User, ".gitattributes", "landed.txt filter=breaks\n");
        await git.GitAsync(git.User, "add", "-A");
        await git.GitAsync(git.User, "commit", "--quiet", "-m", "The target goes on");
        var merged = await git.HeadAsync(git.User);
        await git.GitAsync(hub.GitDirectory, "config", "filter.breaks.required", "true");
        await git.GitAsync(hub.GitDirectory, "config", "filter.breaks.clean", "cat");
        await git.GitAsync(hub.GitDirectory, "config", "filter.breaks.smudge", "false");

        await Assert.ThrowsAsync<GitException>(() => pool.AcquireAsync(Request(1, merged), Cancel));

        // The branch has what landed, the folder has not: taken for the bead's work, it would undo that.
        Assert.Null(await pool.FindAsync(new AgentNumber(1), Cancel));
        await git.GitAsync(hub.GitDirectory, "config", "filter.breaks.smudge", "cat");
        var workspace = await pool.AcquireAsync(Request(1, merged), Cancel);
        Assert.True(File.Exists(Path.Combine(workspace.Path, "landed.txt")));
        Assert.Equal(
            new LeftoverOutcome.Nothing(merged),
            await pool.CommitLeftoversAsync(workspace, "keep\n", DateTimeOffset.UnixEpoch, Cancel));
    }

    [Fact]
    public async Task Workspace_with_work_that_is_nowhere_else_is_not_removed()
    {
        using var git = new GitSandbox();
        var (pool, start, _) = await PoolAsync(git);
        var workspace = await pool.AcquireAsync(Request(1, start), Cancel);
        GitSandbox.Write(workspace.Path, "ü new.txt", "x\n");
        await git.GitAsync(workspace.Path, "checkout", "--quiet", "--detach");
        await git.GitAsync(workspace.Path, "commit", "--quiet", "--allow-empty", "--no-verify", "-m", "detached");
        var detached = await git.HeadAsync(workspace.Path);

        var refused = Assert.IsType<RemovalOutcome.Refused>(await pool.RemoveAsync(new AgentNumber(1), Cancel));
        Assert.Equal([detached], refused.Commits);
        Assert.Single(refused.Files);

        await pool.CommitLeftoversAsync(workspace, "keep\n", DateTimeOffset.UnixEpoch, Cancel);
        Assert.IsType<RemovalOutcome.Removed>(await pool.RemoveAsync(new AgentNumber(1), Cancel));
        Assert.False(Directory.Exists(workspace.Path));
        Assert.Equal(workspace.Path, (await pool.AcquireAsync(Request(1, start, "bd-9"), Cancel)).Path);
    }

    [Fact]
    public async Task Orphans_are_found_and_put_away_without_losing_work()
    {
        using var git = new GitSandbox();
        var (pool, start, hub) = await PoolAsync(git);
        var orphan = await pool.AcquireAsync(Request(7, start), Cancel);
        GitSandbox.Write(orphan.Path, "a.txt", "unsaved\n");
        var gone = await pool.AcquireAsync(Request(8, start, "bd-8"), Cancel);
        Directory.Delete(gone.Path, recursive: true);
        GitSandbox.Write(hub.GitDirectory, "refs/heads/agent-7/bd-1.lock", "");
        var search = new OrphanSearch(hub, pool);

        var found = await search.FindAsync(new HashSet<AgentNumber>(), new HashSet<BranchName>(), Cancel);
        Assert.Equal(
            ["Branch", "Branch", "Entry", "Folder", "StaleLock"], found.Select(o => o.GetType().Name).Order());
        foreach (var one in found.OrderBy(o => o is Orphan.StaleLock ? 0 : 1))
        {
            await search.RepairAsync(one, Cancel);
        }

        var left = await search.FindAsync(new HashSet<AgentNumber>(), new HashSet<BranchName>(), Cancel);
        var branch = Assert.IsType<Orphan.Branch>(Assert.Single(left));
        Assert.Equal((new BranchName("agent-7/bd-1"), 1), (branch.Name, branch.CommitsOnlyHere));
        Assert.IsType<OrphanRepair.Left>(await search.RepairAsync(branch, Cancel));
        Assert.Equal("unsaved", await git.GitAsync(hub.GitDirectory, "show", "agent-7/bd-1:a.txt"));
    }

    static async Task RefusedAsync(GitSandbox git, string path, string because, params string[] arguments)
    {
        var result = await git.TryGitAsync(path, arguments);
        var said = System.Text.Encoding.UTF8.GetString(result.Stderr);
        Assert.True(result.ExitCode != 0, $"git {string.Join(' ', arguments)} was not refused: {said}");
        Assert.Contains(because, said, StringComparison.Ordinal);
    }

    static WorkspaceRequest Request(int agent, CommitId start, string bead = "bd-1") =>
        new(new AgentNumber(agent), BeadId.Parse(bead), start);

    static async Task<(WorkspacePool Pool, CommitId Start, Hub Hub)> PoolAsync(
        GitSandbox git, params (string Path, string Text)[] files)
    {
        await git.InitAsync(git.User, files.Length == 0 ? [("a.txt", "1\n")] : files);
        var hub = await git.OpenHubAsync();
        return (new WorkspacePool(hub, new WorkspaceOptions()), await git.HeadAsync(git.User), hub);
    }
}
