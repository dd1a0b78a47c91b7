using System.Text;
using Beadswarm.Git;
using Beadswarm.Workspaces;

namespace Beadswarm.Landing;

/// <summary>Merges in the object store alone: no checkout, no index, no ref.</summary>
sealed class Merging(GitRepository repository, Resolving resolving)
{
    const int ConflictedFilesMax = 50;
    const int BinaryProbeBytes = 8000;

    readonly ConflictOwners _owners = new(repository);

    /// <summary>Merges; where a command has to settle conflicts first, that goes on beside.</summary>
    public async Task<MergeStart> BeginAsync(MergeRequest request, CancellationToken cancellationToken)
    {
        var (answer, stages) = await TryAsync(request.Tip, request.Head, cancellationToken);
        if (stages is not null && !resolving.Covers(stages))
        {
            return new MergeStart.Done(
                await ConflictAsync(request.Tip, request.Head, answer, stages, cancellationToken));
        }

        var finish = FinishAsync(request, answer, stages, cancellationToken);
        return stages is not null && resolving.TakesTime(stages)
            ? new MergeStart.UnderWay(finish)
            : new MergeStart.Done(await finish);
    }

    async Task<MergeOutcome> FinishAsync(
        MergeRequest request, MergeTreeAnswer answer, IReadOnlyList<ConflictStage>? stages,
        CancellationToken cancellationToken)
    {
        var (tree, tipTree) = await ProtectAsync(answer.Tree, request.Tip, cancellationToken);
        IReadOnlyList<ResolvedFile> resolved = [];
        if (stages is not null)
        {
            var resolution = await resolving.TryAsync(request, tipTree, tree, stages, cancellationToken);
            if (resolution is not Resolution.Settled settled || settled.Tree == tipTree)
            {
                var conflict = await ConflictAsync(request.Tip, request.Head, answer, stages, cancellationToken);
                return conflict with
                {
                    Tried = resolution switch
                    {
                        Resolution.Failed failed => failed.Reason,
                        Resolution.Settled => "nothing of this bead was left by it",
                    },
                };
            }

            (tree, resolved) = (settled.Tree, settled.Files);
        }

        if (tree == tipTree)
        {
            return new MergeOutcome.Empty();
        }

        CommitId[] parents = request.Style switch
        {
            MergeStyle.MergeCommit => [request.Tip, request.Head],
            MergeStyle.Squash => [request.Tip],
            MergeStyle.TakeUp => [request.Head, request.Tip],
        };
        var candidate = await repository.CommitTreeAsync(
            tree, parents, MessageOf(request, resolved).ToString(), request.When, cancellationToken);
        return resolved.Count == 0
            ? new MergeOutcome.Clean(candidate, tree)
            : new MergeOutcome.Clean(candidate, tree) { Resolved = resolved };
    }

    /// <summary>The conflict that a merge would end in; null: it would not.</summary>
    public async Task<MergeOutcome.Conflict?> ProbeAsync(
        CommitId onto, CommitId head, CancellationToken cancellationToken)
    {
        var (answer, stages) = await TryAsync(onto, head, cancellationToken);
        return stages is null || resolving.Covers(stages)
            ? null
            : await ConflictAsync(onto, head, answer, stages, cancellationToken);
    }

    /// <summary>What was resolved is told in history too.</summary>
    static LandingMessage MessageOf(MergeRequest request, IReadOnlyList<ResolvedFile> resolved) => request.Message with
    {
        Trailers =
        [
            .. request.Message.Trailers, .. resolved.Select(file => ("Conflict-resolved", $"{file.Path} by {file.By}")),
        ],
    };

    /// <summary>The merge, and the stages of what conflicts in it; null: nothing does.</summary>
    async Task<(MergeTreeAnswer Answer, IReadOnlyList<ConflictStage>? Stages)> TryAsync(
        CommitId tip, CommitId head, CancellationToken cancellationToken)
    {
        var call = GitCall.Of(
            "merge-tree", "--write-tree", "-z", "--allow-unrelated-histories", tip.Value, head.Value);
        var output = await repository.RunAsync(call.Answering(0, 1), cancellationToken);
        var answer = MergeTreeAnswer.Read(output.Fields)
            ?? throw new GitException(
                call.Arguments, output.ExitCode, output.StandardErrorTail, repository.Directory, isTransient: false);

        // What an agent did to the tracker's files neither lands nor conflicts: the tip's side is taken whole.
        var stages = answer.Stages.Where(stage => !ProtectedFolders.Contain(stage.Path)).ToArray();
        return (answer, stages.Length > 0 || (!output.Succeeded && answer.Stages.Count == 0) ? stages : null);
    }

    /// <summary>The merged tree with the tip's own protected folders, and the tip's tree to compare with.</summary>
    async Task<(TreeId Tree, TreeId TipTree)> ProtectAsync(
        TreeId merged, CommitId tip, CancellationToken cancellationToken)
    {
        var folders = ProtectedFolders.Names;
        var names = folders.Select(folder => $"{merged}:{folder}").Concat(folders.Select(folder => $"{tip}:{folder}"))
            .Append($"{tip}^{{tree}}").ToArray();
        var found = await repository.LookUpAsync(names, cancellationToken);
        var tipTree = new TreeId(found[^1]?.Id ?? throw new InvalidOperationException($"{tip} is not a commit"));
        var replacements = new Dictionary<string, TreeEntry?>();
        for (var i = 0; i < folders.Count; i++)
        {
            if (found[i] != found[i + folders.Count])
            {
                replacements[folders[i]] = await TipEntryAsync(tip, folders[i], cancellationToken);
            }
        }

        return replacements.Count == 0
            ? (merged, tipTree)
            : (await TreeEdit.ReplaceAsync(repository, merged.Value, replacements, cancellationToken), tipTree);
    }

    async Task<TreeEntry?> TipEntryAsync(CommitId tip, string name, CancellationToken cancellationToken)
    {
        var listing = await repository.RunAsync(GitCall.Of("ls-tree", "-z", tip.Value, "--", name), cancellationToken);
        return listing.RawFields is [var field] ? TreeEntry.Read(field) : null;
    }

    async Task<MergeOutcome.Conflict> ConflictAsync(
        CommitId tip, CommitId head, MergeTreeAnswer answer, IReadOnlyList<ConflictStage> stages,
        CancellationToken cancellationToken)
    {
        var paths = stages.Select(stage => stage.Path).Distinct().ToArray();
        var files = new List<ConflictedFile>();
        foreach (var path in paths.Take(ConflictedFilesMax))
        {
            var notes = answer.Notes.Where(note => note.Paths.Contains(path)
                && note.Kind.Contains("CONFLICT", StringComparison.Ordinal)).ToArray();
            var kind = notes is [var first, ..] ? first.Kind : "CONFLICT";
            var text = string.Join('\n', notes.Select(note => note.Text));
            var both = stages.Any(stage => stage.Path == path && stage.Stage == 2)
                && stages.Any(stage => stage.Path == path && stage.Stage == 3);
            var excerpt = both ? await MarkedAsync(answer.Tree, path, cancellationToken) : null;
            files.Add(new ConflictedFile(path, kind, excerpt ?? ConflictRules.Cut(text)));
        }

        return new MergeOutcome.Conflict(files, await _owners.FindAsync(tip, head, paths, cancellationToken))
        {
            OwnChange = await _owners.OwnChangeAsync(tip, head, paths, cancellationToken),
        };
    }

    /// <summary>The conflicting places as text; null when the file is binary or git left no markers in it.</summary>
    async Task<string?> MarkedAsync(TreeId tree, string path, CancellationToken cancellationToken)
    {
        var blob = await repository.RunAsync(
            GitCall.Of("cat-file", "blob", $"{tree}:{path}").Answering(0, 128), cancellationToken);
        if (!blob.Succeeded || blob.Stdout.AsSpan(0, Math.Min(blob.Stdout.Length, BinaryProbeBytes)).Contains((byte)0))
        {
            return null;
        }

        var excerpt = ConflictRules.Excerpt(Encoding.UTF8.GetString(blob.Stdout));
        return excerpt.Length == 0 ? null : excerpt;
    }
}
