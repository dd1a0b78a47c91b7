using System.Globalization;
using System.Text.Json;
using Beadswarm.Cli.Rendering;

namespace Beadswarm.Cli.Demo;

/// <summary>What the demo's agents do at each stage of each bead, as a script of the scripted agent.</summary>
sealed class DemoScript
{
    /// <summary>How long an agent seems to think, so that there is something to watch.</summary>
    const int ThinkMillisecondsMin = 40;
    const int ThinkMillisecondsMax = 300;

    /// <summary>The two that edit the same line think equally long, so that neither sees the other's work.</summary>
    const int SameLineThinkMilliseconds = 150;

    const string Contract = "contract";
    const string Implement = "implement";
    const string Review = "qa-enforcer";
    const string Attack = "red-queen";

    readonly Utf8JsonWriter _json;
    readonly Random _random;

    DemoScript(Utf8JsonWriter json, int seed)
    {
        _json = json;
        _random = new Random(seed);
    }

    public static string Text(DemoBacklog backlog, int seed) => JsonLine.Object(json =>
    {
        json.WriteStartArray("rules");
        var script = new DemoScript(json, seed);
        foreach (var bead in backlog.Beads)
        {
            script.Write(bead);
        }

        json.WriteEndArray();
    }) + "\n";

    void Write(DemoBead bead)
    {
        Rule(bead, Contract, null, () =>
        {
            WriteFile(
                $"contracts/{bead.Id}.md",
                $"# {bead.Title}\n\n`sh test.sh` passes with {DemoFiles.FeaturePath(bead)}.\n");
            Commit($"Say when {bead.Feature} is done");
        });
        WriteImplement(bead);
        if (bead.Fate == DemoFate.QaRejects)
        {
            Objection(bead, Review, "the function does not say what it does", "the first line has to be a comment");
        }

        Rule(bead, Review, null, () => Result("pass", "read the change: it does what the bead asks for"));
        if (bead.Fate == DemoFate.RedQueenRejects)
        {
            Objection(bead, Attack, "nobody has tried it on empty input", "add a check for it");
        }

        Rule(bead, Attack, null, () => Result("pass", "tried to break it and could not"));
    }

    void WriteImplement(DemoBead bead)
    {
        if (bead.Function is not { } function)
        {
            var sentence = DemoBacklog.SameLine.First(doc => doc.Feature == bead.Feature).Sentence;
            Rule(bead, Implement, null, () =>
            {
                Action("merge");
                Action("edit", ("path", "README.md"), ("find", DemoFiles.SharedLine),
                    ("replace", $"{DemoFiles.SharedLine} {sentence}"));
                Finish(bead);
            });
            return;
        }

        switch (bead.Fate)
        {
            case DemoFate.GateFails:
                Function(bead, function, 1, function.WrongBody);
                break;
            case DemoFate.QaRejects:
                Function(bead, function, 1, function.Body, described: false);
                break;
            case DemoFate.RedQueenRejects:
                Function(bead, function, 1, function.Body);
                Rule(bead, Implement, null, () =>
                {
                    foreach (var (path, content) in DemoFiles.EmptyInput(bead, function))
                    {
                        WriteFile(path, content);
                    }

                    Finish(bead);
                });
                break;
            case DemoFate.Impossible:
                Function(bead, function, 1, function.Body);
                Function(bead, function, 2, function.WrongBody);
                Function(bead, function, null, "awk '{ printf \"%.0f\\n\", $1 }'");
                break;
            case DemoFate.Smooth:
            case DemoFate.SameLine:
                break;
        }

        Function(bead, function, null, function.Body);
    }

    void Function(DemoBead bead, DemoFunction function, int? attempt, string body, bool described = true) =>
        Rule(bead, Implement, attempt, () =>
        {
            WriteFile(DemoFiles.LibraryPath(function), DemoFiles.Library(function, body, described));
            Finish(bead);
        });

    void Finish(DemoBead bead)
    {
        WriteFile(DemoFiles.FeaturePath(bead), DemoFiles.Feature(bead));
        Commit(bead.Title);
        Result("pass", "done, with the checks of the bead");
    }

    void Objection(DemoBead bead, string stage, string title, string detail) => Rule(bead, stage, 1, () =>
    {
        _json.WriteStartObject();
        _json.WriteString("do", "result");
        _json.WriteString("verdict", "fail");
        _json.WriteString("summary", title);
        _json.WriteStartArray("findings");
        _json.WriteStartObject();
        _json.WriteString("severity", "major");
        _json.WriteString("title", title);
        _json.WriteString("detail", detail);
        _json.WriteString("file", DemoFiles.LibraryPath(bead.Function!)); // only functions are objected to
        _json.WriteNumber("line", 1);
        _json.WriteEndObject();
        _json.WriteEndArray();
        _json.WriteEndObject();
    });

    void Rule(DemoBead bead, string stage, int? attempt, Action actions)
    {
        _json.WriteStartObject();
        _json.WriteString("bead", bead.Id.Value);
        _json.WriteString("stage", stage);
        if (attempt is { } number)
        {
            _json.WriteNumber("attempt", number);
        }

        _json.WriteStartArray("actions");
        var think = bead.Fate == DemoFate.SameLine
            ? SameLineThinkMilliseconds
            : _random.Next(ThinkMillisecondsMin, ThinkMillisecondsMax);
        Action("print", ("text", string.Create(CultureInfo.InvariantCulture, $"{stage} of {bead.Title}")));
        _json.WriteStartObject();
        _json.WriteString("do", "sleep");
        _json.WriteNumber("ms", think);
        _json.WriteEndObject();
        actions();
        _json.WriteEndArray();
        _json.WriteEndObject();
    }

    void WriteFile(string path, string content) => Action("write", ("path", path), ("content", content));

    void Commit(string message) => Action("commit", ("message", message));

    void Result(string verdict, string summary) => Action("result", ("verdict", verdict), ("summary", summary));

    void Action(string name, params ReadOnlySpan<(string Name, string Value)> details)
    {
        _json.WriteStartObject();
        _json.WriteString("do", name);
        foreach (var (detail, value) in details)
        {
            _json.WriteString(detail, value);
        }

        _json.WriteEndObject();
    }
}
