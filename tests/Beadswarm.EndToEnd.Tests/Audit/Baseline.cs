using Beadswarm.EndToEnd.Tests.Support;

namespace Beadswarm.EndToEnd.Tests.Audit;

/// <summary>What a repository was before the swarm, as far as the swarm may not have changed it.</summary>
/// <param name="Tip">Where the target was.</param>
/// <param name="GitEntries">Names directly under the user's .git.</param>
/// <param name="Beside">Names directly beside the repository.</param>
sealed record Baseline(
    string Tip, byte[] Tracker, IReadOnlyDictionary<string, string> Refs, string Head, string Stash, string Config,
    string Status, IReadOnlySet<string> GitEntries, IReadOnlySet<string> TrackerEntries, IReadOnlySet<string> Beside,
    IReadOnlySet<string> Home)
{
    public static Baseline Take(GitRepository repository, string target = "main") => new(
        repository.Git("rev-parse", target),
        File.ReadAllBytes(repository[GitRepository.TrackerFile]),
        RefsOf(repository),
        repository.Git("symbolic-ref", "HEAD"),
        repository.Git("stash", "list"),
        repository.Read(".git/config"),
        StatusOf(repository),
        Names(repository[".git"]),
        Names(repository[".beads"]),
        Names(repository.Root),
        Names(repository.Home));

    public static IReadOnlyDictionary<string, string> RefsOf(GitRepository repository) =>
        repository.Git("for-each-ref", "--format=%(refname) %(objectname)")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(' '))
            .ToDictionary(parts => parts[0], parts => parts[1]);

    /// <summary>Everything in the work tree and the index that is not as committed, ignored files too.</summary>
    public static string StatusOf(GitRepository repository) =>
        repository.Git("status", "--porcelain", "--untracked-files=normal", "--ignored");

    public static IReadOnlySet<string> Names(string folder) =>
        Directory.EnumerateFileSystemEntries(folder).Select(path => Path.GetFileName(path)!).ToHashSet();
}
