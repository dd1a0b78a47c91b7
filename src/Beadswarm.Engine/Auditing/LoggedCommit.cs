using System.Text.RegularExpressions;
using Beadswarm.Landing;

namespace Beadswarm.Auditing;

/// <summary>A commit as <c>git log --raw -M -z</c> prints it in the format given here.</summary>
sealed partial record LoggedCommit(
    string Id, IReadOnlyList<string> Parents, string Tree, IReadOnlyList<string> Beads,
    IReadOnlyList<TargetChange> Changes)
{
    const char Separator = '\x02';
    const string Absent = "000000";

    public const string Format =
        $"%x01%H%x02%P%x02%T%x02%(trailers:key={LandingMessage.BeadTrailer},valueonly,separator=%x2C)%x02";

    public static IReadOnlyList<LoggedCommit> Read(string text) => [.. Beginning().Split(text).Skip(1).Select(ReadOne)];

    static LoggedCommit ReadOne(string text) =>
        text.Split(Separator, 5) is [var id, var parents, var tree, var beads, var changes]
            ? new LoggedCommit(
                id, Words(parents, ' '), tree, Words(beads, ','), [.. ReadChanges(changes)])
            : throw new FormatException($"'{text}' is not a commit as git log was asked for it");

    static string[] Words(string text, char separator) =>
        text.Split(separator, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    static IEnumerable<TargetChange> ReadChanges(string text)
    {
        var fields = text.Split('\0').Select(field => field.TrimStart('\n')).Where(field => field.Length > 0).ToArray();
        for (var i = 0; i + 1 < fields.Length; i += 2)
        {
            if (fields[i].TrimStart(':').Split(' ') is not [var oldMode, var newMode, var old, var @new, var status])
            {
                throw new FormatException($"'{fields[i]}' is not a line of git log --raw");
            }

            var (before, after) = (oldMode == Absent ? null : old, newMode == Absent ? null : @new);
            if (status[0] is not ('R' or 'C'))
            {
                yield return new TargetChange(fields[i + 1], before, after);
                continue;
            }

            // Renamed or copied: two paths follow.
            if (status[0] == 'R')
            {
                yield return new TargetChange(fields[i + 1], before, null, Moved: true);
            }

            yield return new TargetChange(fields[++i + 1], null, after);
        }
    }

    [GeneratedRegex("\x01(?=[0-9a-f]{40,64}\x02)")]
    private static partial Regex Beginning();
}
