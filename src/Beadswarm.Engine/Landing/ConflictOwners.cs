using System.Text;
using Beadswarm.Git;

namespace Beadswarm.Landing;

/// <summary>
/// Of the target's commits that touched a conflicting file, finds those that it conflicts with in fact: others changed
/// another place of it.
/// </summary>
sealed class ConflictOwners(GitRepository repository)
{
    const int TouchingMax = 20;

    /// <summary>How far back the target is looked through for commits that touched a conflicting file.</summary>
    const int CommitsMax = 500;

    /// <summary>Where more files conflict, they are compared as a whole.</summary>
    const int FilesReadMax = 10;

    /// <summary>Of so many it is told what they changed.</summary>
    const int ChangesShownMax = 5;

    /// <summary>The newest first.</summary>
    public async Task<IReadOnlyList<OtherSide>> FindAsync(
        CommitId tip, CommitId head, IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        var touching = await TouchingAsync(tip, head, paths, cancellationToken);
        var owners = touching.Count > 1 ? await InFactAsync(touching, tip, head, paths, cancellationToken) : touching;

        // Where none is found, all of them do together.
        var shown = new List<OtherSide>();
        foreach (var owner in owners.Count > 0 ? owners : touching)
        {
            shown.Add(shown.Count < ChangesShownMax
                ? owner with
                {
                    Change = await ChangeAsync($"{owner.Commit}^1", owner.Commit.Value, paths, cancellationToken),
                }
                : owner);
        }

        return shown;
    }

    /// <summary>What a bead changed in these files since it began.</summary>
    public async Task<string> OwnChangeAsync(
        CommitId tip, CommitId head, IReadOnlyList<string> paths, CancellationToken cancellationToken) =>
        await BaseAsync(tip, head, cancellationToken) is { } common
            ? await ChangeAsync(common.Value, head.Value, paths, cancellationToken)
            : "";

    async Task<IReadOnlyList<OtherSide>> TouchingAsync(
        CommitId tip, CommitId head, IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        var touching = new List<OtherSide>();
        foreach (var step in await LineAsync($"{head}..{tip}", paths, cancellationToken))
        {
            touching.AddRange(step.Batch
                ? await LineAsync($"{step.Commit}^1..{step.Commit}^2", paths, cancellationToken)
                : [step]);
        }

        return [.. touching.Take(TouchingMax)];
    }

    /// <summary>Of a line of first parents, the newest first, those that touched one of the files.</summary>
    async Task<IEnumerable<OtherSide>> LineAsync(
        string range, IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        // Filtered here and not by git: its simplification of history leaves merges out that did change a file.
        var call = GitCall.Of(
            "log", "-z", "--first-parent", "-m", "--name-only", $"--max-count={CommitsMax}",
            $"--format={OtherSide.LogFormat}", range);
        var output = await repository.RunAsync(call, cancellationToken);
        return OtherSide.Read(output.Fields).Where(commit => commit.Files.Any(paths.Contains))
            .Select(commit => commit.Side).Take(TouchingMax);
    }

    /// <summary>
    /// Those with which a place came to conflict, or to conflict in another way, that conflicts with the tip still.
    /// </summary>
    async Task<IReadOnlyList<OtherSide>> InFactAsync(
        IReadOnlyList<OtherSide> touching, CommitId tip, CommitId head, IReadOnlyList<string> paths,
        CancellationToken cancellationToken)
    {
        var last = await PlacesAsync(tip.Value, head, paths, cancellationToken);
        var owners = new List<OtherSide>();
        var after = last;
        foreach (var side in touching)
        {
            // From the newest on, so what is before one is what is after the next: nothing in between touched a file.
            var before = await PlacesAsync($"{side.Commit}^1", head, paths, cancellationToken);
            if (last.Keys.Any(place => after.GetValueOrDefault(place) is { } now
                && now != before.GetValueOrDefault(place)))
            {
                owners.Add(side);
            }

            after = before;
        }

        return owners;
    }

    /// <summary>
    /// The places that conflict where a bead is merged into a commit, by the bead's side of them: the other side of
    /// each.
    /// </summary>
    async Task<IReadOnlyDictionary<(string Path, string Mine), string>> PlacesAsync(
        string onto, CommitId head, IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        var places = new Dictionary<(string Path, string Mine), string>();
        var call = GitCall.Of(
            "merge-tree", "--write-tree", "-z", "--allow-unrelated-histories", onto, head.Value);
        var output = await repository.RunAsync(call.Answering(0, 1, 128), cancellationToken);
        if (output.ExitCode != 1 || MergeTreeAnswer.Read(output.Fields) is not { } answer)
        {
            return places; // nothing conflicts, or it has no parent
        }

        foreach (var file in answer.Stages.Where(stage => paths.Contains(stage.Path)).GroupBy(stage => stage.Path))
        {
            var text = paths.Count <= FilesReadMax
                ? await repository.RunAsync(
                    GitCall.Of("cat-file", "blob", $"{answer.Tree}:{file.Key}").Answering(0, 128), cancellationToken)
                : null;
            var sections = text is { Succeeded: true }
                ? ConflictRules.Sections(Encoding.UTF8.GetString(text.Stdout))
                : [];
            foreach (var (target, mine) in sections)
            {
                places[(file.Key, mine)] = target;
            }

            if (sections.Count == 0)
            {
                const int targetSide = 2;
                places[(file.Key, "")] = file.FirstOrDefault(stage => stage.Stage == targetSide)?.Id ?? "none";
            }
        }

        return places;
    }

    /// <summary>Where both began; null where that is not one commit.</summary>
    async Task<CommitId?> BaseAsync(CommitId tip, CommitId head, CancellationToken cancellationToken)
    {
        var output = await repository.RunAsync(
            GitCall.Of("merge-base", "--all", tip.Value, head.Value).Answering(0, 1), cancellationToken);
        return Encoding.UTF8.GetString(output.Stdout).Split('\n', StringSplitOptions.RemoveEmptyEntries) is [var common]
            ? CommitId.Parse(common)
            : null;
    }

    async Task<string> ChangeAsync(
        string from, string to, IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        var output = await repository.RunAsync(
            GitCall.Of([
                "diff-tree", "-p", "-r", "--no-ext-diff", "--no-textconv", "--no-color", from, to, "--", .. paths,
            ]).Answering(0, 128),
            cancellationToken);
        return output.Succeeded ? ConflictRules.Cut(Encoding.UTF8.GetString(output.Stdout)) : "";
    }
}
