using System.Globalization;

namespace Beadswarm.Beads;

/// <summary>
/// Makes JSON readable that holds half a surrogate pair as an escape, such as <c>\ud800</c>. .NET neither turns one
/// into text nor looks a property up beside a name that has one. Go, which the trackers are written in, reads U+FFFD.
/// </summary>
static class JsonRepair
{
    /// <summary>Characters of <c>\u1234</c>.</summary>
    const int EscapeLength = 6;

    /// <summary>The same JSON, as long as before, with the halves replaced; itself where there are none.</summary>
    public static ReadOnlyMemory<byte> WithoutHalfPairs(ReadOnlyMemory<byte> json)
    {
        byte[]? repaired = null;
        var text = json.Span;
        for (var at = text.IndexOf((byte)'\\'); at >= 0;)
        {
            // Of any other escape the second character is not the start of a new one.
            var length = 2;
            if (CodeUnit(text, at) is { } unit && char.IsSurrogate(unit))
            {
                var whole = char.IsHighSurrogate(unit)
                    && CodeUnit(text, at + EscapeLength) is { } low && char.IsLowSurrogate(low);
                length = whole ? 2 * EscapeLength : EscapeLength;
                if (!whole)
                {
                    repaired ??= text.ToArray();
                    @"\ufffd"u8.CopyTo(repaired.AsSpan(at));
                }
            }

            var next = at + length < text.Length ? text[(at + length)..].IndexOf((byte)'\\') : -1;
            at = next < 0 ? -1 : at + length + next;
        }

        return repaired ?? json;
    }

    static char? CodeUnit(ReadOnlySpan<byte> text, int at) =>
        at + EscapeLength <= text.Length && text[at..].StartsWith(@"\u"u8)
        && ushort.TryParse(
            text.Slice(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit)
            ? (char)unit
            : null;
}
