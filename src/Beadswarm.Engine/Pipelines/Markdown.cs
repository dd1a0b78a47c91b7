using System.Text;

namespace Beadswarm.Pipelines;

/// <summary>Puts foreign text into Markdown so that it stays what it is: text.</summary>
static class Markdown
{
    /// <summary>A code block that its content cannot close.</summary>
    public static string Fence(string content, string language)
    {
        var fence = new string('`', Math.Max(3, LongestRun(content, '`') + 1));
        return $"{fence}{language}\n{content}\n{fence}";
    }

    /// <summary>One line without control characters, for headings and list items.</summary>
    public static string Inline(string text) =>
        PipelineRules.OneLine(string.Concat(text.Select(c => EndsLine(c) ? ' ' : c)));

    /// <summary>A control character, or another that some reader takes for the end of a line.</summary>
    public static bool EndsLine(char c) => char.IsControl(c) || c is '\u2028' or '\u2029';

    /// <summary>One line that stays within its cell of a table.</summary>
    public static string Cell(string text) => Inline(text).Replace("|", "\\|", StringComparison.Ordinal);

    /// <summary>The first characters of a text, never half a surrogate pair.</summary>
    public static string Head(string text, int charactersMax)
    {
        if (text.Length <= charactersMax)
        {
            return text;
        }

        var end = Math.Max(0, charactersMax);
        return text[..(end > 0 && char.IsHighSurrogate(text[end - 1]) ? end - 1 : end)];
    }

    /// <summary>The first characters whose UTF-8 is not longer than the limit.</summary>
    public static string HeadBytes(string text, int bytesMax)
    {
        if (Encoding.UTF8.GetByteCount(text) <= bytesMax)
        {
            return text;
        }

        var (bytes, end) = (0, 0);
        while (end < text.Length)
        {
            var width = end + 1 < text.Length && char.IsSurrogatePair(text[end], text[end + 1]) ? 2 : 1;
            bytes += Encoding.UTF8.GetByteCount(text.AsSpan(end, width));
            if (bytes > bytesMax)
            {
                break;
            }

            end += width;
        }

        return text[..end];
    }

    /// <summary>
    /// The last characters whose UTF-8 is not longer than the limit: failures are at the end of an output.
    /// </summary>
    public static string TailBytes(string text, int bytesMax)
    {
        var bytes = 0;
        var start = text.Length;
        while (start > 0)
        {
            var width = start > 1 && char.IsSurrogatePair(text[start - 2], text[start - 1]) ? 2 : 1;
            var size = Encoding.UTF8.GetByteCount(text.AsSpan(start - width, width));
            if (bytes + size > bytesMax)
            {
                break;
            }

            bytes += size;
            start -= width;
        }

        return text[start..];
    }

    static int LongestRun(string text, char wanted)
    {
        var (longest, run) = (0, 0);
        foreach (var c in text)
        {
            run = c == wanted ? run + 1 : 0;
            longest = Math.Max(longest, run);
        }

        return longest;
    }
}
