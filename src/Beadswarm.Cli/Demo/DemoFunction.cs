using System.Globalization;

namespace Beadswarm.Cli.Demo;

/// <summary>
/// One function of the demo's text library: what a bead asks for, how it is done right, and how it is got wrong.
/// </summary>
/// <param name="Body">POSIX shell; reads standard input and writes standard output.</param>
/// <param name="WrongBody">Plausible, and caught by <paramref name="Cases"/>.</param>
/// <param name="OnEmpty">What no input at all gives.</param>
/// <param name="Uses">Functions it is made of: they have to land first.</param>
sealed record DemoFunction(
    string Name, string Does, string Body, string WrongBody, IReadOnlyList<DemoCase> Cases, string OnEmpty = "",
    params IReadOnlyList<string> Uses);

/// <summary>An input and what it has to become, both with the escapes of printf.</summary>
sealed record DemoCase(string Input, string Expected);

/// <summary>The functions of the demo's text library. The named ones come first; any number can be had.</summary>
static class DemoFunctions
{
    /// <summary>The first functions, each after those it uses.</summary>
    public static IEnumerable<DemoFunction> Take(int count) =>
        Named.Concat(Enumerable.Range(0, int.MaxValue).Select(Made)).Take(count);

    static readonly DemoFunction[] Named =
    [
        new("upper", "capital letters instead of small ones", "tr '[:lower:]' '[:upper:]'", "tr 'a-y' 'A-Y'",
            [new(@"fizz buzz\n", @"FIZZ BUZZ\n"), new(@"MiXed 1\n", @"MIXED 1\n")]),
        new("lower", "small letters instead of capital ones", "tr '[:upper:]' '[:lower:]'", "tr 'A-Y' 'a-y'",
            [new(@"FIZZ Buzz\n", @"fizz buzz\n")]),
        new("trim", "no blanks at either end of a line",
            "sed 's/^[[:space:]]*//; s/[[:space:]]*$//'", "sed 's/^[[:space:]]*//'",
            [new(@"  two words  \n", @"two words\n"), new(@"\tx\n", @"x\n")]),
        new("squeeze", "one blank for several", "tr -s ' '", "tr -d ' '", [new(@"a   b  c\n", @"a b c\n")]),
        new("drop_blank", "no line without a visible character", "awk 'NF'", "sed '/^$/d'",
            [new(@"a\n\n   \nb\n", @"a\nb\n")]),
        new("slugify", "a title as it stands in an address", "lower | trim | squeeze | tr ' ' '-'",
            "lower | tr ' ' '-'", [new(@"  Hello   World \n", @"hello-world\n")], Uses: ["lower", "trim", "squeeze"]),
        new("shout", "capital letters and an exclamation mark", "upper | trim | sed 's/$/!/'", "upper | sed 's/$/!/'",
            [new(@"hey you \n", @"HEY YOU!\n")], Uses: ["upper", "trim"]),
        new("tidy", "trimmed lines, none of them empty", "trim | drop_blank", "trim",
            [new(@" a \n\n b\n", @"a\nb\n")], Uses: ["trim", "drop_blank"]),
        new("number_lines", "each line behind its number", "awk '{ print NR \": \" $0 }'",
            "awk '{ print NR - 1 \": \" $0 }'", [new(@"a\nb\n", @"1: a\n2: b\n")]),
        new("outline", "the tidied lines, numbered", "tidy | number_lines", "number_lines | tidy",
            [new(@" a \n\n b\n", @"1: a\n2: b\n")], Uses: ["tidy", "number_lines"]),
        new("count_lines", "the number of lines", "awk 'END { print NR }'", "awk 'NF { n++ } END { print n + 0 }'",
            [new(@"a\n\nb\n", @"3\n")], @"0\n"),
        new("count_words", "the number of words", "awk '{ n += NF } END { print n + 0 }'", "awk 'END { print NR }'",
            [new(@"one two\nthree\n", @"3\n")], @"0\n"),
        new("summary", "how many lines and words there are",
            "input=$(cat; echo .)\n  input=${input%.}\n"
            + "  echo \"$(printf %s \"$input\" | count_lines) lines, $(printf %s \"$input\" | count_words) words\"",
            "echo \"$(count_lines) lines, $(count_words) words\"",
            [new(@"one two\nthree\n", @"2 lines, 3 words\n")], @"0 lines, 0 words\n",
            Uses: ["count_lines", "count_words"]),
        new("unique", "each line once, at its first place", "awk '!seen[$0]++'", "uniq",
            [new(@"b\na\nb\n", @"b\na\n")]),
        new("word_list", "each word once, in small letters", "tr -s ' ' '\\n' | lower | unique",
            "tr -s ' ' '\\n' | unique", [new(@"The cat the Dog\n", @"the\ncat\ndog\n")], Uses: ["lower", "unique"]),
        new("max_number", "the largest of the numbers",
            "awk 'NR == 1 || $1 > max { max = $1 } END { if (NR) print max }'",
            "sort | tail -n 1", [new(@"-3\n-1\n-2\n", @"-1\n"), new(@"9\n10\n", @"10\n")]),
        new("min_number", "the smallest of the numbers",
            "awk 'NR == 1 || $1 < min { min = $1 } END { if (NR) print min }'",
            "sort | head -n 1", [new(@"3\n1\n2\n", @"1\n"), new(@"9\n10\n", @"9\n")]),
        new("span", "the smallest and the largest number",
            "input=$(cat)\n  [ -z \"$input\" ] || "
            + "echo \"$(echo \"$input\" | min_number) to $(echo \"$input\" | max_number)\"",
            "input=$(cat)\n  echo \"$(echo \"$input\" | max_number) to $(echo \"$input\" | min_number)\"",
            [new(@"2\n9\n4\n", @"2 to 9\n")], Uses: ["min_number", "max_number"]),
        new("sum_numbers", "the sum of the numbers", "awk '{ sum += $1 } END { print sum + 0 }'",
            "awk '{ sum = $1 } END { print sum + 0 }'", [new(@"1\n2\n3.5\n", @"6.5\n")], @"0\n"),
        new("reverse_lines", "the last line first",
            "awk '{ line[NR] = $0 } END { for (i = NR; i > 0; i--) print line[i] }'",
            "sort -r", [new(@"b\na\nc\n", @"c\na\nb\n")]),
        new("join_comma", "all lines in one, with commas",
            "awk '{ printf \"%s%s\", comma, $0; comma = \",\" } END { if (NR) print \"\" }'",
            "awk '{ printf \"%s,\", $0 } END { if (NR) print \"\" }'", [new(@"a\nb\nc\n", @"a,b,c\n")]),
        new("title_case", "each word with a capital letter",
            "awk '{ for (i = 1; i <= NF; i++) $i = toupper(substr($i, 1, 1)) substr($i, 2); print }'",
            "awk '{ print toupper(substr($0, 1, 1)) substr($0, 2) }'", [new(@"the red queen\n", @"The Red Queen\n")]),
        new("split_comma", "a line for each part between commas", "tr ',' '\\n'", "tr -d ','",
            [new(@"a,b\n", @"a\nb\n")]),
        new("first_word", "the first word of each line", "awk '{ print $1 }'", "cut -d ' ' -f 1",
            [new(@"  a b\n", @"a\n")]),
        new("last_word", "the last word of each line", "awk '{ print $NF }'", "awk '{ print $2 }'",
            [new(@"a b c\n", @"c\n")]),
        new("longest_line", "the longest line", "awk 'length > length(best) { best = $0 } END { if (NR) print best }'",
            "tail -n 1", [new(@"aa\nbbbb\nc\n", @"bbbb\n")]),
        new("shortest_line", "the shortest line",
            "awk 'NR == 1 || length < length(best) { best = $0 } END { if (NR) print best }'", "head -n 1",
            [new(@"aa\nb\nccc\n", @"b\n")]),
        new("rot13", "letters moved by thirteen places", "tr 'A-Za-z' 'N-ZA-Mn-za-m'", "tr 'a-z' 'n-za-m'",
            [new(@"Hello\n", @"Uryyb\n")]),
        new("digits_only", "nothing but the digits", "tr -cd '0-9\\n'", "tr -d 'a-z'", [new(@"a1-B2\n", @"12\n")]),
    ];

    /// <summary>Functions with a number in their name, for as long a backlog as is wanted.</summary>
    static DemoFunction Made(int index)
    {
        var n = (index / 4) + 2;
        var number = n.ToString(CultureInfo.InvariantCulture);
        return (index % 4) switch
        {
            0 => new($"indent_{number}", $"{number} blanks before each line", $"sed 's/^/{new string(' ', n)}/'",
                $"sed 's/^/{new string(' ', n - 1)}/'", [new(@"a\n", $@"{new string(' ', n)}a\n")]),
            1 => new($"repeat_{number}", $"each line {number} times",
                $"awk '{{ for (i = 0; i < {number}; i++) print }}'",
                $"awk '{{ for (i = 1; i < {number}; i++) print }}'",
                [new(@"a\n", string.Concat(Enumerable.Repeat(@"a\n", n)))]),
            2 => new($"cut_{number}", $"the first {number} characters of each line", $"cut -c 1-{number}",
                $"cut -c {number}", [new($@"{new string('x', n)}yz\n", $@"{new string('x', n)}\n")]),
            _ => new($"first_{number}", $"the first {number} lines", $"head -n {number}",
                $"tail -n {number}", [new(Lines(n + 2), Lines(n))]),
        };
    }

    static string Lines(int count) => string.Concat(Enumerable.Range(1, count).Select(
        i => string.Create(CultureInfo.InvariantCulture, $@"{i}\n")));
}
