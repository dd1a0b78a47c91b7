using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Beadswarm.Beads;
using Beadswarm.Pipelines;
using Beadswarm.Processes;

namespace Beadswarm.Agents;

/// <summary>What was found where the agent may leave its result.</summary>
abstract record AgentResult
{
    AgentResult() { }

    public sealed record Missing : AgentResult;

    public sealed record Said(AgentVerdict Verdict) : AgentResult;

    /// <summary>It wrote something that cannot be used; the problem says what was expected.</summary>
    public sealed record Broken(string Problem) : AgentResult;
}

/// <summary>
/// Reads <c>$BEADSWARM_RESULT</c>. Strict about the verdict, lenient about the rest: a finding with a line number in
/// quotes is still worth reading, a verdict that has to be guessed is not.
/// </summary>
static class AgentResultFile
{
    const int BytesMax = 1024 * 1024;
    const int FindingsMax = 100;
    const int TitleLengthMax = 300;
    const int TextLengthMax = 8 * 1024;

    public static AgentResult Read(AgentFiles files)
    {
        try
        {
            if (new DirectoryInfo(files.ResultFolder).LinkTarget is not null)
            {
                return new AgentResult.Broken("the folder of the result is a symbolic link");
            }

            return UntrustedFile.ReadHead(files.Result, BytesMax + 1) switch
            {
                null => new AgentResult.Missing(),
                { Length: > BytesMax } => new AgentResult.Broken($"the result is larger than {BytesMax} bytes"),
                var bytes => Parse(bytes),
            };
        }
        catch (IOException unreadable)
        {
            return new AgentResult.Broken(unreadable.Message);
        }
    }

    public static AgentResult Parse(ReadOnlyMemory<byte> json)
    {
        if (json.Span.StartsWith("\uFEFF"u8))
        {
            json = json[3..];
        }

        if (json.Span.Trim(" \t\r\n"u8).IsEmpty)
        {
            return new AgentResult.Broken("the result is empty");
        }

        if (!Utf8.IsValid(json.Span))
        {
            // A summary that was cut in the middle of a character is still worth reading.
            json = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(json.Span));
        }

        try
        {
            using var document = JsonDocument.Parse(JsonRepair.WithoutHalfPairs(json), new JsonDocumentOptions
            {
                AllowTrailingCommas = true,
                CommentHandling = JsonCommentHandling.Skip,
            });
            return Parse(document.RootElement);
        }
        catch (JsonException broken)
        {
            return new AgentResult.Broken(string.Create(
                CultureInfo.InvariantCulture,
                $"the result is not JSON: {Excerpt.Of(broken)} at line {broken.LineNumber + 1}"));
        }
    }

    static AgentResult Parse(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return new AgentResult.Broken($"the result is a JSON {Name(root)}, expected an object with \"verdict\"");
        }

        var verdict = Text(root, "verdict", TitleLengthMax);
        var passed = verdict?.Trim().ToLowerInvariant() switch
        {
            "pass" => true,
            "fail" => false,
            _ => (bool?)null,
        };
        return passed is null
            ? new AgentResult.Broken($"\"verdict\" is {(verdict is null ? "missing" : $"'{Excerpt.Of(verdict)}'")}, "
                + "expected \"pass\" or \"fail\"")
            : new AgentResult.Said(
                new AgentVerdict(passed.Value, Text(root, "summary", TextLengthMax), Findings(root)));
    }

    static Finding[] Findings(JsonElement root) =>
        root.TryGetProperty("findings", out var findings) && findings.ValueKind == JsonValueKind.Array
            ? [.. findings.EnumerateArray().Take(FindingsMax).Select(ToFinding).OfType<Finding>()]
            : [];

    static Finding? ToFinding(JsonElement finding) => finding.ValueKind switch
    {
        JsonValueKind.String => new Finding("major", Cut(finding.GetString() ?? "", TitleLengthMax), null, null, null),
        JsonValueKind.Object => new Finding(
            Text(finding, "severity", TitleLengthMax) ?? "major",
            Text(finding, "title", TitleLengthMax) ?? Text(finding, "message", TitleLengthMax) ?? "(no title)",
            Text(finding, "detail", TextLengthMax),
            Text(finding, "file", TitleLengthMax),
            Line(finding)),
        _ => null,
    };

    static int? Line(JsonElement finding) =>
        Text(finding, "line", TitleLengthMax) is { } text
        && int.TryParse(text, CultureInfo.InvariantCulture, out var line)
        && line > 0
            ? line
            : null;

    static string? Text(JsonElement element, string name, int lengthMax) =>
        element.TryGetProperty(name, out var value)
            ? value.ValueKind switch
            {
                JsonValueKind.String => Cut(value.GetString() ?? "", lengthMax),
                JsonValueKind.Number => Cut(value.GetRawText(), lengthMax),
                _ => null,
            }
            : null;

    static string Cut(string text, int lengthMax) =>
        text.Length <= lengthMax ? text : Markdown.Head(text, lengthMax) + " …";

    static string Name(JsonElement element) => element.ValueKind.ToString().ToLowerInvariant();
}
