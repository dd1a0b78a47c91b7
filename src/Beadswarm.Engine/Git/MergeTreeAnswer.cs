using System.Globalization;

namespace Beadswarm.Git;

/// <summary>One side of a conflicting path: stage 1 is the base, 2 the target, 3 the bead.</summary>
sealed record ConflictStage(string Mode, string Id, int Stage, string Path);

/// <summary>What git says about a conflict.</summary>
sealed record ConflictNote(IReadOnlyList<string> Paths, string Kind, string Text);

/// <summary>The answer of <c>git merge-tree --write-tree -z</c>.</summary>
sealed record MergeTreeAnswer(
    TreeId Tree, IReadOnlyList<ConflictStage> Stages, IReadOnlyList<ConflictNote> Notes)
{
    /// <summary>
    /// Reads the answer. git 2.39 ends with 1 for a conflict and also for a commit that is not there; only a conflict
    /// prints a tree first, so anything else gives null.
    /// </summary>
    /// <exception cref="FormatException">There is a tree, and something else than conflicts behind it.</exception>
    public static MergeTreeAnswer? Read(IReadOnlyList<string> fields)
    {
        if (fields is [] || !TreeId.TryParse(fields[0], out var tree))
        {
            return null;
        }

        var at = 1;
        var stages = new List<ConflictStage>();
        for (; at < fields.Count && fields[at].Length > 0; at++)
        {
            var tab = fields[at].IndexOf('\t');
            if (tab < 0 || fields[at][..tab].Split(' ') is not [var mode, var id, [>= '1' and <= '3' and var stage]])
            {
                throw GitAnswers.Strange(fields[at], "merge-tree");
            }

            stages.Add(new ConflictStage(mode, id, stage - '0', fields[at][(tab + 1)..]));
        }

        // They only help a person: what cannot be read of them is left out.
        var notes = new List<ConflictNote>();
        for (at++; at < fields.Count
            && int.TryParse(fields[at], NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count < fields.Count - at - 2;)
        {
            var paths = fields.Skip(at + 1).Take(count).ToArray();
            notes.Add(new ConflictNote(paths, fields[at + count + 1], fields[at + count + 2].Trim()));
            at += count + 3;
        }

        return new MergeTreeAnswer(tree, stages, notes);
    }
}
