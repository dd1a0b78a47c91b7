using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Beadswarm.Tests.Support;

/// <summary>
/// Makes input number S: a piece of the corpus, or nothing, changed a few times. Pieces are flipped, replaced, left
/// out, doubled, repeated, nested, cut off, and joined with other pieces and with what usually hurts.
/// </summary>
sealed class FuzzInputs(IReadOnlyList<byte[]> corpus, IReadOnlyList<string> tokens, int bytesMax)
{
    const int ChangesMax = 8;
    const int NestingMax = 1200;
    const int ShownMax = 1500;

    /// <summary>What usually hurts a reader of text.</summary>
    static readonly byte[][] Traps =
    [
        .. new[]
        {
            "", "\0", "\ufeff", "\u2028", "\u202e", "\u001b[2J", "\u001b]0;t\a", "\r", "\r\n", "\n", "\t", "\v", " ",
            "\\ud800", "\\udc00", "\\ud83d\\ude00", "\\u0000", "\\u0069", "\\", "\\\\", "\"", "'", "`", "😀", "é",
            "e\u0301",
            "<<<<<<< HEAD\n", "=======\n", ">>>>>>> other\n", "null", "true", "false", "{}", "[]", "\"\"", "0", "-1",
            "1e999",
            "0.1", "2147483648", "9223372036854775808", "99999999999999999999999999", "0001-01-01T00:00:00Z",
            "9999-12-31T23:59:59.9999999Z", "2026-02-30T25:61:61Z", "../..", "/", "-", "--", "@", "%00", "$(id)", ";",
            "NaN",
            ",", ":", "{", "}", "[", "]", "(", ")", "#", "&a", "*a", "!!x", "|", ">", "?", "*", "+", "~", "^", "=",
        }.Select(Encoding.UTF8.GetBytes),
        [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE2, 0x82], [0x80], [0xFF, 0xFE, 0x7B,
        0x00],
    ];

    static readonly (string Open, string Close)[] Brackets =
        [("[", "]"), ("{\"a\":", "}"), ("(", ")"), ("{", "}"), ("{{#bead}}", "{{/bead}}"), ("\"", "\""), ("a: {", "}")];

    readonly byte[][] _tokens = [.. tokens.Select(Encoding.UTF8.GetBytes), .. Traps];
    readonly int _ownTokens = tokens.Count;

    public byte[] Make(int seed)
    {
        var random = new Random(seed);
        var bytes = random.Next(12) == 0 ? Token(random) : Pick(random, corpus);
        // Half of them are changed once: what is changed often is seldom understood at all.
        for (var changes = 1; changes == 1 || (changes <= ChangesMax && random.Next(2) == 0); changes++)
        {
            bytes = Change(random, bytes);
            bytes = bytes.Length <= bytesMax ? bytes : bytes[..bytesMax];
        }

        return bytes;
    }

    /// <summary>Tokens, brackets and a few letters, each over and over again.</summary>
    public static IEnumerable<byte[]> Repetitions(IEnumerable<string> tokens, int bytesMax) =>
        from token in tokens.Concat(Brackets.Select(bracket => bracket.Open)).Concat(["a", "\n", " ", "\\ud800", "é"])
        let piece = Encoding.UTF8.GetBytes(token)
        select Enumerable.Repeat(piece, bytesMax / piece.Length).SelectMany(one => one).ToArray();

    byte[] Change(Random random, byte[] bytes)
    {
        var (from, to) = Range(random, bytes);
        switch (random.Next(20))
        {
            case 0 when bytes.Length > 0:
                bytes = [.. bytes];
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1 when bytes.Length > 0:
                bytes = [.. bytes];
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                return bytes;
            case 2:
                return [.. bytes[..from], .. bytes[to..]];
            case 3:
                return [.. bytes[..to], .. bytes[from..]];
            case 4:
                return random.Next(2) == 0 ? bytes[..from] : bytes[from..];
            case 5:
                var other = Pick(random, corpus);
                return [.. bytes[..from], .. other[random.Next(other.Length + 1)..]];
            case 6:
                var inner = Pick(random, corpus);
                var (start, end) = Range(random, inner);
                return [.. bytes[..from], .. inner[start..end], .. bytes[to..]];
            case 7:
                return Repeated(random, bytes, from, to);
            case 8:
                return Nested(random, bytes, from, to);
            case 9:
                return Lines(random, bytes);
            case 10 or 11:
                return [.. bytes[..from], .. Token(random), .. bytes[to..]];
            case 12 or 13 or 14 or 15:
                var (first, last) = Word(random, bytes);
                return [.. bytes[..first], .. AnyWord(random), .. bytes[last..]];
            default:
                return [.. bytes[..from], .. Token(random), .. bytes[from..]];
        }
    }

    byte[] Repeated(Random random, byte[] bytes, int from, int to)
    {
        var piece = random.Next(3) == 0 ? Token(random) : bytes[from..Math.Min(to, from + 64)];
        // Seldom long: most of what goes wrong needs few repetitions, and the long ones cost all the time.
        var wanted = random.Next(8) == 0 ? bytesMax : 1 << random.Next(4, 11);
        var times = piece.Length == 0 ? 0 : wanted / piece.Length;
        return [.. bytes[..from], .. Enumerable.Repeat(piece, times).SelectMany(one => one), .. bytes[to..]];
    }

    static byte[] Nested(Random random, byte[] bytes, int from, int to)
    {
        var (open, close) = Brackets[random.Next(Brackets.Length)];
        var depth = random.Next(3) == 0 ? random.Next(NestingMax) : random.Next(1, 5);
        var closed = random.Next(4) == 0 ? 0 : depth;
        return
        [
            .. bytes[..from], .. Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(open, depth))),
            .. bytes[from..to],
            .. Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(close, closed))), .. bytes[to..],
        ];
    }

    /// <summary>Whole lines: doubled, left out, or swapped.</summary>
    static byte[] Lines(Random random, byte[] bytes)
    {
        var lines = Encoding.Latin1.GetString(bytes).Split('\n').ToList();
        var (one, another) = (random.Next(lines.Count), random.Next(lines.Count));
        switch (random.Next(3))
        {
            case 0:
                lines.Insert(another, lines[one]);
                break;
            case 1:
                lines.RemoveAt(one);
                break;
            default:
                (lines[one], lines[another]) = (lines[another], lines[one]);
                break;
        }

        return Encoding.Latin1.GetBytes(string.Join('\n', lines));
    }

    /// <summary>A piece, mostly a short one.</summary>
    static (int From, int To) Range(Random random, byte[] bytes)
    {
        var from = random.Next(bytes.Length + 1);
        var length = random.Next(4) == 0 ? random.Next(bytes.Length + 1) : random.Next(1, 9);
        return (from, Math.Min(bytes.Length, from + length));
    }

    /// <summary>
    /// A word: what stands between the marks that most notations have. Exchanged whole, it often leaves a text that is
    /// understood and means something else.
    /// </summary>
    static (int From, int To) Word(Random random, byte[] bytes)
    {
        var from = random.Next(bytes.Length + 1);
        var to = from;
        for (; from > 0 && IsWord(bytes[from - 1]); from--)
        {
        }

        for (; to < bytes.Length && IsWord(bytes[to]); to++)
        {
        }

        return (from, to);
    }

    static bool IsWord(byte one) => one is >= (byte)'0' and not (byte)':' and not (byte)',' and not (byte)'{'
        and not (byte)'}' and not (byte)'[' and not (byte)']' or (byte)'-' or (byte)'.' or (byte)'+';

    byte[] AnyWord(Random random)
    {
        if (random.Next(3) == 0)
        {
            return Token(random);
        }

        var piece = Pick(random, corpus);
        var (from, to) = Word(random, piece);
        return piece[from..to];
    }

    byte[] Token(Random random) =>
        _ownTokens > 0 && random.Next(2) == 0 ? _tokens[random.Next(_ownTokens)] : Pick(random, _tokens);

    static byte[] Pick(Random random, IReadOnlyList<byte[]> from) => from[random.Next(from.Count)];

    /// <summary>A whole number in a variable of the environment.</summary>
    public static int? Number(string variable) =>
        int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    /// <summary>Pieces of a corpus from their text.</summary>
    public static byte[][] Of(params string[] pieces) => [.. pieces.Select(Encoding.UTF8.GetBytes)];

    /// <summary>The files of the folder Samples beside the test.</summary>
    public static IEnumerable<byte[]> Samples([CallerFilePath] string here = "") =>
        Directory.EnumerateFiles(Path.Combine(Path.GetDirectoryName(here)!, "Samples")) // a file lies in a folder
            .Order(StringComparer.Ordinal).Select(File.ReadAllBytes);

    /// <summary>A few lines of each recorded file, where the recorded data lies beside the project.</summary>
    public static IEnumerable<byte[]> Recorded(string folder, string pattern, int lines) =>
        SharedData.Path(folder) is { } path && Directory.Exists(path)
            ? Directory.EnumerateFiles(path, pattern).Order(StringComparer.Ordinal)
                .SelectMany(file => File.ReadLines(file).Where(line => line.Length < 4096).Take(lines))
                .Select(Encoding.UTF8.GetBytes)
            : [];

    /// <summary>The bytes as a C# string of Latin-1 characters.</summary>
    public static string Show(byte[] bytes)
    {
        var text = new StringBuilder("\"");
        foreach (var one in bytes.Take(ShownMax))
        {
            _ = one switch
            {
                (byte)'"' or (byte)'\\' => text.Append('\\').Append((char)one),
                (byte)'\n' => text.Append("\\n"),
                < 0x20 or > 0x7E => text.Append("\\u00").Append(one.ToString("x2", CultureInfo.InvariantCulture)),
                _ => text.Append((char)one),
            };
        }

        return text.Append(bytes.Length > ShownMax ? "\" and more" : "\"").ToString();
    }
}
