using Beadswarm.Git;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Storage;
using Beadswarm.Workspaces;

namespace Beadswarm.Auditing;

/// <summary>
/// Reads the target branch for an audit: in a scratch repository that borrows the objects of the user's repository and
/// the hub, so that nothing is written into either.
/// </summary>
sealed class TargetReading : IDisposable
{
    /// <summary>Of a target that was rewritten so that nothing shows where the swarm began.</summary>
    const int CommitsMax = 10_000;

    /// <summary>How many merges are made again, the newest first.</summary>
    const int MergesMax = 1000;

    const string AuditedRef = "refs/beadswarm/audited";

    readonly DirectoryInfo _folder;
    readonly UserRepository _user;
    readonly GitRepository _scratch;

    TargetReading(DirectoryInfo folder, UserRepository user, GitRepository scratch) =>
        (_folder, _user, _scratch) = (folder, user, scratch);

    public static async Task<TargetReading> OpenAsync(
        UserRepository user, GitRunner runner, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("beadswarm-audit-");
        var reading = new TargetReading(folder, user, new GitRepository(runner, folder.FullName, GitScope.Own));
        try
        {
            await reading._scratch.RunAsync(
                GitCall.Of("init", "--quiet", "--bare", "--template=", $"--object-format={user.ObjectFormat}", "."),
                cancellationToken);
            var borrowed = new[] { user.CommonDirectory, Hub.Find(user, runner)?.GitDirectory };
            await File.WriteAllTextAsync(
                Path.Combine(folder.FullName, "objects", "info", "alternates"),
                string.Concat(borrowed.OfType<string>().Select(git => Path.Combine(git, "objects") + "\n")),
                cancellationToken);
            return reading;
        }
        catch
        {
            reading.Dispose();
            throw;
        }
    }

    /// <param name="remote">Null: the branch is the user's own.</param>
    public async Task<AuditedTarget> ReadAsync(
        BranchName branch, string? remote, AuditedStore store, CancellationToken cancellationToken)
    {
        var tip = remote is null
            ? await _user.Repository.FindCommitAsync(branch.Ref, cancellationToken)
            : await FetchAsync(branch, remote, cancellationToken);
        var place = remote is null ? branch.Value : $"{remote}/{branch}";
        if (tip is not { } commit)
        {
            return new AuditedTarget
            {
                Branch = place,
                Tip = "nothing: there is no such branch",
                Commits = [],
                Contained = new HashSet<string>(),
            };
        }

        var named = NamedCommits.Of(store.Journal);
        var contained = await ContainedAsync(commit, named.All, cancellationToken);
        var commits = await CommitsAsync(commit, named, contained, cancellationToken);
        return new AuditedTarget
        {
            Branch = place,
            Tip = commit.Value,
            Contained = contained,
            Commits = await WithDeviationsAsync(commits, store, cancellationToken),
            Files = await FilesAsync(commit, commits, cancellationToken),
        };
    }

    public void Dispose() => _folder.Delete(recursive: true);

    async Task<CommitId?> FetchAsync(BranchName branch, string remote, CancellationToken cancellationToken)
    {
        var address = await RemoteAddress.FindAsync(_user, remote, cancellationToken);
        var transport = _scratch with { Scope = GitScope.User };
        var listed = await transport.RunAsync(
            GitCall.Of("ls-remote", "--quiet", "--end-of-options", address.FetchUrl, branch.Ref) with
            {
                Configuration = address.Configuration,
            },
            cancellationToken);
        if (listed.Lines.Length == 0)
        {
            return null;
        }

        await transport.RunAsync(
            GitCall.Of(
                "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-auto-gc", "--no-recurse-submodules",
                "--force", "--end-of-options", address.FetchUrl, $"{branch.Ref}:{AuditedRef}") with
            {
                Configuration = address.Configuration,
            },
            cancellationToken);
        return await _scratch.FindCommitAsync(AuditedRef, cancellationToken);
    }

    /// <summary>Those of the commits that the tip is or has behind it.</summary>
    async Task<IReadOnlySet<string>> ContainedAsync(
        CommitId tip, IReadOnlyList<string> named, CancellationToken cancellationToken)
    {
        var there = named.Count == 0 ? [] : await _scratch.LookUpAsync(named, cancellationToken);
        var known = there.OfType<GitObject>().Where(found => found.Kind == "commit").Select(found => found.Id)
            .ToHashSet();
        var outside = await _scratch.RunAsync(
            GitCall.Of("rev-list", "--stdin").With(string.Join('\n', [.. known, $"^{tip}"]) + "\n"), cancellationToken);
        known.ExceptWith(outside.Lines);
        return known;
    }

    async Task<IReadOnlyList<LoggedCommit>> CommitsAsync(
        CommitId tip, NamedCommits named, IReadOnlySet<string> contained, CancellationToken cancellationToken)
    {
        var since = named.Bases.FirstOrDefault(contained.Contains);
        string[] bounds = since is null ? [tip.Value] : [tip.Value, $"^{since}"];
        var line = await _scratch.RunAsync(
            new GitCall(["rev-list", "--first-parent", $"--max-count={CommitsMax}", .. bounds]), cancellationToken);

        // Whoever merges the branch into a work of his own and pushes that makes a side line of it: it counts as well.
        var aside = named.Moves.Where(contained.Contains).Except(line.Lines);
        var log = GitCall.Of(
            "log", "--first-parent", "--diff-merges=first-parent", "--raw", "-M", "--no-abbrev", "-z", "--topo-order",
            "--reverse", $"--max-count={CommitsMax}", $"--format={LoggedCommit.Format}", "--stdin")
            .With(string.Join('\n', [.. bounds, .. aside]) + "\n");
        return LoggedCommit.Read((await _scratch.RunAsync(log, cancellationToken)).Text);
    }

    async Task<IReadOnlyList<TargetCommit>> WithDeviationsAsync(
        IReadOnlyList<LoggedCommit> commits, AuditedStore store, CancellationToken cancellationToken)
    {
        var heads = store.Landings.ToDictionary(row => row.Id.Value, row => row.HeadCommit);
        var landings = store.Journal.Select(entry => entry.Event).OfType<JournalEvent.LandingIntended>()
            .GroupBy(intended => intended.Candidate)
            .ToDictionary(group => group.Key, group => heads.GetValueOrDefault(group.Last().Landing));
        var oldest = commits.Count - MergesMax;
        var result = new List<TargetCommit>(commits.Count);
        foreach (var (commit, index) in commits.Select((commit, index) => (commit, index)))
        {
            var head = commit.Parents.ElementAtOrDefault(1) ?? landings.GetValueOrDefault(commit.Id);
            var plain = new TargetCommit(
                commit.Id, commit.Parents.ElementAtOrDefault(0), commit.Tree, commit.Beads, commit.Changes);

            // The work of a bead that was squashed may be gone since: then there is nothing to compare with.
            var comparable = index >= oldest && landings.ContainsKey(commit.Id) && plain.FirstParent is not null
                && head is not null
                && (await _scratch.LookUpAsync([head], cancellationToken))[0] is { Kind: "commit" };
            result.Add(comparable
                ? plain with
                {
                    Deviations = await DeviationsAsync(commit, head!, cancellationToken), // comparable
                    Brought = new LandedWork(head!, await OwnPathsAsync(plain.FirstParent!, head!, cancellationToken)),
                }
                : plain);
        }

        return result;
    }

    /// <summary>What the commits that lead to the head, and not to the other one, changed.</summary>
    async Task<IReadOnlySet<string>> OwnPathsAsync(string without, string head, CancellationToken cancellationToken)
    {
        var log = await _scratch.RunAsync(
            GitCall.Of("log", "-c", "--name-only", "--no-renames", "-z", "--format=", head, $"^{without}"),
            cancellationToken);
        return log.Fields.Select(path => path.TrimStart('\n')).Where(path => path.Length > 0).ToHashSet();
    }

    async Task<IReadOnlyList<string>> DeviationsAsync(
        LoggedCommit commit, string head, CancellationToken cancellationToken)
    {
        var first = commit.Parents[0];
        var merged = await _scratch.RunAsync(
            GitCall.Of("merge-tree", "--write-tree", "-z", "--allow-unrelated-histories", first, head).Answering(0, 1),
            cancellationToken);
        var changes = await _scratch.ChangesAsync(merged.Fields[0], commit.Id, cancellationToken);
        return [.. changes.Select(change => change.Path).Where(path => !ProtectedFolders.Contain(path))];
    }

    async Task<IReadOnlyDictionary<string, string>> FilesAsync(
        CommitId tip, IReadOnlyList<LoggedCommit> commits, CancellationToken cancellationToken)
    {
        var wanted = commits.SelectMany(commit => commit.Changes).Select(change => change.Path).ToHashSet();
        if (wanted.Count == 0)
        {
            return new Dictionary<string, string>();
        }

        var listing = await _scratch.RunAsync(GitCall.Of("ls-tree", "-r", "-z", tip.Value), cancellationToken);
        return listing.Fields.Select(TreeEntry.Read).Where(entry => wanted.Contains(entry.Name))
            .ToDictionary(entry => entry.Name, entry => entry.Id);
    }
}

/// <summary>The commits that a journal names, by what it says of them.</summary>
/// <param name="Bases">Where the target once was, oldest first.</param>
/// <param name="Moves">What the target was to become.</param>
sealed record NamedCommits(IReadOnlyList<string> Bases, IReadOnlyList<string> Moves, IReadOnlyList<string> All)
{
    public static NamedCommits Of(IReadOnlyList<JournalEntry> journal)
    {
        var bases = new List<string>();
        var moves = new List<string>();
        var seen = new List<string>();
        foreach (var entry in journal)
        {
            switch (entry.Event)
            {
                case JournalEvent.StageStarted started:
                    bases.Add(started.BaseCommit);
                    break;
                case JournalEvent.LandingIntended intended:
                    bases.Add(intended.BatchBase ?? intended.Base);
                    moves.AddRange(intended.BatchCommit is { } batch
                        ? [intended.Candidate, batch]
                        : [intended.Candidate]);
                    break;
                case JournalEvent.EffectIntended { To: { } to } effect
                    when EffectRules.Is(effect, EffectKind.TrackerCommit):
                    moves.Add(to);
                    break;
                case JournalEvent.BeadLanded landed:
                    seen.AddRange([landed.Commit, landed.ObservedTip]);
                    break;
            }
        }

        string[] distinct = [.. bases.Distinct()];
        return new NamedCommits(distinct, [.. moves.Distinct()], [.. distinct.Concat(moves).Concat(seen).Distinct()]);
    }
}
