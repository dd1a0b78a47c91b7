using System.Text;
using Beadswarm.EndToEnd.Tests.Support;

namespace Beadswarm.EndToEnd.Tests.Audit;

/// <summary>
/// What is the user's and what is the machine's: as it was, apart from <c>.beadswarm/</c> and the target.
/// </summary>
static class SurroundingsAudit
{
    const string OwnRefs = "refs/beadswarm/";

    /// <summary>What any git command of the user could have made under .git.</summary>
    static readonly string[] GitsOwn =
        ["index", "logs", "packed-refs", "ORIG_HEAD", "FETCH_HEAD", "COMMIT_EDITMSG", "refs", "info"];

    /// <param name="target">The branch that the swarm may move.</param>
    public static IEnumerable<string> Check(GitRepository repository, Baseline before, string target)
    {
        var now = Baseline.Take(repository, target);
        string[] may = [$"refs/heads/{target}", $"refs/remotes/origin/{target}"];
        foreach (var name in before.Refs.Keys.Union(now.Refs.Keys).Except(may))
        {
            if (!name.StartsWith(OwnRefs, StringComparison.Ordinal)
                && before.Refs.GetValueOrDefault(name) != now.Refs.GetValueOrDefault(name))
            {
                yield return $"surroundings: ref {name} has changed";
            }
        }

        foreach (var (what, old, @new) in ((string, string, string)[])
        [
            ("HEAD", before.Head, now.Head),
            ("the stash", before.Stash, now.Stash),
            ("git's configuration", before.Config, now.Config),
            ("the state of checkout and index", Foreign(before.Status), Foreign(now.Status)),
        ])
        {
            if (old != @new)
            {
                yield return $"surroundings: {what} has changed from\n{old}\nto\n{@new}";
            }
        }

        foreach (var (folder, more) in ((string, IEnumerable<string>)[])
        [
            (".git", now.GitEntries.Except(before.GitEntries).Except(GitsOwn)),
            (".beads", now.TrackerEntries.Except(before.TrackerEntries)),
            ("the folder beside", now.Beside.Except(before.Beside)),
            ("the user's home", now.Home.Except(before.Home)),
        ])
        {
            foreach (var entry in more)
            {
                yield return $"surroundings: {folder} has got '{entry}'";
            }
        }

        foreach (var process in Processes(repository.Root))
        {
            yield return $"processes: still there: {process}";
        }
    }

    /// <summary>What is not as committed, without what is the swarm's own.</summary>
    static string Foreign(string status) => string.Join(
        '\n', status.Split('\n').Where(line => !line.EndsWith(" .beadswarm/", StringComparison.Ordinal)));

    /// <summary>
    /// Every process that works in this test's folder or was told its path: found by looking, not by the tag alone.
    /// </summary>
    public static IEnumerable<string> Processes(string root) =>
        Living(root).Select(process => $"{process.Id} {process.Command}");

    /// <summary>The same, for whoever has to signal them.</summary>
    public static IEnumerable<(int Id, string Command)> Living(string root)
    {
        var wanted = Encoding.UTF8.GetBytes(root + "/");
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), out var id) || id == Environment.ProcessId)
            {
                continue;
            }

            var (command, told, where) = (Bytes(folder, "cmdline"), Bytes(folder, "environ"), WorkingFolder(folder));
            var ours = where.StartsWith(root + "/", StringComparison.Ordinal)
                || told.AsSpan().IndexOf(wanted) >= 0 || command.AsSpan().IndexOf(wanted) >= 0;
            if (ours && command.Length > 0)
            {
                yield return (id, Encoding.UTF8.GetString(command).Replace('\0', ' ').TrimEnd());
            }
        }
    }

    // A process may end while it is looked at, or be another user's: then it is none of ours.
    static byte[] Bytes(string folder, string name)
    {
        try
        {
            return File.ReadAllBytes(Path.Combine(folder, name));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    static string WorkingFolder(string folder)
    {
        try
        {
            return File.ResolveLinkTarget(Path.Combine(folder, "cwd"), returnFinalTarget: false)?.FullName ?? "";
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
