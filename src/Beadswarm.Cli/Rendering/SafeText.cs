using System.Text;

namespace Beadswarm.Cli.Rendering;

/// <summary>
/// Text of agents and beads as it may be shown on a terminal: titles and logs are data, and data must not move the
/// cursor,
/// change colours or set a window's title.
/// </summary>
static class SafeText
{
    const char Escape = '\u001b';
    const char Csi = '\u009b';
    const char Replacement = '\ufffd';

    /// <summary>
    /// One line: line breaks and tabs become spaces, escape sequences vanish, other controls become a mark.
    /// </summary>
    public static string Line(string text) => IsPlain(text, lines: false) ? text : Clean(text, lines: false);

    /// <summary>Many lines: as for one line, but line breaks and tabs stay.</summary>
    public static string Lines(string text) => IsPlain(text, lines: true) ? text : Clean(text, lines: true);

    /// <summary>One line of at most <paramref name="width"/> columns, cut with an ellipsis.</summary>
    public static string Line(string text, int width)
    {
        var line = Line(text);
        return line.Length <= width ? line
            : width < 1 ? ""
            : string.Concat(line.AsSpan(0, CutAt(line, width - 1)), "…");
    }

    static int CutAt(string line, int length) =>
        length > 0 && char.IsHighSurrogate(line[length - 1]) ? length - 1 : length;

    static bool IsPlain(string text, bool lines)
    {
        foreach (var c in text)
        {
            if (IsUnsafe(c) && !(lines && c is '\n' or '\t'))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Controls, and the characters that turn the direction of what follows.</summary>
    static bool IsUnsafe(char c) =>
        char.IsControl(c) || c is (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');

    static string Clean(string text, bool lines)
    {
        var clean = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c is Escape or Csi)
            {
                i = SkipSequence(text, i) - 1;
            }
            else if (c is '\n' or '\t')
            {
                clean.Append(lines ? c : ' ');
            }
            else if (c == '\r')
            {
                // A line that was overwritten in place reads as several lines; before a line break it means nothing.
                if (i + 1 >= text.Length || text[i + 1] != '\n')
                {
                    clean.Append(lines ? '\n' : ' ');
                }
            }
            else
            {
                clean.Append(IsUnsafe(c) ? Replacement : c);
            }
        }

        return clean.ToString();
    }

    /// <summary>The index behind the escape sequence that begins at <paramref name="start"/>.</summary>
    static int SkipSequence(string text, int start)
    {
        var i = start + 1;
        if (text[start] == Escape)
        {
            if (i >= text.Length)
            {
                return i;
            }

            var kind = text[i++];
            if (kind is ']' or 'P' or '^' or '_' or 'X')
            {
                return SkipString(text, i);
            }

            if (kind is >= ' ' and <= '/')
            {
                while (i < text.Length && text[i] is >= ' ' and <= '/')
                {
                    i++;
                }

                return Math.Min(i + 1, text.Length);
            }

            if (kind != '[')
            {
                return kind is >= '0' and <= '~' ? i : i - 1;
            }
        }

        while (i < text.Length && text[i] is >= ' ' and <= '?')
        {
            i++;
        }

        return i < text.Length && text[i] is >= '@' and <= '~' ? i + 1 : i;
    }

    /// <summary>
    /// Operating system commands and their like end with BEL or ST; an unfinished one ends with its line.
    /// </summary>
    static int SkipString(string text, int i)
    {
        for (; i < text.Length && text[i] != '\n'; i++)
        {
            if (text[i] is '\a' or '\u009c')
            {
                return i + 1;
            }

            if (text[i] == Escape)
            {
                return i + 1 < text.Length && text[i + 1] == '\\' ? i + 2 : i;
            }
        }

        return i;
    }
}
