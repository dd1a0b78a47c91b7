using System.Text;

namespace Beadswarm.Landing;

/// <summary>What an agent is told about a conflict: both sides of the places, not whole files.</summary>
static class ConflictRules
{
    public const int ExcerptCharactersMax = 4000;
    const int ContextLines = 3;
    const string Ours = "<<<<<<< ";
    const string Theirs = ">>>>>>> ";
    const string Between = "=======";

    /// <summary>The conflicting places of a file with conflict markers, with a few lines around them.</summary>
    public static string Excerpt(string text)
    {
        var lines = text.Split('\n');
        var wanted = new bool[lines.Length];
        var inside = false;
        for (var i = 0; i < lines.Length; i++)
        {
            inside |= lines[i].StartsWith(Ours, StringComparison.Ordinal);
            if (inside)
            {
                Array.Fill(
                    wanted, true, Math.Max(0, i - ContextLines),
                    Math.Min(lines.Length, i + ContextLines + 1) - Math.Max(0, i - ContextLines));
            }

            inside &= !lines[i].StartsWith(Theirs, StringComparison.Ordinal);
        }

        var excerpt = new StringBuilder();
        for (var i = 0; i < lines.Length && excerpt.Length < ExcerptCharactersMax; i++)
        {
            if (!wanted[i])
            {
                continue;
            }

            if (i == 0 || !wanted[i - 1])
            {
                excerpt.Append("@@ line ").Append(i + 1).Append(" @@\n");
            }

            excerpt.Append(Label(lines[i])).Append('\n');
        }

        return Cut(excerpt.ToString());
    }

    /// <summary>Both sides of each place that conflicts in a file with conflict markers.</summary>
    public static IReadOnlyList<(string Target, string Bead)> Sections(string text)
    {
        var sections = new List<(string, string)>();
        StringBuilder? into = null;
        var (target, bead) = (new StringBuilder(), new StringBuilder());
        foreach (var line in text.Split('\n'))
        {
            if (line.StartsWith(Ours, StringComparison.Ordinal))
            {
                (target, bead) = (new StringBuilder(), new StringBuilder());
                into = target;
            }
            else if (into is not null && line.StartsWith(Theirs, StringComparison.Ordinal))
            {
                sections.Add((target.ToString(), bead.ToString()));
                into = null;
            }
            else if (into == target && line is Between)
            {
                into = bead;
            }
            else
            {
                into?.Append(line).Append('\n');
            }
        }

        return sections;
    }

    /// <summary>Whether somebody has left both sides of a place as git wrote them.</summary>
    public static bool HasMarkers(string text) => text.Split('\n').Any(line =>
        line.StartsWith(Ours, StringComparison.Ordinal) || line.StartsWith(Theirs, StringComparison.Ordinal));

    public static string Cut(string text) =>
        text.Length <= ExcerptCharactersMax ? text : text[..ExcerptCharactersMax] + "\n[cut]\n";

    // git labels the sides with the ids it was given; words say more.
    static string Label(string line) =>
        line.StartsWith(Ours, StringComparison.Ordinal) ? Ours + "target"
        : line.StartsWith(Theirs, StringComparison.Ordinal) ? Theirs + "this bead"
        : line;
}
