namespace Beadswarm.Git;

/// <summary>How a path stands between HEAD, index and files.</summary>
enum StatusKind
{
    Changed,
    Unmerged,
    Untracked,
}

/// <summary>One path of <c>git status --porcelain=v2 -z --no-renames</c>.</summary>
/// <param name="HeadMode">000000 when HEAD does not have it.</param>
/// <param name="Staged">The index differs from HEAD.</param>
sealed record StatusEntry(string Path, StatusKind Kind, string HeadMode, string HeadId, bool Staged)
{
    const int ChangedWords = 9;
    const int UnmergedWords = 11;

    /// <exception cref="FormatException">The answer is cut off, or of a git that answers in another way.</exception>
    public static IReadOnlyList<StatusEntry> Read(IReadOnlyList<string> fields)
    {
        var entries = new List<StatusEntry>(fields.Count);
        foreach (var field in fields)
        {
            switch (field)
            {
                // 1 XY sub mH mI mW hH hI path
                case ['1', ..] when field.Split(' ', ChangedWords) is
                    ["1", [var staged, _], _, var mode, _, _, var id, _, { Length: > 0 } path]:
                    entries.Add(new StatusEntry(path, StatusKind.Changed, mode, id, staged != '.'));
                    break;

                // u XY sub m1 m2 m3 mW h1 h2 h3 path; stage 2 is what HEAD has.
                case ['u', ..] when field.Split(' ', UnmergedWords) is
                    ["u", _, _, _, var mode, _, _, _, var id, _, { Length: > 0 } path]:
                    entries.Add(new StatusEntry(path, StatusKind.Unmerged, mode, id, true));
                    break;
                case ['?', ' ', _, ..]:
                    entries.Add(new StatusEntry(field[2..], StatusKind.Untracked, "000000", "", false));
                    break;
                case ['#' or '!', ..]:
                    break;
                default:
                    throw GitAnswers.Strange(field, "status");
            }
        }

        return entries;
    }

    /// <summary>The value of a header such as <c># branch.oid</c>; null when git gave none.</summary>
    public static string? Header(IReadOnlyList<string> fields, string name) =>
        fields.FirstOrDefault(field => field.StartsWith($"# {name} ", StringComparison.Ordinal))?[(name.Length + 3)..];
}
