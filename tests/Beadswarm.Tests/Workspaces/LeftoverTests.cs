using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Tests.Support;
using Beadswarm.Workspaces;

namespace Beadswarm.Tests.Workspaces;

public sealed class LeftoverTests : IDisposable
{
    const string Message = "Keep leftovers\n\nBead: bd-1\n";

    readonly GitSandbox _git = new();
    Hub? _hub;
    WorkspacePool? _pool;
    Workspace? _workspace;

    static CancellationToken Cancel => GitSandbox.Cancel;

    string Folder => _workspace!.Path;

    public void Dispose() => _git.Dispose();

    [Fact]
    public async Task Everything_uncommitted_is_committed_whatever_its_name()
    {
        await BeginAsync(("gone.txt", "x\n"), ("old name.txt", "same\n"), ("run.sh", "#!/bin/sh\n"));
        Write("gone.txt", null);
        Write("old name.txt", null);
        Write("neuer Name ü.txt", "same\n");
        Write("-rf", "dash\n");
        Write("dir with space/deep/file", "deep\n");
        File.CreateSymbolicLink(Path.Combine(Folder, "link"), "nowhere");
        await Mode("run.sh", "+x");
        Write("secret", "unreadable\n");
        await Mode("secret", "000");

        var outcome = Assert.IsType<LeftoverOutcome.Committed>(await RescueAsync());

        Assert.Equal(
            "-rf\ndir with space/deep/file\nlink\nneuer Name ü.txt\nrun.sh\nsecret",
            await _git.GitAsync(Folder, "-c", "core.quotePath=false", "ls-tree", "-r", "--name-only", "HEAD"));
        Assert.Equal("100755", (await _git.GitAsync(Folder, "ls-tree", "HEAD", "run.sh"))[..6]);
        Assert.Equal("120000", (await _git.GitAsync(Folder, "ls-tree", "HEAD", "link"))[..6]);
        Assert.Equal("bd-1",
            await _git.GitAsync(Folder, "log", "-1", "--format=%(trailers:key=Bead,valueonly)", "--no-color"));
        await SettledAsync(outcome);
        Assert.IsType<LeftoverOutcome.Nothing>(await RescueAsync());
    }

    [Fact]
    public async Task Tracker_and_swarm_files_are_left_out_also_when_staged()
    {
        await BeginAsync((".beads/issues.jsonl", "old\n"), ("a.txt", "1\n"));
        Write(".beads/issues.jsonl", "agent\n");
        Write(".beads/extra.jsonl", "agent\n");
        Write(".beadswarm/x", "agent\n");
        Write("a.txt", "2\n");
        await _git.GitAsync(Folder, "add", "--all");

        var outcome = Assert.IsType<LeftoverOutcome.Committed>(await RescueAsync());

        Assert.Equal(["a.txt"], outcome.Files);
        Assert.Equal("a.txt", await _git.GitAsync(Folder, "diff", "--name-only", "HEAD~1", "HEAD"));
        Write(".beads/issues.jsonl", "agent again\n");
        Assert.IsType<LeftoverOutcome.Nothing>(await RescueAsync());
    }

    [Fact]
    public async Task Lock_files_of_a_killed_git_do_not_stop_the_rescue()
    {
        await BeginAsync(("a.txt", "1\n"));
        Write("a.txt", "2\n");
        var admin = await _git.GitAsync(Folder, "rev-parse", "--absolute-git-dir");
        GitSandbox.Write(admin, "index.lock", "");
        GitSandbox.Write(admin, "HEAD.lock", "");
        GitSandbox.Write(_hub!.GitDirectory, "refs/heads/agent-1/bd-1.lock", "");

        await SettledAsync(Assert.IsType<LeftoverOutcome.Committed>(await RescueAsync()));
    }

    [Fact]
    public async Task Files_of_a_repository_made_inside_the_workspace_are_kept()
    {
        await BeginAsync(("a.txt", "1\n"));
        await _git.InitAsync(Path.Combine(Folder, "inner"), ("tool.txt", "t\n"));
        GitSandbox.Write(Folder, "inner/new.txt", "n\n");

        await RescueAsync();

        Assert.Equal(
            "a.txt\ninner/new.txt\ninner/tool.txt",
                await _git.GitAsync(Folder, "ls-tree", "-r", "--name-only", "HEAD"));
    }

    async Task BeginAsync(params (string Path, string Text)[] files)
    {
        await _git.InitAsync(_git.User, files);
        _hub = await _git.OpenHubAsync();
        _pool = new WorkspacePool(_hub, new WorkspaceOptions());
        _workspace = await _pool.AcquireAsync(
            new WorkspaceRequest(new AgentNumber(1), BeadId.Parse("bd-1"), await _git.HeadAsync(_git.User)), Cancel);
    }

    Task<LeftoverOutcome> RescueAsync() =>
        _pool!.CommitLeftoversAsync(_workspace!, Message, DateTimeOffset.UnixEpoch, Cancel);

    /// <summary>The workspace is on its branch, at the outcome's head, with nothing under way.</summary>
    async Task SettledAsync(LeftoverOutcome outcome)
    {
        var status = await _git.GitAsync(Folder, "status", "--branch", "--porcelain=v2", "--untracked-files=all");
        Assert.Equal($"# branch.oid {outcome.Head}\n# branch.head agent-1/bd-1", status);
        Assert.Equal(outcome.Head, await _git.HeadAsync(Folder, "refs/heads/agent-1/bd-1"));
        Assert.DoesNotContain("You have", await _git.GitAsync(Folder, "status"), StringComparison.Ordinal);
        Assert.DoesNotContain("progress", await _git.GitAsync(Folder, "status"), StringComparison.Ordinal);
    }

    void Write(string name, string? text) => GitSandbox.Write(Folder, name, text);

    async Task Mode(string name, string mode) =>
        await Beadswarm.Processes.Command.RunAsync(
            new Beadswarm.Processes.CommandSpec
            {
                FileName = "chmod",
                Arguments = [mode, name],
                WorkingDirectory = Folder,
                Environment = _git.Environment,
            },
            Cancel);
}
