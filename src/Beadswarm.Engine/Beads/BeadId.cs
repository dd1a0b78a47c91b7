using System.Diagnostics.CodeAnalysis;

namespace Beadswarm.Beads;

/// <summary>The id of a bead, as its tracker wrote it: <c>prefix-suffix</c>, children <c>parent.n</c>.</summary>
readonly record struct BeadId : IComparable<BeadId>
{
    /// <summary>Longest id any tracker stores (bd's column).</summary>
    public const int LengthMax = 255;

    readonly string? _value;

    BeadId(string value) => _value = value;

    public string Value => _value ?? "";

    /// <summary>The hierarchical parent that the id itself names (<c>bd-1.2</c> → <c>bd-1</c>), if any.</summary>
    public BeadId? Parent
    {
        get
        {
            var dot = Value.LastIndexOf('.');
            return dot > 0 && dot + 1 < Value.Length && Value.AsSpan(dot + 1).IndexOfAnyExceptInRange('0', '9') < 0
                ? new BeadId(Value[..dot])
                : null;
        }
    }

    public static BeadId Parse(string text) =>
        TryParse(text, out var id)
            ? id
            : throw new FormatException(
                $"'{Excerpt.Of(text)}' is not a bead id: 1 to {LengthMax} characters without spaces or controls");

    public static bool TryParse([NotNullWhen(true)] string? text, out BeadId id)
    {
        var valid = text is { Length: > 0 and <= LengthMax }
            && !text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)) && !HasHalfPair(text);
        id = valid ? new BeadId(text!) : default;
        return valid;
    }

    // No file and no ref could hold it, and two such ids would be written the same.
    static bool HasHalfPair(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]) && !(i + 1 < text.Length && char.IsSurrogatePair(text[i], text[++i])))
            {
                return true;
            }
        }

        return false;
    }

    public int CompareTo(BeadId other) => string.CompareOrdinal(Value, other.Value);

    public override string ToString() => Value;
}
