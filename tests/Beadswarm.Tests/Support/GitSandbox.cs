using System.Text;
using Beadswarm.Git;
using Beadswarm.Processes;
using Beadswarm.Workspaces;

namespace Beadswarm.Tests.Support;

/// <summary>A folder with repositories of one test's own, and git that knows nothing of the machine's user.</summary>
sealed class GitSandbox : IDisposable
{
    readonly TemporaryFolder _folder = new();

    public GitSandbox()
    {
        Environment = new Dictionary<string, string>
        {
            ["PATH"] = System.Environment.GetEnvironmentVariable("PATH")!,
            ["HOME"] = _folder.Path,
            ["GIT_CONFIG_GLOBAL"] = "/dev/null",
            ["GIT_CONFIG_NOSYSTEM"] = "1",
        };
        Runner = new GitRunner(new GitSettings { Environment = Environment });
    }

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public Dictionary<string, string> Environment { get; }

    public GitRunner Runner { get; }

    public string Root => _folder.Path;

    /// <summary>The user's repository.</summary>
    public string User => _folder["user"];

    public string this[string relative] => _folder[relative];

    public void Dispose()
    {
        FolderTree.MakeWritable(_folder.Path);
        _folder.Dispose();
    }

    /// <summary>Runs git as a user would, and expects it to work.</summary>
    public async Task<string> GitAsync(string directory, params string[] arguments)
    {
        var result = await TryGitAsync(directory, arguments);
        Assert.True(result.ExitCode == 0,
            $"git {string.Join(' ', arguments)}: {Encoding.UTF8.GetString(result.Stderr)}");
        return Encoding.UTF8.GetString(result.Stdout).TrimEnd('\n');
    }

    public Task<CommandResult> TryGitAsync(string directory, params string[] arguments) =>
        Command.RunAsync(
            new CommandSpec
            {
                FileName = "git",
                Arguments = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", .. arguments],
                WorkingDirectory = directory,
                Environment = Environment,
            },
            Cancel);

    /// <summary>A repository on branch main with these files in one commit.</summary>
    public async Task<string> InitAsync(string path, params (string Path, string Text)[] files)
    {
        Directory.CreateDirectory(path);
        await GitAsync(path, "init", "--quiet", "-b", "main");
        await CommitAsync(
            path, "first", files.Length == 0 ? [("README.md", "hello\n")]
                : [.. files.Select(file => (file.Path, (string?)file.Text))]);
        return path;
    }

    public async Task<CommitId> CommitAsync(string path, string subject, params (string Path, string? Text)[] files)
    {
        foreach (var (name, text) in files)
        {
            Write(path, name, text);
        }

        await GitAsync(path, "add", "--all");
        await GitAsync(path, "commit", "--quiet", "--allow-empty", "-m", subject);
        return await HeadAsync(path);
    }

    public async Task<CommitId> HeadAsync(string path, string name = "HEAD") =>
        CommitId.Parse(await GitAsync(path, "rev-parse", name));

    /// <summary>Writes a file; null deletes it.</summary>
    public static void Write(string root, string name, string? text)
    {
        var path = Path.Combine(root, name);
        if (text is null)
        {
            if (File.Exists(path))
            {
                File.Delete(path);
            }

            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }

    /// <summary>What a file holds; null when there is none.</summary>
    public static string? Text(string root, string name)
    {
        var path = Path.Combine(root, name);
        return File.Exists(path) ? File.ReadAllText(path) : null;
    }

    public async Task<Hub> OpenHubAsync(string? user = null, params HookCommand[] beforeCommit)
    {
        var repository = await UserRepository.OpenAsync(Runner, user ?? User, Cancel);
        return await Hub.OpenAsync(
            repository, Runner,
            new HubOptions { SwarmFolder = repository.SwarmFolder, BeforeCommit = beforeCommit }, Cancel);
    }
}
