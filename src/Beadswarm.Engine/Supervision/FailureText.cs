using System.Text.RegularExpressions;

namespace Beadswarm.Supervision;

/// <summary>
/// What a journal keeps of a defect: types, messages and our own frames, by method, file and line. Where the program
/// was built is nobody's business.
/// </summary>
static partial class FailureText
{
    public static string Of(Exception error) => string.Join(
        '\n',
        error.ToString().ReplaceLineEndings("\n").Split('\n').Where(line => !IsForeign(line))
            .Select(line => Place().Replace(line, " ($1:$2)")));

    static bool IsForeign(string line) =>
        (Frame().IsMatch(line) && !line.TrimStart().StartsWith("at Beadswarm.", StringComparison.Ordinal))
        || line.StartsWith("--- End of stack trace", StringComparison.Ordinal);

    [GeneratedRegex("^   at ", RegexOptions.CultureInvariant)]
    private static partial Regex Frame();

    [GeneratedRegex(@" in (?:[^:]*[/\\])?([^/\\:]+):line (\d+)$", RegexOptions.CultureInvariant)]
    private static partial Regex Place();
}
