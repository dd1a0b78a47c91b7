using System.Globalization;
using System.Text;
using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Processes;
using Beadswarm.Tests.Support;
using Beadswarm.Workspaces;

namespace Beadswarm.Tests.Landing;

/// <summary>A user's repository of real git, its hub, agents that commit, and a lander on main.</summary>
sealed class LandingSetup : LandingWorld
{
    static readonly BranchName Main = new("main");

    readonly Func<BranchName, LandingEpoch?, Task<ILandingTarget>> _open;

    LandingSetup(
        GitSandbox git, Hub hub, Func<BranchName, LandingEpoch?, Task<ILandingTarget>> open, ILandingTarget target,
        string? remote)
    {
        Git = git;
        Hub = hub;
        Pool = new WorkspacePool(hub, new WorkspaceOptions());
        Lander = new LandingGit(hub, target, WorkspaceCleaning.Everything);
        Remote = remote;
        _open = open;
    }

    public GitSandbox Git { get; }

    public Hub Hub { get; }

    public WorkspacePool Pool { get; }

    public override ILandingRepository Lander { get; }

    public override IWorkspaces Workspaces => Pool;

    /// <summary>The bare repository that main lives in, if any.</summary>
    public string? Remote { get; }

    public string User => Git.User;

    public static async Task<LandingSetup> LocalAsync(params (string Path, string Text)[] files)
    {
        var git = new GitSandbox();
        await git.InitAsync(git.User, files);
        var hub = await git.OpenHubAsync();
        return new LandingSetup(
            git, hub, (branch, epoch) => Task.FromResult<ILandingTarget>(new LocalTarget(hub, branch, epoch)),
            new LocalTarget(hub, Main, epoch: null), remote: null);
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
            git, hub, async (branch, epoch) => await RemoteTarget.OpenAsync(hub, "origin", branch, epoch, Cancel),
            await RemoteTarget.OpenAsync(hub, "origin", Main, epoch: null, Cancel), remote);
    }

    public override async Task<ILandingRepository> OpenAsync(string branch) =>
        new LandingGit(Hub, await _open(new BranchName(branch), null), WorkspaceCleaning.Everything);

    /// <summary>A lander on main that settles conflicts so.</summary>
    public async Task<LandingGit> OpenAsync(ResolvingParts resolving) =>
        new(Hub, await _open(Main, null), WorkspaceCleaning.Everything, resolving);

    public override async Task<ILandingRepository> TakeOverAsync()
    {
        var fenced = Remote is null ? Hub.User.Repository : Hub.Repository;
        var epoch = await Hub.BeginEpochAsync(fenced, Cancel);
        return new LandingGit(Hub, await _open(Main, epoch), WorkspaceCleaning.Everything);
    }

    public override async Task<CommitId> ForeignAsync(string subject, params (string Path, string? Text)[] files)
    {
        if (Remote is null)
        {
            return await Git.CommitAsync(User, subject, files);
        }

        var other = Git["other"];
        if (!Directory.Exists(other))
        {
            await Git.GitAsync(Git.Root, "clone", "--quiet", Remote, other);
        }

        await Git.GitAsync(other, "pull", "--quiet", "--ff-only");
        var made = await Git.CommitAsync(other, subject, files);
        await Git.GitAsync(other, "push", "--quiet", "origin", "HEAD:main");
        return made;
    }

    public override Task<CommitId> TargetAsync() => Git.HeadAsync(Remote ?? User, "refs/heads/main");

    public override async Task<IReadOnlyList<CommitId>> ParentsAsync(CommitId commit) =>
        [.. (await Git.GitAsync(Hub.GitDirectory, "log", "-1", "--format=%P", commit.Value))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(CommitId.Parse)];

    public override async Task<IReadOnlyDictionary<string, string>> FilesAsync(CommitId commit)
    {
        var listing = await Hub.Repository.RunAsync(GitCall.Of("ls-tree", "-r", "-z", commit.Value), Cancel);
        TreeEntry[] entries = [.. listing.Fields.Select(TreeEntry.Read)];
        var contents = await Hub.Repository.RunAsync(
            GitCall.Of("cat-file", "--batch").With(string.Concat(entries.Select(entry => entry.Id + "\n"))), Cancel);
        var files = new Dictionary<string, string>();
        var rest = contents.Stdout.AsSpan();
        foreach (var entry in entries)
        {
            // Id, kind and size in a line, then as many bytes and a line break.
            var line = rest.IndexOf((byte)'\n');
            var size = int.Parse(Encoding.ASCII.GetString(rest[..line]).Split(' ')[^1], CultureInfo.InvariantCulture);
            files.Add(entry.Name, Encoding.UTF8.GetString(rest.Slice(line + 1, size)));
            rest = rest[(line + size + 2)..];
        }

        return files;
    }

    public override Task<CommitId?> RefAsync(string name) => Hub.Repository.FindCommitAsync(name, Cancel);

    public override async Task<IReadOnlyList<CommitId>> RefsAsync(string prefix) =>
        [.. (await Hub.Repository.RefsAsync([prefix], Cancel)).Select(found => CommitId.Parse(found.Id))];

    public override IReadOnlyDictionary<string, string> Folder(string path) =>
        Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(path, file)).Where(name => name != ".git")
            .ToDictionary(name => name, name => File.ReadAllText(Path.Combine(path, name)));

    public override void Write(string path, string name, string? text) => GitSandbox.Write(path, name, text);

    public override async Task<CommitId> CommitAsync(
        string path, string subject, params (string Path, string? Text)[] files)
    {
        foreach (var (name, text) in files)
        {
            Write(path, name, text);
        }

        // As an agent that goes round the hooks: what it can do all the same is what the rescue is for.
        var free = new[] { "-c", "core.hooksPath=/dev/null" };
        await Git.GitAsync(path, [.. free, "add", "--all"]);
        await Git.GitAsync(path, [.. free, "commit", "--quiet", "--allow-empty", "-m", subject]);
        return await Git.HeadAsync(path);
    }

    public override async Task DetachAsync(string path, CommitId at) =>
        await Git.GitAsync(path, "checkout", "--quiet", "--force", "--detach", at.Value);

    public override async Task SwitchAsync(string path, BranchName branch) =>
        await Git.GitAsync(path, "checkout", "--quiet", "--force", "--ignore-other-worktrees", branch.Value);

    public override async Task MergeAsync(string path, CommitId other) =>
        await Git.TryGitAsync(path, "merge", "--no-commit", "--no-ff", other.Value);

    public override async Task RebaseAsync(string path, CommitId onto) =>
        Assert.NotEqual(0, (await Git.TryGitAsync(path, "rebase", onto.Value)).ExitCode);

    public override async Task<(BranchName? Branch, CommitId At, bool Busy)> HeadAsync(string path)
    {
        var status = await Git.GitAsync(path, "status");
        var name = await Git.TryGitAsync(path, "symbolic-ref", "--quiet", "HEAD");
        return (
            BranchName.OfRef(Encoding.UTF8.GetString(name.Stdout).Trim()), await Git.HeadAsync(path),
            status.Contains("You have", StringComparison.Ordinal)
                || status.Contains("progress", StringComparison.Ordinal));
    }

    public override IReadOnlyDictionary<string, string> UserFolder =>
        Directory.EnumerateFiles(User, "*", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(User, file))
            .Where(name => !name.StartsWith(".git/", StringComparison.Ordinal)
                && !name.StartsWith(".beadswarm/", StringComparison.Ordinal))
            .ToDictionary(name => name, name => File.ReadAllText(Path.Combine(User, name)));

    public override void UserWrites(string name, string? text) => GitSandbox.Write(User, name, text);

    public override Task<CommitId> UserCommitsAsync(string subject) => Git.CommitAsync(User, subject);

    public override async Task UserSwitchesAsync(string branch) =>
        await Git.GitAsync(User, "checkout", "--quiet", "-b", branch);

    public override async Task<IReadOnlyList<string>> UserChangesAsync() =>
        [.. (await Git.GitAsync(User, "status", "--porcelain", "--untracked-files=all", "-z"))
            .Split('\0', StringSplitOptions.RemoveEmptyEntries).Select(line => line[3..])];

    public override Task RefusePushesAsync(string reason) =>
        HookAsync("pre-receive", $"echo '{reason}' >&2; exit 1");

    public override void RemoveRemote() => Directory.Move(Remote!, Git["away"]);

    public override async Task<AdvanceOutcome> AdvanceKilledAsync(
        CommitId expected, CommitId candidate, bool decided)
    {
        var hook = decided ? "post-receive" : "pre-receive";
        var (started, never) = (Git["started"], Git["never"]);
        await RunAsync("mkfifo", started, never);

        // The hook says which process pushes, and then waits for something that does not come.
        await HookAsync(
            hook,
            "pid=$PPID\n"
            + "while ! tr '\\0' ' ' < /proc/$pid/cmdline | grep -q ' push '\n"
            + "do pid=$(cut -d' ' -f4 /proc/$pid/stat); done\n"
            + $"echo $pid > '{started}'; read x < '{never}'");
        var push = AdvanceAsync(expected, candidate);
        var pid = int.Parse(await RunAsync("cat", started), CultureInfo.InvariantCulture);
        using (var process = System.Diagnostics.Process.GetProcessById(pid))
        {
            process.Kill();
        }

        var outcome = await push;
        File.Delete(Path.Combine(Remote!, "hooks", hook));
        return outcome;
    }

    public override IWorkspaces Bounded(WorkspaceOptions options) => new WorkspacePool(Hub, options);

    public override void Dispose() => Git.Dispose();

    async Task HookAsync(string name, string script)
    {
        GitSandbox.Write(Remote!, $"hooks/{name}", $"#!/bin/sh\n{script}\n");
        await RunAsync("chmod", "+x", Path.Combine(Remote!, "hooks", name));
    }

    async Task<string> RunAsync(string program, params string[] arguments)
    {
        var result = await Command.RunAsync(
            new CommandSpec
            {
                FileName = program,
                Arguments = arguments,
                WorkingDirectory = Git.Root,
                Environment = Git.Environment,
            },
            Cancel);
        return Encoding.UTF8.GetString(result.Stdout).Trim();
    }
}
