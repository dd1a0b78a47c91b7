using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Git;
using Beadswarm.Tests.Support;
using Beadswarm.Workspaces;

namespace Beadswarm.Tests.Workspaces;

public sealed class HubTests
{
    [Fact]
    public async Task Hub_and_workspaces_leave_the_users_repository_as_it_was()
    {
        using var git = new GitSandbox();
        await git.InitAsync(git.User, ("a.txt", "1\n"), (".beads/issues.jsonl", "{}\n"));
        GitSandbox.Write(git.User, "a.txt", "stashed\n");
        await git.GitAsync(git.User, "stash");
        GitSandbox.Write(git.User, "a.txt", "unsaved\n");
        GitSandbox.Write(git.User, "untracked.txt", "mine\n");
        GitSandbox.Write(git.User, ".git/hooks/pre-commit", "#!/bin/sh\nexit 1\n");
        var before = await PictureAsync(git);

        var hub = await git.OpenHubAsync();
        await hub.PinAsync("main", await git.HeadAsync(git.User), GitSandbox.Cancel);
        var pool = new WorkspacePool(hub, new WorkspaceOptions());
        var workspace = await pool.AcquireAsync(
            new WorkspaceRequest(new AgentNumber(1), BeadId.Parse("bd-1"), await git.HeadAsync(git.User)),
                GitSandbox.Cancel);
        await git.CommitAsync(workspace.Path, "agent", ("a.txt", "agent\n"));
        await git.OpenHubAsync();

        Assert.Equal(before, await PictureAsync(git));
        Assert.Equal("/.beadswarm/", GitSandbox.Text(git.User, ".git/info/exclude")!.Trim().Split('\n')[^1]);
        Assert.DoesNotContain(".beadswarm", await git.GitAsync(git.User, "status", "--porcelain"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_hub_borrows_survives_a_gc_after_the_user_rewrote_history()
    {
        using var git = new GitSandbox();
        await git.InitAsync(git.User, ("a.txt", "1\n"));
        var second = await git.CommitAsync(git.User, "second", ("a.txt", "2\n"));
        var hub = await git.OpenHubAsync();
        await hub.PinAsync("main", second, GitSandbox.Cancel);

        await git.GitAsync(git.User, "reset", "--hard", "--quiet", "HEAD~1");
        var other = await git.CommitAsync(git.User, "other", ("b.txt", "b\n"));
        await (await git.OpenHubAsync()).PinAsync("main", other, GitSandbox.Cancel);
        await git.GitAsync(git.User, "reflog", "expire", "--expire=now", "--all");
        await git.GitAsync(git.User, "gc", "--quiet", "--prune=now");

        Assert.Equal(second, await hub.Repository.FindCommitAsync(second.Value, GitSandbox.Cancel));
        Assert.Equal(other, await hub.Repository.FindCommitAsync(other.Value, GitSandbox.Cancel));
        Assert.Equal("main", await git.GitAsync(git.User, "branch", "--format=%(refname:short)"));
    }

    [Fact]
    public async Task Hub_works_from_a_linked_worktree_and_from_a_bare_repository()
    {
        using var git = new GitSandbox();
        await git.InitAsync(git["first"], ("a.txt", "1\n"));
        await git.GitAsync(git["first"], "worktree", "add", "--quiet", "-b", "side", git["linked one"]);
        await git.GitAsync(git.Root, "clone", "--quiet", "--bare", git["first"], git["bare.git"]);

        foreach (var user in new[] { git["linked one"], git["bare.git"] })
        {
            var hub = await git.OpenHubAsync(user);
            var pool = new WorkspacePool(hub, new WorkspaceOptions());
            var start = await git.HeadAsync(user);
            var workspace = await pool.AcquireAsync(
                new WorkspaceRequest(new AgentNumber(1), BeadId.Parse("bd-1"), start), GitSandbox.Cancel);
            Assert.Equal("1\n", GitSandbox.Text(workspace.Path, "a.txt"));
        }

        Assert.Equal("", await git.GitAsync(git["linked one"], "status", "--porcelain"));
        Assert.Contains("/.beadswarm/", GitSandbox.Text(git["first"], ".git/info/exclude"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hub_is_whole_again_after_the_repository_was_moved()
    {
        using var git = new GitSandbox();
        await git.InitAsync(git["old"], ("a.txt", "1\n"));
        var pool = new WorkspacePool(await git.OpenHubAsync(git["old"]), new WorkspaceOptions());
        var request = new WorkspaceRequest(new AgentNumber(1), BeadId.Parse("bd-1"), await git.HeadAsync(git["old"]));
        await git.CommitAsync((await pool.AcquireAsync(request, GitSandbox.Cancel)).Path, "work", ("b.txt", "b\n"));

        Directory.Move(git["old"], git["new place"]);
        var moved = new WorkspacePool(await git.OpenHubAsync(git["new place"]), new WorkspaceOptions());

        var workspace = await moved.FindAsync(new AgentNumber(1), GitSandbox.Cancel);
        Assert.Equal("agent-1/bd-1", await git.GitAsync(workspace!.Path, "branch", "--show-current"));
        Assert.Equal("", await git.GitAsync(workspace.Path, "status", "--porcelain"));
    }

    [Fact]
    public async Task Shallow_clones_submodules_and_lfs_are_reported()
    {
        using var git = new GitSandbox();
        await git.InitAsync(git["inner"]);
        await git.InitAsync(git.User, ("sub dir/.gitattributes", "*.bin filter=lfs\n"));
        await git.GitAsync(git.User, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", git["inner"],
            "mod");
        await git.CommitAsync(git.User, "module");
        await git.GitAsync(git.Root, "clone", "--quiet", "--depth=1", "file://" + git.User, git["shallow"]);
        var main = new BranchName("main");

        var user = await UserRepository.OpenAsync(git.Runner, git.User, GitSandbox.Cancel);
        var problems = await user.ProblemsAsync(main, GitSandbox.Cancel);
        Assert.Equal(["mod"], Assert.Single(problems.OfType<RepositoryProblem.Submodules>()).Paths);
        Assert.Equal(
            ["sub dir/.gitattributes"], Assert.Single(problems.OfType<RepositoryProblem.Lfs>()).Paths);

        var shallow = await UserRepository.OpenAsync(git.Runner, git["shallow"], GitSandbox.Cancel);
        var problem = Assert.Single(
            await shallow.ProblemsAsync(main, GitSandbox.Cancel), problem => problem.Blocking);
        Assert.IsType<RepositoryProblem.Shallow>(problem);
        Assert.IsType<RepositoryProblem.BranchMissing>(
            Assert.Single(await user.ProblemsAsync(new BranchName("-x y"), GitSandbox.Cancel)));
    }

    [Fact]
    public async Task A_folder_without_a_repository_is_a_failure_that_says_where()
    {
        using var git = new GitSandbox();
        var failure = await Assert.ThrowsAsync<GitException>(
            () => UserRepository.OpenAsync(git.Runner, git.Root, GitSandbox.Cancel));
        Assert.Contains(git.Root, failure.Message, StringComparison.Ordinal);
        Assert.False(failure.IsTransient);
    }

    [Fact]
    public async Task Every_epoch_is_larger_than_the_one_before()
    {
        using var git = new GitSandbox();
        await git.InitAsync(git.User);
        var hub = await git.OpenHubAsync();

        var epochs = await Task.WhenAll(Enumerable.Range(0, 3).Select(
            _ => Hub.BeginEpochAsync(hub.Repository, GitSandbox.Cancel)));
        Assert.Equal([1, 2, 3], epochs.Select(epoch => epoch.Number).Order());
    }

    static async Task<string> PictureAsync(GitSandbox git)
    {
        var refs = await git.GitAsync(git.User, "for-each-ref");
        var files = Directory.EnumerateFiles(git.User, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(git.User, path))
            .Where(path => !path.StartsWith(".beadswarm/", StringComparison.Ordinal)
                && !path.StartsWith(".git/refs/beadswarm/", StringComparison.Ordinal)
                && !path.StartsWith(".git/objects/", StringComparison.Ordinal)
                && path != ".git/info/exclude")
            .Order(StringComparer.Ordinal)
            .Select(path => $"{path} {Convert.ToHexString(File.ReadAllBytes(Path.Combine(git.User, path)))}");
        return string.Join('\n',
            refs.Split('\n').Where(line => !line.Contains("refs/beadswarm/", StringComparison.Ordinal))
            .Concat(files));
    }
}
