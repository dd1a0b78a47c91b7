namespace Beadswarm.Agents.Deeds;

/// <summary>Reads a patch as models write it for <c>apply_patch</c>: which files it would change.</summary>
static class PatchText
{
    static readonly string[] Headings =
        ["*** Add File: ", "*** Update File: ", "*** Delete File: ", "*** Move to: "];

    /// <summary>None: it is no patch.</summary>
    public static IReadOnlyList<string> Paths(string patch) =>
    [
        .. from line in patch.Split('\n')
           let text = line.Trim()
           from heading in Headings
           where text.StartsWith(heading, StringComparison.Ordinal) && text.Length > heading.Length
           select text[heading.Length..].Trim(),
    ];
}
