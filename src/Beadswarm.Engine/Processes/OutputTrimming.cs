using System.Text;
using System.Text.RegularExpressions;

namespace Beadswarm.Processes;

/// <summary>
/// Cuts a program's output down to what helps whoever has to repair something: its beginning, its end, and lines in
/// between that look like errors. The result is plain text within a budget of UTF-8 bytes.
/// </summary>
static partial class OutputTrimming
{
    const int LineLengthMax = 1000;
    const double HeadShare = 0.2;
    const double ErrorShare = 0.3;

    public static string Trim(string output, int bytesMax)
    {
        var clean = Clean(output).Trim('\n');
        if (Encoding.UTF8.GetByteCount(clean) <= bytesMax)
        {
            return clean;
        }

        var lines = clean.Split('\n').Select(Shorten).ToArray();
        // Each gap costs a line of its own; the longest possible one is set aside for each that can come.
        var markBytes = Bytes(Gap(lines.Length));
        var kept = new bool[lines.Length];
        var budget = bytesMax;

        // Errors first into their share, then the head into its share, then the tail into all that is left.
        Keep(Enumerable.Range(0, lines.Length).Where(i => LooksLikeError().IsMatch(lines[i])), ErrorShare);
        Keep(Enumerable.Range(0, lines.Length), HeadShare);
        Keep(Enumerable.Range(0, lines.Length).Reverse(), 1.0);
        var trimmed = Join(lines, kept);
        return trimmed.Length > 0 ? trimmed : CutToBytes(lines[^1], bytesMax);

        void Keep(IEnumerable<int> candidates, double share)
        {
            var allowed = (int)(bytesMax * share);
            foreach (var i in candidates)
            {
                var cost = kept[i] ? 0 : Bytes(lines[i]) + markBytes;
                if (cost > budget || cost > allowed)
                {
                    return;
                }

                budget -= cost;
                allowed -= cost;
                kept[i] = true;
            }
        }
    }

    /// <summary>Without terminal control sequences and other controls; every line end is a line feed.</summary>
    public static string Clean(string output)
    {
        var text = ControlSequence().Replace(output, "").ReplaceLineEndings("\n");
        var clean = new StringBuilder(text.Length);
        Span<char> units = stackalloc char[2];
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.Value is '\n' or '\t' || !Rune.IsControl(rune))
            {
                clean.Append(units[..rune.EncodeToUtf16(units)]);
            }
        }

        return clean.ToString();
    }

    static string Shorten(string line) =>
        line.Length <= LineLengthMax
            ? line
            : WithoutHalves(line[..(LineLengthMax / 2)]) + " … " + WithoutHalves(line[^(LineLengthMax / 2)..]);

    // A cut may have gone through a surrogate pair.
    static string WithoutHalves(string text)
    {
        var start = text.Length > 0 && char.IsLowSurrogate(text[0]) ? 1 : 0;
        var end = text.Length > start && char.IsHighSurrogate(text[^1]) ? 1 : 0;
        return text[start..^end];
    }

    static string CutToBytes(string text, int bytesMax)
    {
        var (bytes, length) = (0, 0);
        foreach (var rune in text.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > bytesMax)
            {
                break;
            }

            length += rune.Utf16SequenceLength;
        }

        return text[..length];
    }

    static string Join(string[] lines, bool[] kept)
    {
        var result = new List<string>();
        for (var i = 0; i < lines.Length;)
        {
            if (kept[i])
            {
                result.Add(lines[i++]);
                continue;
            }

            var start = i;
            while (i < lines.Length && !kept[i])
            {
                i++;
            }

            result.Add(Gap(i - start));
        }

        return kept.Contains(true) ? string.Join('\n', result) : "";
    }

    static string Gap(int lines) => $"[… {lines} lines left out …]";

    // With the line break.
    static int Bytes(string line) => Encoding.UTF8.GetByteCount(line) + 1;

    // CSI, OSC and the two-character escapes.
    [GeneratedRegex(@"\x1B(\[[0-?]*[ -/]*[@-~]|\][^\x07\x1B]*(\x07|\x1B\\)?|[@-Z\\-_])|\x9B[0-?]*[ -/]*[@-~]")]
    private static partial Regex ControlSequence();

    [GeneratedRegex(
        @"\b(errors?|failed|failure|fatal|panic(ked)?|exception|assert(ion)?|traceback|undefined|cannot|denied)\b"
            + @"|\bnot ok\b|^\s*(E |FAIL|✗|✘|×)|:\d+:\d+:",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex LooksLikeError();
}
