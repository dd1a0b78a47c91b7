using System.Text;
using Beadswarm.Configuration;
using Beadswarm.Git;
using Beadswarm.Processes;
using Beadswarm.Waiting;
using Beadswarm.Workspaces;

namespace Beadswarm.Landing;

/// <summary>A conflict in a file that was settled as the configuration says.</summary>
sealed record ResolvedFile(string Path, string By);

/// <summary>Whether the conflicts of a merge could be settled without an agent.</summary>
abstract record Resolution
{
    Resolution() { }

    /// <param name="Tree">The merged tree, without a conflict in it.</param>
    public sealed record Settled(TreeId Tree, IReadOnlyList<ResolvedFile> Files) : Resolution;

    /// <summary>It was tried in vain.</summary>
    public sealed record Failed(string Reason) : Resolution;
}

/// <summary>What resolving works with.</summary>
/// <param name="Environment">Of the commands, complete.</param>
/// <param name="Tag">Of the commands alone: whatever carries it is ended with them.</param>
sealed record ResolvingParts(
    IReadOnlyList<ResolveRule> Rules, IReadOnlyDictionary<string, string> Environment, string Tag, TimeSpan Grace,
    TimeProvider Time)
{
    /// <summary>More output than this ends a command.</summary>
    public long LogBytesMax { get; init; } = 64 * 1024 * 1024;

    public static readonly ResolvingParts None = new(
        [], new Dictionary<string, string>(), "none", TimeSpan.Zero, TimeProvider.System);
}

/// <summary>
/// Settles conflicts for which the configuration has a rule, where both sides changed the file's text and every file
/// has such a rule. What comes out is a candidate like any other: it lands only when the gates pass on it. Works in a
/// folder that is made anew each time, so the process may die at any instant.
/// </summary>
sealed class Resolving(Hub hub, ResolvingParts parts)
{
    const int BytesMax = 8 * 1024 * 1024;
    const int OutputShownMax = 1000;
    const string RegularFile = "100";
    const int Base = 1;
    const int Target = 2;
    const int Bead = 3;

    /// <summary>So many settled conflicts are remembered; then it begins anew.</summary>
    const int SettledMax = 200;

    readonly WorkTrees _trees = new(hub);

    /// <summary>There is one folder to work in.</summary>
    readonly Turnstile _turn = new(1);

    /// <summary>What was settled, by the target's tree and the bead's head: the same conflict is not settled
    /// twice.</summary>
    readonly Dictionary<(TreeId Target, CommitId Head), Resolution.Settled> _settled = [];

    string Sides => Path.Combine(hub.Folder, "resolving");

    /// <summary>Whether all of them are such that their conflict may be settled by a rule.</summary>
    public bool Covers(IReadOnlyList<ConflictStage> stages) =>
        stages.Count > 0 && stages.GroupBy(stage => stage.Path).All(file => RuleOf(file.Key, [.. file]) is not null);

    /// <summary>Whether settling them runs a command, which may take its time.</summary>
    public bool TakesTime(IReadOnlyList<ConflictStage> stages) =>
        stages.GroupBy(stage => stage.Path).Any(file => RuleOf(file.Key, [.. file])?.Command is not null);

    /// <summary>Settles conflicts that <see cref="Covers"/> says may be, one merge after the other.</summary>
    /// <param name="target">The tree that the bead is merged into.</param>
    /// <param name="merged">The tree of the merge, with conflict markers in these files.</param>
    public async Task<Resolution> TryAsync(
        MergeRequest request, TreeId target, TreeId merged, IReadOnlyList<ConflictStage> stages,
        CancellationToken cancellationToken)
    {
        using var turn = await _turn.EnterAsync(cancellationToken);
        if (_settled.TryGetValue((target, request.Head), out var known))
        {
            return known;
        }

        FolderTree.Delete(Sides);
        try
        {
            var resolution = await SettleAsync(request, merged, stages, cancellationToken);
            if (resolution is Resolution.Settled settled)
            {
                if (_settled.Count >= SettledMax)
                {
                    _settled.Clear();
                }

                _settled[(target, request.Head)] = settled;
            }

            return resolution;
        }
        finally
        {
            FolderTree.Delete(Sides);
        }
    }

    async Task<Resolution> SettleAsync(
        MergeRequest request, TreeId tree, IReadOnlyList<ConflictStage> stages, CancellationToken cancellationToken)
    {
        var files = stages.GroupBy(stage => stage.Path)
            .Select(file => (Path: file.Key, Stages: file.ToArray(), Rule: RuleOf(file.Key, [.. file])!)).ToArray();
        foreach (var file in files)
        {
            foreach (var (stage, side) in new[] { (Base, "base"), (Target, "target"), (Bead, "bead") })
            {
                await WriteSideAsync(
                    Path.Combine(Sides, side, file.Path), file.Stages.FirstOrDefault(one => one.Stage == stage),
                    cancellationToken);
            }
        }

        foreach (var file in files.Where(file => file.Rule.Command is null))
        {
            if (await UnionAsync(file.Path, cancellationToken) is not { } blob)
            {
                return new Resolution.Failed($"{file.Path}: git keeps no union of its sides");
            }

            tree = await TreeEdit.ReplaceFileAsync(
                hub.Repository, tree.Value, file.Path, ModeOf(file.Stages), blob, cancellationToken);
        }

        var commands = files.Where(file => file.Rule.Command is not null)
            .ToLookup(file => file.Rule, file => file.Path);
        if (commands.Count > 0)
        {
            var folder = await CheckOutAsync(request, tree, cancellationToken);
            foreach (var command in commands)
            {
                if (await RunAsync(command.Key, [.. command], folder.Path, cancellationToken) is { } problem)
                {
                    return new Resolution.Failed($"{command.Key.By}: {problem}");
                }
            }

            foreach (var path in commands.SelectMany(command => command))
            {
                var taken = await TakeAsync(folder, tree, path, cancellationToken);
                if (taken.Problem is { } problem)
                {
                    return new Resolution.Failed(problem);
                }

                tree = taken.Tree;
            }
        }

        return new Resolution.Settled(tree, [.. files.Select(file => new ResolvedFile(file.Path, file.Rule.By))]);
    }

    /// <summary>The rule for a file of which both sides changed the text; null: there is none, or it is no such
    /// file.</summary>
    ResolveRule? RuleOf(string path, IReadOnlyList<ConflictStage> stages) =>
        stages.All(stage => stage.Mode.StartsWith(RegularFile, StringComparison.Ordinal))
        && stages.Any(stage => stage.Stage == Target) && stages.Any(stage => stage.Stage == Bead)
        && !path.Contains('\uFFFD', StringComparison.Ordinal)
            ? parts.Rules.FirstOrDefault(rule => rule.Covers(path))
            : null;

    static string ModeOf(ConflictStage[] stages)
    {
        string? Of(int stage) => stages.FirstOrDefault(one => one.Stage == stage)?.Mode;
        return Of(Base) == Of(Target) ? Of(Bead)! : Of(Target)!; // both sides are there: see RuleOf
    }

    async Task WriteSideAsync(string path, ConflictStage? stage, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!); // a file in a folder
        var content = stage is null
            ? []
            : (await hub.Repository.RunAsync(GitCall.Of("cat-file", "blob", stage.Id), cancellationToken)).Stdout;
        await File.WriteAllBytesAsync(path, content, cancellationToken);
    }

    async Task<string?> UnionAsync(string path, CancellationToken cancellationToken)
    {
        const int error = 255;
        var output = await hub.Repository.RunAsync(
            GitCall.Of(
                "merge-file", "-p", "--union", Path.Combine(Sides, "target", path), Path.Combine(Sides, "base", path),
                Path.Combine(Sides, "bead", path)).Answering(0, error),
            cancellationToken);
        return output.Succeeded ? await hub.Repository.WriteBlobAsync(output.Stdout, cancellationToken) : null;
    }

    async Task<WorkTree> CheckOutAsync(MergeRequest request, TreeId tree, CancellationToken cancellationToken)
    {
        var commit = await hub.Repository.CommitTreeAsync(
            tree, [request.Tip, request.Head], "A merge with conflicts", request.When, cancellationToken);
        var path = Path.Combine(hub.Folder, "landing", "resolving");
        var folder = await _trees.FindAsync(path, cancellationToken)
            ?? await _trees.AddDetachedAsync(path, commit, cancellationToken);
        folder.RemoveLocks();
        await folder.ResetAsync(
            GitCall.Of("checkout", "--quiet", "--force", "--detach", commit.Value), cancellationToken);
        await folder.CleanAsync(WorkspaceCleaning.Everything, cancellationToken);
        return folder;
    }

    /// <summary>What was wrong; null: it ended well.</summary>
    async Task<string?> RunAsync(
        ResolveRule rule, IReadOnlyList<string> files, string folder, CancellationToken cancellationToken)
    {
        var log = Path.Combine(Sides, "log");
        var environment = new Dictionary<string, string>(parts.Environment)
        {
            ["BEADSWARM_CONFLICT_FILES"] = string.Join('\n', files),
            ["BEADSWARM_CONFLICT_SIDES"] = Sides,
        };
        var (end, _) = await new ShellCommand(
            rule.Command!, folder, environment, log, parts.Tag, rule.Timeout, parts.Grace,
            parts.LogBytesMax) // only rules with a command are run
            .RunAsync(parts.Time, cancellationToken);
        return end switch
        {
            ShellEnd.Exited { Code: 0 } => null,
            ShellEnd.Exited exited => $"it exited with {exited.Code}: {Shown(log)}",
            ShellEnd.Killed killed => $"it was killed by signal {killed.Signal}",
            ShellEnd.TimedOut late => $"it took longer than {late.After.TotalSeconds:0} s",
            ShellEnd.LogLimit flood => $"it wrote more than {flood.BytesMax} bytes",
            ShellEnd.NotStarted refused => refused.Reason,
        };
    }

    static string Shown(string log) =>
        new FileInfo(log) is { Length: <= BytesMax, LinkTarget: null }
            && File.ReadAllText(log).Trim() is var text
            ? text[Math.Max(0, text.Length - OutputShownMax)..]
            : "too much output";

    /// <summary>The file as the command left it, and nothing else of what it did.</summary>
    async Task<(TreeId Tree, string? Problem)> TakeAsync(
        WorkTree folder, TreeId tree, string path, CancellationToken cancellationToken)
    {
        const int refused = 128;
        var added = await folder.Repository.RunAsync(
            GitCall.Of("add", "--force", "--", path).Answering(0, 1, refused), cancellationToken);
        var listing = await folder.Repository.RunAsync(
            GitCall.Of("ls-files", "--stage", "-z", "--", path), cancellationToken);
        if (!added.Succeeded || listing.Fields is not [var entry]
            || !entry.EndsWith("\t" + path, StringComparison.Ordinal)
            || entry.Split([' ', '\t']) is not [var mode, var blob, "0", ..]
            || !mode.StartsWith(RegularFile, StringComparison.Ordinal))
        {
            return (tree, $"{path} is no file any more");
        }

        var content = await hub.Repository.RunAsync(GitCall.Of("cat-file", "blob", blob), cancellationToken);
        return ConflictRules.HasMarkers(Encoding.UTF8.GetString(content.Stdout))
            ? (tree, $"{path} still has conflict markers")
            : (await TreeEdit.ReplaceFileAsync(hub.Repository, tree.Value, path, mode, blob, cancellationToken), null);
    }
}
