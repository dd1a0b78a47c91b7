using Beadswarm.Beads;
using Beadswarm.Configuration;
using Beadswarm.Git;
using Beadswarm.Processes;
using Beadswarm.Swarms;

namespace Beadswarm.Cli;

/// <summary>
/// Gathers what the configuration of a repository is made from: its file, the environment, and what is found.
/// </summary>
static class Settings
{
    const int ErrorsShown = 20;

    /// <summary>Reads everything. Changes nothing and needs no file, no tracker and no agent to be there.</summary>
    public static async Task<ConfigSources> ReadAsync(
        string repositoryPath, CliHost host, IReadOnlyList<ConfigFlag> flags, CancellationToken cancellationToken)
    {
        var file = new SwarmPaths(repositoryPath).Config;
        return new ConfigSources
        {
            Flags = flags,
            Environment = host.Environment,
            FileText = File.Exists(file) ? await File.ReadAllTextAsync(file, cancellationToken) : null,
            Detected = await DetectAsync(repositoryPath, host, cancellationToken),
        };
    }

    /// <summary>The configuration, or all that is wrong with it.</summary>
    /// <exception cref="UserError">It is refused.</exception>
    public static ConfigResult.Loaded Load(ConfigSources sources) =>
        ConfigLoader.Load(sources) switch
        {
            ConfigResult.Loaded loaded => loaded,
            ConfigResult.Refused refused => throw new UserError(
                Say("the configuration is invalid", refused.Errors),
                "correct it; 'beadswarm config show' lists every value and where it comes from",
                ExitCodes.ConfigInvalid),
        };

    /// <summary>Every error on a line of its own, with its place.</summary>
    public static string Say(string headline, IReadOnlyList<ConfigError> errors) =>
        headline + string.Concat(errors.Take(ErrorsShown).Select(error => $"\n  {Say(error)}"))
        + (errors.Count > ErrorsShown ? $"\n  and {errors.Count - ErrorsShown} more" : "");

    public static string Say(ConfigError error) =>
        error.Path.Length == 0 ? $"{error.Origin}: {error.Message}" : $"{error.Origin}: {error.Path}: {error.Message}";

    /// <summary>The path of a program on PATH, or null.</summary>
    public static string? Which(string program, CliHost host) =>
        host.Environment.GetValueOrDefault("PATH", "").Split(':')
            .Where(Path.IsPathRooted)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(path => File.Exists(path) && (File.GetUnixFileMode(path) & AnyExecute) != 0);

    const UnixFileMode AnyExecute = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Whether git tracks a file of the repository.</summary>
    public static async Task<bool> IsTrackedAsync(
        string repositoryPath, string file, CliHost host, CancellationToken cancellationToken)
    {
        var git = new GitRepository(new GitRunner(GitOf(host)), repositoryPath, GitScope.User);
        var found = await git.RunAsync(
            GitCall.Of("ls-files", "--error-unmatch", "--", file).Answering(0, 1, 128), cancellationToken);
        return found.Succeeded;
    }

    static async Task<Detected> DetectAsync(
        string repositoryPath, CliHost host, CancellationToken cancellationToken)
    {
        if (Which("git", host) is null)
        {
            throw new UserError(
                "git is not on PATH", "install git, for example: apt-get install git", ExitCodes.ToolMissing);
        }

        var git = new GitRepository(
            new GitRunner(GitOf(host)), repositoryPath, GitScope.User);
        var head = await git.RunAsync(
            GitCall.Of("symbolic-ref", "--short", "-q", "HEAD").Answering(0, 1), cancellationToken);
        var branch = head.Succeeded && head.Line.Length > 0 ? head.Line : "main";
        return new Detected
        {
            Dialect = DialectOf(repositoryPath),
            TargetBranch = branch,
            Remote = await RemoteOfAsync(git, branch, cancellationToken),
            Gates = GateDetection.Detect(await FilesAsync(git, repositoryPath, cancellationToken)),
            Runners = RunnerDetection.Detect(program => Which(program, host)),
            Processors = Environment.ProcessorCount,
            MemoryGb = new LinuxMachine().Memory().TotalBytes / (double)(1L << 30),
        };
    }

    /// <summary>Enough to read the repository's own configuration as the user's git does.</summary>
    static GitSettings GitOf(CliHost host) =>
        new()
        {
            Environment = host.Environment
                .Where(variable => variable.Key is "PATH" or "HOME" or "XDG_CONFIG_HOME" or "GIT_CONFIG_GLOBAL")
                .ToDictionary(StringComparer.Ordinal),
            TimeProvider = host.Time,
        };

    /// <summary>Null where the tracker cannot be understood: that is told by whoever must read it.</summary>
    static TrackerDialect? DialectOf(string repositoryPath)
    {
        try
        {
            return TrackerLocation.Find(repositoryPath).Dialect;
        }
        catch (TrackerException)
        {
            return null;
        }
    }

    /// <summary>
    /// The remote that the branch follows, or origin where it has that branch. A remote that has never seen the branch
    /// is no place to land on without being told.
    /// </summary>
    static async Task<string?> RemoteOfAsync(
        GitRepository git, string branch, CancellationToken cancellationToken)
    {
        var remotes = (await git.RunAsync(GitCall.Of("remote"), cancellationToken)).Lines;
        var followed = await git.RunAsync(
            GitCall.Of("config", "--get", $"branch.{branch}.remote").Answering(0, 1), cancellationToken);
        if (followed.Succeeded && remotes.Contains(followed.Line))
        {
            return followed.Line;
        }

        var known = await git.RunAsync(
            GitCall.Of("rev-parse", "-q", "--verify", $"refs/remotes/origin/{branch}").Answering(0, 1, 128),
            cancellationToken);
        return known.Succeeded && remotes.Contains("origin") ? "origin" : null;
    }

    static async Task<IReadOnlyDictionary<string, string?>> FilesAsync(
        GitRepository git, string repositoryPath, CancellationToken cancellationToken)
    {
        var files = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var path in (await git.RunAsync(GitCall.Of("ls-files", "-z"), cancellationToken)).Fields)
        {
            files[path] = GateDetection.Reads(path)
                ? await ReadAsync(Path.Combine(repositoryPath, path), cancellationToken)
                : null;
        }

        return files;
    }

    static async Task<string?> ReadAsync(string path, CancellationToken cancellationToken)
    {
        var file = new FileInfo(path);
        return file.Exists && file.LinkTarget is null && file.Length <= GateDetection.ContentMax
            ? await File.ReadAllTextAsync(path, cancellationToken)
            : null;
    }
}
