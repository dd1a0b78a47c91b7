using System.Text.Json;

namespace Beadswarm.Beads;

/// <summary>
/// The beginning of a foreign value, short enough for a message about it: an error names what was found, and does not
/// repeat a megabyte of it.
/// </summary>
static class Excerpt
{
    public const int LengthMax = 80;

    const int ReasonLengthMax = 200;

    /// <summary>Never ends with half a surrogate pair.</summary>
    public static string Of(string text, int lengthMax = LengthMax) =>
        text.Length <= lengthMax
            ? text
            : string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[lengthMax - 1]) ? lengthMax - 1 : lengthMax), "…");

    /// <summary>What a reader of JSON found wrong, without the place it adds: the caller knows a better one.</summary>
    public static string Of(JsonException broken)
    {
        var text = broken.Message;
        var end = text.AsSpan().IndexOfAny(Places);
        return Of((end < 0 ? text : text[..end]).TrimEnd('.'), ReasonLengthMax);
    }

    static readonly System.Buffers.SearchValues<string> Places =
        System.Buffers.SearchValues.Create([" LineNumber: ", " Path: "], StringComparison.Ordinal);
}
