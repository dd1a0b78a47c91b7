using System.IO.Enumeration;

namespace Beadswarm.Configuration;

/// <summary>
/// Which files of a repository are meant: <c>*</c> and <c>?</c> within a name, <c>**</c> for any folders between. A
/// pattern without a slash means files of that name wherever they are.
/// </summary>
sealed record PathPattern(string Text)
{
    const string AnyFolders = "**";

    readonly string[] _parts = Text.Contains('/', StringComparison.Ordinal) ? Text.Split('/') : [AnyFolders, Text];

    /// <summary>Null when it is one, else what is wrong with it.</summary>
    public static string? Problem(string text) =>
        text.StartsWith('/') ? "is absolute; paths are relative to the repository"
        : text.Split('/').Any(part => part is "" or "." or "..") ? "has an empty part, '.' or '..' in it"
        : null;

    public bool Matches(string path) => Matches(_parts, path.Split('/'));

    static bool Matches(ReadOnlySpan<string> pattern, ReadOnlySpan<string> path)
    {
        if (pattern.IsEmpty)
        {
            return path.IsEmpty;
        }

        if (pattern[0] == AnyFolders)
        {
            return Matches(pattern[1..], path) || (!path.IsEmpty && Matches(pattern, path[1..]));
        }

        return !path.IsEmpty
            && FileSystemName.MatchesSimpleExpression(pattern[0], path[0], ignoreCase: false)
            && Matches(pattern[1..], path[1..]);
    }
}
