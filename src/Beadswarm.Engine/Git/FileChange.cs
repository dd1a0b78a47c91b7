namespace Beadswarm.Git;

/// <summary>One path that differs between two trees. A mode of 000000 stands for "not there".</summary>
sealed record FileChange(string Path, string OldMode, string NewMode, string OldId, string NewId)
{
    const string Absent = "000000";
    const string Submodule = "160000";

    public bool Added => OldMode == Absent;

    public bool Deleted => NewMode == Absent;

    public bool IsSubmodule => OldMode == Submodule || NewMode == Submodule;

    /// <summary>Reads <c>diff-tree --raw -z --no-renames</c>: <c>:old new oid oid S</c>, path, and so on.</summary>
    /// <exception cref="FormatException">The answer is cut off, or of a git that answers in another way.</exception>
    public static IReadOnlyList<FileChange> Read(IReadOnlyList<string> fields)
    {
        var changes = new List<FileChange>(fields.Count / 2);
        for (var i = 0; i < fields.Count; i += 2)
        {
            if (i + 1 == fields.Count || fields[i + 1].Length == 0 || fields[i] is not [':', .. var about]
                || about.Split(' ') is not [var oldMode, var newMode, var oldId, var newId, _])
            {
                throw GitAnswers.Strange(fields[i], "diff-tree");
            }

            changes.Add(new FileChange(fields[i + 1], oldMode, newMode, oldId, newId));
        }

        return changes;
    }
}
