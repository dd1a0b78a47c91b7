using System.Globalization;
using System.Text.Json;

namespace Beadswarm.Agents;

/// <summary>What the lines of <c>opencode run --format json</c> mean for a reader. Pure.</summary>
static class OpencodeView
{
    /// <summary>Inputs that say best what a tool is to do, in this order.</summary>
    static readonly string[] TellingInputs =
        ["filePath", "path", "pattern", "query", "url", "description", "prompt", "name", "tool"];

    /// <param name="begin">Whether a conversation of this id was not told before.</param>
    public static IEnumerable<TranscriptEntry> Read(JsonElement line, Func<string, bool> begin)
    {
        if (line.Text("sessionID") is { } session && begin(session))
        {
            yield return new TranscriptEntry.Noted($"session {session}");
        }

        foreach (var entry in OfEvent(line, line.Get("part") ?? default))
        {
            yield return entry;
        }
    }

    static IEnumerable<TranscriptEntry> OfEvent(JsonElement line, JsonElement part) => line.Text("type") switch
    {
        "text" when part.IsTrue("synthetic") => [new TranscriptEntry.Noted("the conversation was compacted")],
        "text" => [new TranscriptEntry.Said(part.Text("text") ?? "")],
        "reasoning" => [new TranscriptEntry.Thought(part.Text("text") ?? "")],
        "tool_use" => OfTool(part.Text("tool") ?? "a tool", part.Get("state") ?? default),
        "step_finish" => OfStep(part),
        "error" =>
        [
            new TranscriptEntry.Noted(
                $"error: {line.Get("error")?.Get("data")?.Text("message") ?? line.Get("error")?.Text("name")}"),
        ],
        _ => [],
    };

    static IEnumerable<TranscriptEntry> OfTool(string name, JsonElement state)
    {
        var input = state.Get("input") ?? default;
        yield return name switch
        {
            "bash" => new TranscriptEntry.Ran(input.Text("command") ?? ""),
            "write" or "edit" or "patch" or "apply_patch" =>
                new TranscriptEntry.Changed(name, [input.Text("filePath") ?? "a file"]),
            _ => new TranscriptEntry.Called(
                name, TellingInputs.Select(key => input.Text(key)).FirstOrDefault(text => text is not null) ?? ""),
        };

        var code = state.Get("metadata")?.NumberOrNull("exit");
        var answer = state.Text("error") ?? state.Text("output") ?? "";
        yield return new TranscriptEntry.Answered(
            state.Is("status", "error") || code is not (null or 0),
            code is null or 0
                ? answer
                : string.Create(CultureInfo.InvariantCulture, $"{answer.TrimEnd('\n')}\nexit code {code}").Trim('\n'));
    }

    static IEnumerable<TranscriptEntry> OfStep(JsonElement part)
    {
        if (part.Get("tokens") is { } tokens)
        {
            var cached = (tokens.Get("cache") ?? default).Tokens("read");
            yield return new TranscriptEntry.Used(
                tokens.Tokens("input") + cached, cached, tokens.Tokens("output") + tokens.Tokens("reasoning"),
                part.Money("cost") is > 0 and var cost ? cost : null);
        }

        if (part.Text("reason") is { } reason and not "tool-calls")
        {
            yield return new TranscriptEntry.Noted($"ended: {reason}");
        }
    }
}
