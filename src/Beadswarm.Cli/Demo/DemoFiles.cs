using System.Text;
using Beadswarm.Cli.Rendering;

namespace Beadswarm.Cli.Demo;

/// <summary>The files of the demo's repository: those it begins with, and those that the agents write.</summary>
static class DemoFiles
{
    /// <summary>The line of the README that two beads edit.</summary>
    public const string SharedLine = "Small text functions for the shell.";

    public const string Readme = $"""
        # textkit

        {SharedLine}

        Use them with `. lib/NAME.sh`. Each file of `features/` names a function that is there and checked; `sh test.sh`
        checks all of them.

        """;

    /// <summary>The gate: all that the library says it has is checked, and nothing is there unchecked.</summary>
    public const string TestScript = """
        #!/bin/sh
        # Checks every feature that features/ names with the checks of the same name. Usage: sh test.sh
        set -u
        cd "$(dirname "$0")" || exit 2
        export LC_ALL=C
        checks=0
        failed=0

        complain() {
          printf 'FAIL %s\n' "$1"
          failed=$((failed + 1))
        }

        # check FUNCTION INPUT EXPECTED: input and expected output with the escapes of printf.
        check() {
          checks=$((checks + 1))
          actual=$(printf "$2" | "$1" 2>&1; echo .)
          expected=$(printf "$3"; echo .)
          [ "$actual" = "$expected" ] || complain "$1: input '$2': expected '${expected%.}', got '${actual%.}'"
        }

        # check_line FILE NUMBER TEXT: the line contains the text.
        check_line() {
          checks=$((checks + 1))
          sed -n "$2p" "$1" | grep -qF -- "$3" || complain "$1, line $2: '$3' is missing"
        }

        for file in lib/*.sh; do
          [ -e "$file" ] || continue
          . "./$file"
          name=${file#lib/}
          [ -e "features/${name%.sh}" ] || complain "$file is not named in features/"
        done
        for feature in features/*; do
          [ -e "$feature" ] || continue
          name=${feature#features/}
          if [ -f "checks/$name.sh" ]; then
            . "./checks/$name.sh"
          else
            complain "$feature has no checks/$name.sh"
          fi
        done

        echo "$checks checks, $failed failed"
        [ "$failed" -eq 0 ]

        """;

    /// <summary>Path and content of everything that the repository begins with, the tracker's file apart.</summary>
    public static IEnumerable<(string Path, string Content)> Initial(DemoBacklog backlog) =>
    [
        ("README.md", Readme),
        ("test.sh", TestScript),
        .. backlog.Beads.Select(bead => ($"checks/{bead.Feature}.sh", Checks(bead))),
    ];

    public static string LibraryPath(DemoFunction function) => $"lib/{function.Name}.sh";

    /// <summary>A function's file. Without its first line it is just as right, and qa-enforcer objects.</summary>
    public static string Library(DemoFunction function, string body, bool described) =>
        $"{(described ? $"# {function.Name}: {function.Does}\n" : "")}{function.Name}() {{\n  {body}\n}}\n";

    public static string FeaturePath(DemoBead bead) => $"features/{bead.Feature}";

    public static string Feature(DemoBead bead) => $"{bead.Id}: {bead.Title}\n";

    /// <summary>What an attempt after red-queen's objection adds: one more feature, with its check.</summary>
    public static IEnumerable<(string Path, string Content)> EmptyInput(DemoBead bead, DemoFunction function) =>
    [
        ($"checks/{function.Name}_of_nothing.sh", $"check {function.Name} '' '{function.OnEmpty}'\n"),
        ($"features/{function.Name}_of_nothing", $"{bead.Id}: {function.Name} of no input at all\n"),
    ];

    /// <summary>The whole backlog as the tracker keeps it: the epic, then every bead.</summary>
    public static string Backlog(DemoBacklog backlog, DateTimeOffset now)
    {
        var lines = new StringBuilder();
        var first = now - TimeSpan.FromHours(backlog.Beads.Count + 1);
        lines.AppendLine(JsonLine.Object(json =>
        {
            json.WriteString("id", backlog.Epic.Value);
            json.WriteString("title", "A library of text functions");
            json.WriteString("description", "Each function is a file of lib/, named in features/, checked by test.sh.");
            json.WriteString("status", "open");
            json.WriteNumber("priority", 1);
            json.WriteString("issue_type", "epic");
            json.WriteInstant("created_at", first);
            json.WriteInstant("updated_at", first);
        }));
        for (var i = 0; i < backlog.Beads.Count; i++)
        {
            var bead = backlog.Beads[i];
            var at = first + TimeSpan.FromHours(i + 1);
            lines.AppendLine(JsonLine.Object(json =>
            {
                json.WriteString("id", bead.Id.Value);
                json.WriteString("title", bead.Title);
                json.WriteString("description", Description(bead));
                json.WriteString("acceptance_criteria", $"sh test.sh passes with features/{bead.Feature} in place.");
                json.WriteString("status", "open");
                json.WriteNumber("priority", bead.Priority);
                json.WriteString("issue_type", bead.Function is null ? "chore" : "feature");
                json.WriteInstant("created_at", at);
                json.WriteInstant("updated_at", at);
                json.WriteStartArray("labels");
                json.WriteStringValue(bead.Function is null ? "docs" : "lib");
                json.WriteEndArray();
                json.WriteStartArray("dependencies");
                foreach (var (target, type) in bead.BlockedBy.Select(id => (id, "blocks"))
                    .Concat(bead.Parent is { } parent ? [(parent, "parent-child")] : []))
                {
                    json.WriteStartObject();
                    json.WriteString("issue_id", bead.Id.Value);
                    json.WriteString("depends_on_id", target.Value);
                    json.WriteString("type", type);
                    json.WriteInstant("created_at", at);
                    json.WriteString("created_by", "demo");
                    json.WriteEndObject();
                }

                json.WriteEndArray();
            }));
        }

        return lines.ToString().ReplaceLineEndings("\n");
    }

    static string Description(DemoBead bead) =>
        bead.Function is not { } function
            ? "Add one sentence to the third line of README.md, and name it in features/."
            : $"Write {LibraryPath(function)} with a function that reads standard input and writes {function.Does}; "
                + $"say so in a comment on its first line, and name it in {FeaturePath(bead)}."
                + (function.Uses.Count > 0 ? $" Make it of {string.Join(" and ", function.Uses)}." : "");

    static string Checks(DemoBead bead) =>
        bead.Function is { } function
            ? string.Concat(function.Cases.Select(pair => $"check {function.Name} '{pair.Input}' '{pair.Expected}'\n"))
            : $"check_line README.md 3 '{DemoBacklog.SameLine.First(doc => doc.Feature == bead.Feature).Sentence}'\n";
}
