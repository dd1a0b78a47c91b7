using Beadswarm.Git;

namespace Beadswarm.Landing;

/// <summary>Answers whether the content of a change is, or was, on a branch.</summary>
sealed class Observing(GitRepository repository)
{
    /// <summary>
    /// How many later commits of the branch are looked at for the content that is no longer at its tip.
    /// </summary>
    const int DepthMax = 500;

    /// <summary>How many files of commits are looked up in one command.</summary>
    const int NamesMax = 50_000;

    public async Task<Observation> ObserveAsync(
        CommitId tip, CommitId candidate, IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        if (tip == candidate)
        {
            return new Observation.Present(tip);
        }

        if (paths.Count == 0)
        {
            var changes = await repository.ChangesAsync($"{candidate}^1", candidate.Value, cancellationToken);
            paths = [.. changes.Select(change => change.Path)];
        }

        var wanted = paths.ToHashSet();
        var differing = (await repository.ChangesAsync(candidate.Value, tip.Value, cancellationToken))
            .Select(change => change.Path).Where(wanted.Contains).ToArray();
        if (differing.Length == 0)
        {
            return new Observation.Present(tip);
        }

        return await FindAsync(tip, candidate, paths, cancellationToken) is { } seenAt
            ? new Observation.PresentButChangedSince(tip, seenAt, differing)
            : new Observation.Absent(tip);
    }

    /// <summary>A commit of the branch, made after the one the candidate was built on, that has the content.</summary>
    async Task<CommitId?> FindAsync(
        CommitId tip, CommitId candidate, IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        // All commits, not those that git says touched the paths: its simplification of history leaves some out.
        var depth = Math.Clamp(NamesMax / paths.Count, 1, DepthMax);
        var call = GitCall.Of(
            "rev-list", "--first-parent", $"--max-count={depth}", tip.Value, $"^{candidate}^1");
        string[] commits = [candidate.Value, .. (await repository.RunAsync(call, cancellationToken)).Lines];

        // A path may hold a line break, which would end a name; such a path is left to the comparison of trees.
        var askable = paths.Where(path => !path.Contains('\n')).ToArray();
        var found = await repository.LookUpAsync(
            [.. commits.SelectMany(commit => askable.Select(path => $"{commit}:{path}"))], cancellationToken);
        var wanted = found.Take(askable.Length).ToArray();
        for (var i = 1; i < commits.Length; i++)
        {
            if (found.Skip(i * askable.Length).Take(askable.Length).SequenceEqual(wanted))
            {
                return CommitId.Parse(commits[i]);
            }
        }

        return null;
    }
}
