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

    public static IReadOnlyList<StatusEntry> Read(IReadOnlyList<string> fields)
    {
        var entries = new List<StatusEntry>(fields.Count);
        foreach (var field in fields)
        {
            switch (field[0])
            {
                case '1':
                    // 1 XY sub mH mI mW hH hI path
                    var words = field.Split(' ', ChangedWords);
                    entries.Add(new StatusEntry(words[8], StatusKind.Changed, words[3], words[6], words[1][0] != '.'));
                    break;
                case 'u':
                    // u XY sub m1 m2 m3 mW h1 h2 h3 path; stage 2 is what HEAD has.
                    var unmerged = field.Split(' ', UnmergedWords);
                    entries.Add(new StatusEntry(unmerged[10], StatusKind.Unmerged, unmerged[4], unmerged[8], true));
                    break;
                case '?':
                    entries.Add(new StatusEntry(field[2..], StatusKind.Untracked, "000000", "", false));
                    break;
                case '#' or '!':
                    break;
                default:
                    throw new FormatException($"'{field}' is not a line of git status");
            }
        }

        return entries;
    }

    /// <summary>The value of a header such as <c># branch.oid</c>; null when git gave none.</summary>
    public static string? Header(IReadOnlyList<string> fields, string name) =>
        fields.FirstOrDefault(field => field.StartsWith($"# {name} ", StringComparison.Ordinal))?[(name.Length + 3)..];
}
