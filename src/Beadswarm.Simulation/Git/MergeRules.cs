using Beadswarm.Landing;

namespace Beadswarm.Simulation.Git;

/// <summary>A file both sides changed, and not in the same way; null where a side does not have it.</summary>
/// <param name="Kind">In git's words.</param>
sealed record FileConflict(string Path, string Kind, FileContent? Ours, FileContent? Theirs)
{
    /// <summary>Both sides of the place, without the lines at beginning and end that they share.</summary>
    public string Excerpt()
    {
        if (Ours is null || Theirs is null)
        {
            return $"{Kind}: {Path} deleted in {(Ours is null ? "target" : "this bead")} and modified in the other";
        }

        var (ours, theirs) = (Lines(Ours.Text), Lines(Theirs.Text));
        var before = ours.Zip(theirs).TakeWhile(pair => pair.First == pair.Second).Count();
        var after = ours[before..].Reverse().Zip(theirs[before..].Reverse())
            .TakeWhile(pair => pair.First == pair.Second).Count();
        return ConflictRules.Excerpt(
            string.Concat(ours[..before]) + "<<<<<<< target\n" + string.Concat(ours[before..^after]) + "=======\n"
            + string.Concat(theirs[before..^after]) + ">>>>>>> this bead\n" + string.Concat(ours[^after..]));
    }

    static string[] Lines(string text) => [.. text.TrimEnd('\n').Split('\n').Select(line => line + "\n")];
}

/// <summary>Two sides brought together; where they contradict each other, the tree has ours.</summary>
sealed record MergedTree(FileTree Tree, IReadOnlyList<FileConflict> Conflicts)
{
    /// <summary>The tree with both sides, one after the other, where they contradict each other.</summary>
    public FileTree Marked() => Conflicts.Aggregate(Tree, (tree, conflict) => tree.With(
        conflict.Path,
        FileContent.Of($"<<<<<<<\n{conflict.Ours?.Text}=======\n{conflict.Theirs?.Text}>>>>>>>\n")));
}

/// <summary>
/// Three-way merges by path. Coarser than git's, which also brings together changes of one file in different places and
/// follows renames: whatever is clean here is clean there, but for content that moved.
/// </summary>
static class MergeRules
{
    const string Contents = "CONFLICT (contents)";
    const string ModifyDelete = "CONFLICT (modify/delete)";
    const string FileFolder = "CONFLICT (file/directory)";

    public static MergedTree Merge(
        SimulatedCommit ours, SimulatedCommit theirs, Func<string, bool>? keepsOurs = null) =>
        Merge(BaseOf(ours, theirs), ours.Tree, theirs.Tree, keepsOurs);

    /// <param name="keepsOurs">Paths at which the other side's changes do not count.</param>
    public static MergedTree Merge(
        FileTree @base, FileTree ours, FileTree theirs, Func<string, bool>? keepsOurs = null)
    {
        var oursChanged = FileTree.Differences(@base, ours).ToDictionary(change => change.Path, change => change.To);
        var taken = FileTree.Differences(@base, theirs)
            .Where(change => keepsOurs?.Invoke(change.Path) != true).ToArray();
        var merged = ours;
        var conflicts = new List<FileConflict>();
        foreach (var change in taken)
        {
            if (!oursChanged.TryGetValue(change.Path, out var our))
            {
                merged = merged.With(change.Path, change.To);
            }
            else if (!FileContent.Same(our, change.To))
            {
                var kind = our is null || change.To is null ? ModifyDelete : Contents;
                conflicts.Add(new FileConflict(change.Path, kind, our, change.To));
            }
        }

        // One side has a file where the other has a folder: neither can be kept as it is.
        var inTheWay = taken
            .Where(change => merged.Find(change.Path) is not null && !merged.Fits(change.Path)).ToArray();
        conflicts.AddRange(inTheWay.Select(change =>
            new FileConflict(change.Path, FileFolder, ours.Find(change.Path), change.To)));
        merged = inTheWay.Aggregate(merged, (tree, change) => tree.With(change.Path, ours.Find(change.Path)));
        return new MergedTree(merged, conflicts);
    }

    /// <summary>
    /// What both sides have in common. Of several common ancestors their own merge, as git does it: where they
    /// contradict each other, it has something that neither side has.
    /// </summary>
    static FileTree BaseOf(SimulatedCommit ours, SimulatedCommit theirs)
    {
        var bases = HistoryRules.MergeBases(ours, theirs);
        if (bases.Count == 0)
        {
            return FileTree.Empty;
        }

        var common = bases[0].Tree;
        for (var i = 1; i < bases.Count; i++)
        {
            common = Merge(BaseOf(bases[i - 1], bases[i]), common, bases[i].Tree).Marked();
        }

        return common;
    }
}
