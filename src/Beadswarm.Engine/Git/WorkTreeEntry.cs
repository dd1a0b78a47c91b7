namespace Beadswarm.Git;

/// <summary>One work tree of a repository, as <c>git worktree list --porcelain -z</c> has it.</summary>
sealed record WorkTreeEntry(string Path, string? Head, string? Branch, bool Prunable)
{
    public static IReadOnlyList<WorkTreeEntry> Read(IReadOnlyList<string> fields)
    {
        var entries = new List<WorkTreeEntry>();
        foreach (var field in fields)
        {
            var (word, value) = field.Split(' ', 2) is [var name, var rest] ? (name, rest) : (field, "");
            if (word == "worktree")
            {
                entries.Add(new WorkTreeEntry(value, null, null, false));
            }
            else if (entries.Count > 0)
            {
                entries[^1] = word switch
                {
                    "HEAD" => entries[^1] with { Head = value },
                    "branch" => entries[^1] with { Branch = value },
                    "prunable" => entries[^1] with { Prunable = true },

                    // Words of a later git say nothing we act on.
                    _ => entries[^1],
                };
            }
        }

        return entries;
    }
}
