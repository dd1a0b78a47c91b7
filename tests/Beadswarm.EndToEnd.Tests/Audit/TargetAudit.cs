using Beadswarm.EndToEnd.Tests.Support;

namespace Beadswarm.EndToEnd.Tests.Audit;

/// <summary>What a target branch is held to.</summary>
/// <param name="Repository">Where the branch is: the user's repository, or the origin.</param>
/// <param name="Base">The tip before the swarm.</param>
/// <param name="Gates">Run by /bin/sh in a fresh clone, at every commit the swarm made.</param>
/// <param name="ContentOf">A path, and what it must contain once its bead has landed; null where anything goes.</param>
sealed record TargetExpectation(
    string Repository, string Branch, string Base, IReadOnlyList<string> Gates,
    Func<string, (string Path, string Text)?> ContentOf);

/// <summary>A commit of the target's first parents, or one that such a commit took in with others.</summary>
/// <param name="Bead">The bead it landed, by its trailer; empty for a commit of the tracker's file.</param>
/// <param name="Batch">The last of those that it takes in, which were tested together; empty: it is no such.</param>
sealed record TargetCommit(string Id, string Parent, string Tree, string Bead, string Subject, string Batch)
{
    /// <summary>Taken in with others, and not on the target's own line.</summary>
    public bool Aside { get; init; }
}

/// <summary>Reads the target as a stranger with git would, and compares it with what was recorded as landed.</summary>
sealed class TargetAudit(GitRepository repository, TargetExpectation expected)
{
    /// <summary>More commits than this are tested as a sample, spread evenly and with the tip.</summary>
    const int TestedMax = 150;

    /// <summary>The commits that came after the base, oldest first, those of a batch before the one that takes them
    /// in.</summary>
    public IReadOnlyList<TargetCommit> Commits() =>
    [
        .. Line(expected.Base, expected.Branch).SelectMany(commit => commit.Batch.Length > 0
            ? [.. Line(commit.Parent, commit.Batch).Select(landing => landing with { Aside = true }), commit]
            : new[] { commit }),
    ];

    IEnumerable<TargetCommit> Line(string from, string to) =>
        Git(
            "log", "--first-parent", "--reverse",
            "--format=%H%x09%P%x09%T%x09%(trailers:key=Bead,valueonly,separator=%x2C)%x09"
            + "%(trailers:key=Batch,valueonly,separator=%x2C)%x09%s", $"{from}..{to}")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split('\t', 6))
            .Select(part => (Parts: part, Parents: part[1].Split(' ')))
            .Select(read => new TargetCommit(
                read.Parts[0], read.Parents[0], read.Parts[2], read.Parts[3], read.Parts[5],
                read.Parts[4].Length > 0 ? read.Parents[1] : ""));

    /// <param name="landed">What was recorded: bead and the commit that landed it.</param>
    public async Task<IReadOnlyList<string>> CheckAsync(
        IReadOnlyDictionary<string, string> landed, TrackerLines backlog)
    {
        var kept = await Machine.RunAsync(
            expected.Repository, repository.Environment, "git", "merge-base", "--is-ancestor", expected.Base,
            expected.Branch);
        if (kept.ExitCode != 0)
        {
            return [$"target: {expected.Branch} has lost the commit {expected.Base} that it began with"];
        }

        var commits = Commits();
        var findings = new List<string>();
        findings.AddRange(Counted(commits, landed));
        findings.AddRange(commits.SelectMany(Changed));
        findings.AddRange(Ordered(commits, backlog));
        findings.AddRange(landed.Keys.Order().SelectMany(Content));
        findings.AddRange(await RedAsync([.. commits.Where(commit => !commit.Aside)]));
        return findings;
    }

    static IEnumerable<string> Counted(
        IReadOnlyList<TargetCommit> commits, IReadOnlyDictionary<string, string> landed)
    {
        var byBead = commits.Where(commit => commit.Bead.Length > 0).ToLookup(commit => commit.Bead);
        foreach (var bead in byBead)
        {
            if (bead.Count() > 1)
            {
                yield return $"target: {bead.Key} landed {bead.Count()} times";
            }

            if (!landed.ContainsKey(bead.Key))
            {
                yield return $"target: {bead.Key} is on the target and not recorded as landed";
            }
        }

        foreach (var (bead, commit) in landed)
        {
            if (!byBead[bead].Any(found => found.Id == commit))
            {
                yield return $"target: {bead} is recorded as landed by {commit}, which does not carry its trailer";
            }
        }
    }

    IEnumerable<string> Changed(TargetCommit commit)
    {
        if (commit.Batch.Length > 0)
        {
            // It is what it takes in, of which each is looked at by itself.
            var last = Git("rev-parse", $"{commit.Batch}^{{tree}}").Trim();
            if (commit.Tree != last)
            {
                yield return $"target: commit {commit.Id} is tree {commit.Tree} and takes in {commit.Batch}, {last}";
            }

            yield break;
        }

        var paths = Git("diff", "--name-only", commit.Parent, commit.Id)
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var ofTracker = paths.Where(path => path.StartsWith(".beads/", StringComparison.Ordinal)).ToArray();
        if (commit.Bead.Length == 0 && (paths.Length == 0 || ofTracker.Length < paths.Length))
        {
            yield return $"target: commit {commit.Id} '{commit.Subject}' names no bead and is not the tracker's";
        }

        if (commit.Bead.Length > 0 && ofTracker.Length > 0)
        {
            yield return $"target: the landing of {commit.Bead} changes {ofTracker[0]}";
        }

        if (commit.Bead.Length > 0 && paths.Length == 0)
        {
            yield return $"target: the landing of {commit.Bead} changes nothing";
        }
    }

    static IEnumerable<string> Ordered(IReadOnlyList<TargetCommit> commits, TrackerLines backlog)
    {
        var done = backlog.Ids.Where(backlog.IsEnded).ToHashSet();
        foreach (var bead in commits.Select(commit => commit.Bead).Where(bead => bead.Length > 0))
        {
            foreach (var blocker in backlog.Blockers(bead).Where(id => backlog.Has(id) && !backlog.IsDone(id, done)))
            {
                yield return $"target: {bead} landed before {blocker}, which blocks it";
            }

            done.Add(bead);
        }
    }

    IEnumerable<string> Content(string bead)
    {
        if (expected.ContentOf(bead) is not var (path, text))
        {
            yield break;
        }

        var shown = Machine.Run(
            expected.Repository, repository.Environment, "git", "show", $"{expected.Branch}:{path}");
        if (shown.ExitCode != 0 || !shown.Out.Contains(text, StringComparison.Ordinal))
        {
            yield return $"target: {bead} is recorded as landed, but {path} does not contain '{text}' at the tip";
        }
    }

    async Task<IReadOnlyList<string>> RedAsync(IReadOnlyList<TargetCommit> commits)
    {
        var findings = new List<string>();
        var clone = Path.Combine(repository.Root, $"clone-{Guid.NewGuid():n}");
        repository.GitIn(repository.Root, "clone", "-q", "--shared", "--no-checkout", expected.Repository, clone);
        foreach (var commit in Sample(commits))
        {
            repository.GitIn(clone, "checkout", "-q", "--detach", commit.Id);
            repository.GitIn(clone, "clean", "-fdxq");
            foreach (var gate in expected.Gates)
            {
                var output = await Machine.RunAsync(clone, repository.Environment, "/bin/sh", "-c", gate);
                if (output.ExitCode != 0)
                {
                    findings.Add($"target: '{gate}' is red at {commit.Id} '{commit.Subject}': {output}");
                }
            }
        }

        Directory.Delete(clone, recursive: true);
        return findings;
    }

    static IEnumerable<TargetCommit> Sample(IReadOnlyList<TargetCommit> commits)
    {
        var step = Math.Max(1, (commits.Count + TestedMax - 1) / TestedMax);
        return commits.Where((_, index) => (commits.Count - 1 - index) % step == 0);
    }

    string Git(params string[] arguments) => repository.GitIn(expected.Repository, arguments);
}
