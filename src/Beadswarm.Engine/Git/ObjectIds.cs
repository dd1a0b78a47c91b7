using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace Beadswarm.Git;

/// <summary>The id of a commit: 40 (SHA-1) or 64 (SHA-256) lower-case hexadecimal digits.</summary>
readonly record struct CommitId(string Value)
{
    public static CommitId Parse(string text) =>
        TryParse(text, out var id)
            ? id
            : throw new FormatException($"'{GitAnswers.Cut(text)}' is not a full commit id");

    public static bool TryParse([NotNullWhen(true)] string? text, out CommitId id)
    {
        var valid = ObjectIdRules.IsObjectId(text);
        id = valid ? new CommitId(text!) : default;
        return valid;
    }

    public override string ToString() => Value;
}

/// <summary>The id of a tree: what a commit contains, independent of how it came about.</summary>
readonly record struct TreeId(string Value)
{
    public static TreeId Parse(string text) =>
        TryParse(text, out var id)
            ? id
            : throw new FormatException($"'{GitAnswers.Cut(text)}' is not a full tree id");

    public static bool TryParse([NotNullWhen(true)] string? text, out TreeId id)
    {
        var valid = ObjectIdRules.IsObjectId(text);
        id = valid ? new TreeId(text!) : default;
        return valid;
    }

    public override string ToString() => Value;
}

/// <summary>What an object id looks like, in either of git's two hashes.</summary>
static class ObjectIdRules
{
    const int Sha1Digits = 40;
    const int Sha256Digits = 64;

    static readonly SearchValues<char> Digits = SearchValues.Create("0123456789abcdef");

    public static bool IsObjectId([NotNullWhen(true)] string? text) =>
        text is { Length: Sha1Digits or Sha256Digits } && text.AsSpan().IndexOfAnyExcept(Digits) < 0;
}
