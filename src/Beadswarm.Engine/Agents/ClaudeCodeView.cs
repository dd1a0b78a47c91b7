using System.Globalization;
using System.Text.Json;

namespace Beadswarm.Agents;

/// <summary>What the lines of <c>claude --output-format stream-json</c> mean for a reader. Pure.</summary>
static class ClaudeCodeView
{
    /// <summary>Inputs that say best what a tool is to do, in this order.</summary>
    static readonly string[] TellingInputs =
        ["file_path", "path", "pattern", "query", "url", "description", "prompt", "command", "skill"];

    public static IEnumerable<TranscriptEntry> Read(JsonElement line) => line.Text("type") switch
    {
        "system" => OfSystem(line),
        "assistant" => OfAssistant(line),
        "user" => OfUser(line),
        "result" => OfResult(line),
        "rate_limit_event" => OfRateLimit(line),
        _ => [],
    };

    static IEnumerable<TranscriptEntry> OfSystem(JsonElement line) => line.Text("subtype") switch
    {
        "init" => [new TranscriptEntry.Noted($"session {line.Text("session_id")}, model {line.Text("model")}")],
        "api_retry" =>
        [
            new TranscriptEntry.Noted(string.Create(
                CultureInfo.InvariantCulture,
                $"retry {line.Number("attempt")} of {line.Number("max_retries")}, "
                    + $"in {line.Number("retry_delay_ms")} ms: {line.Text("error") ?? "no connection"}")),
        ],
        "model_fallback" =>
            [new TranscriptEntry.Noted($"model {line.Text("original_model")} → {line.Text("fallback_model")}")],
        "compact_boundary" => [new TranscriptEntry.Noted("the conversation was compacted")],
        "permission_denied" => [new TranscriptEntry.Noted($"permission denied: {line.Text("tool_name")}")],
        _ => [],
    };

    static IEnumerable<TranscriptEntry> OfAssistant(JsonElement line)
    {
        if (line.Text("error") is { } error)
        {
            yield return new TranscriptEntry.Noted($"error: {error}");
        }

        foreach (var block in (line.Get("message")?.Get("content")).Items())
        {
            switch (block.Text("type"))
            {
                case "text" when block.Text("text") is { Length: > 0 } text:
                    yield return new TranscriptEntry.Said(text);
                    break;
                case "thinking" when block.Text("thinking") is { Length: > 0 } thought:
                    yield return new TranscriptEntry.Thought(thought);
                    break;
                case "tool_use":
                    yield return OfTool(block.Text("name") ?? "a tool", block.Get("input") ?? default);
                    break;
            }
        }
    }

    static TranscriptEntry OfTool(string name, JsonElement input) => name switch
    {
        "Bash" => new TranscriptEntry.Ran(input.Text("command") ?? ""),
        "Edit" or "Write" or "MultiEdit" or "NotebookEdit" =>
            new TranscriptEntry.Changed(name, [input.Text("file_path") ?? input.Text("notebook_path") ?? "a file"]),
        _ => new TranscriptEntry.Called(
            name, TellingInputs.Select(key => input.Text(key)).FirstOrDefault(text => text is not null) ?? ""),
    };

    static IEnumerable<TranscriptEntry> OfUser(JsonElement line)
    {
        foreach (var block in (line.Get("message")?.Get("content")).Items())
        {
            if (block.Is("type", "tool_result"))
            {
                yield return new TranscriptEntry.Answered(block.IsTrue("is_error"), TextOf(block.Get("content")));
            }
            else if (block.Is("type", "text") && block.Text("text") is { Length: > 0 } text)
            {
                yield return new TranscriptEntry.Noted(text);
            }
        }
    }

    static string TextOf(JsonElement? content) => content switch
    {
        { ValueKind: JsonValueKind.Array } => string.Join('\n', content.Items()
            .Select(block => block.Text("text") ?? $"[{block.Text("type") ?? "something"}]")),
        { } other => LenientJson.TextOf(other) ?? other.GetRawText(),
        null => "",
    };

    static IEnumerable<TranscriptEntry> OfResult(JsonElement line)
    {
        if (line.Get("usage") is { } usage)
        {
            var cached = usage.Tokens("cache_read_input_tokens");
            yield return new TranscriptEntry.Used(
                usage.Tokens("input_tokens") + usage.Tokens("cache_creation_input_tokens") + cached, cached,
                usage.Tokens("output_tokens"), line.Money("total_cost_usd"));
        }

        var why = line.Text("terminal_reason") ?? line.Text("subtype") ?? "unknown";
        var errors = line.Get("errors").Items().Select(LenientJson.TextOf).OfType<string>();
        yield return new TranscriptEntry.Noted(
            line.IsTrue("is_error")
                ? string.Join(": ", errors.Prepend($"ended with an error, {why}"))
                : $"ended: {why}");
    }

    static IEnumerable<TranscriptEntry> OfRateLimit(JsonElement line) =>
        line.Get("rate_limit_info")?.Text("status") is { } status && status != "allowed"
            ? [new TranscriptEntry.Noted($"rate limit: {status}")]
            : [];
}
