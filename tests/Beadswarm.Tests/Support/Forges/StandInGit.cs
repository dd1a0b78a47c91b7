using System.Diagnostics;

namespace Beadswarm.Tests.Support.Forges;

/// <summary>The bare repository behind a stand-in of a forge: real git, as a forge would run it.</summary>
sealed class StandInGit(string path)
{
    public string Path => path;

    /// <summary>Where a branch is; null when there is none.</summary>
    public string? Branch(string name) =>
        Run(["rev-parse", "--verify", "--quiet", $"refs/heads/{name}"]) is (0, var output) ? output : null;

    public bool IsAncestor(string ancestor, string of) => Run(["merge-base", "--is-ancestor", ancestor, of]).Exit == 0;

    /// <summary>A file of a commit; null when it has none of that name.</summary>
    public string? File(string commit, string name) =>
        Run(["show", $"{commit}:{name}"]) is (0, var content) ? content : null;

    /// <summary>The tree of both together; null when they conflict.</summary>
    public string? MergedTree(string onto, string head) =>
        Run(["merge-tree", "--write-tree", onto, head]) is (0, var tree) ? tree : null;

    /// <summary>Makes a commit and moves the branch to it, as it is now and not otherwise.</summary>
    public string Commit(string branch, string tree, IReadOnlyList<string> parents, string message)
    {
        var commit = Must([
            "commit-tree", tree, .. parents.SelectMany(parent => new[] { "-p", parent }), "-m", message]);
        Must(["update-ref", $"refs/heads/{branch}", commit, parents[0]]);
        return commit;
    }

    public void Set(string branch, string commit) => Must(["update-ref", $"refs/heads/{branch}", commit]);

    public void Remove(string branch) => Must(["update-ref", "-d", $"refs/heads/{branch}"]);

    public string Must(params string[] arguments)
    {
        var (exit, output) = Run(arguments);
        return exit == 0
            ? output
            : throw new InvalidOperationException($"git {string.Join(' ', arguments)} at the forge: {exit} {output}");
    }

    (int Exit, string Output) Run(IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo("git", ["-C", path, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["GIT_CONFIG_GLOBAL"] = "/dev/null",
                ["GIT_AUTHOR_NAME"] = "Forge",
                ["GIT_AUTHOR_EMAIL"] = "forge@example.org",
                ["GIT_COMMITTER_NAME"] = "Forge",
                ["GIT_COMMITTER_EMAIL"] = "forge@example.org",
            },
        };
        using var process = Process.Start(start)!; // not shell execute: a process is always returned
        process.ErrorDataReceived += (_, _) => { };
        process.BeginErrorReadLine();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output.TrimEnd('\n'));
    }
}
