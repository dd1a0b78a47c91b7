using System.Text.Json;

namespace Beadswarm.Agents;

/// <summary>
/// What the lines of <c>gemini --output-format stream-json</c> mean for a reader. It prints what its model says in
/// pieces of a few letters; here they are lines again. Not thread-safe.
/// </summary>
sealed class GeminiView
{
    /// <summary>Inputs that say best what a tool is to do, in this order.</summary>
    static readonly string[] TellingInputs =
        ["file_path", "dir_path", "path", "pattern", "query", "url", "prompt", "description", "name"];

    string _said = "";

    public IEnumerable<TranscriptEntry> Read(JsonElement line) =>
        line.Is("type", "message") && line.Is("role", "assistant")
            ? OfPiece(line.Text("content") ?? "")
            : Rest().Concat(OfEvent(line));

    /// <summary>What its model has begun to say, when nothing more comes.</summary>
    public IReadOnlyList<TranscriptEntry> Rest()
    {
        var said = _said;
        _said = "";
        return said.Length > 0 ? [new TranscriptEntry.Said(said)] : [];
    }

    /// <summary>Whole lines as they come; a model that never ends one must not make us keep all of it.</summary>
    IReadOnlyList<TranscriptEntry> OfPiece(string piece)
    {
        const int LengthMax = 64 * 1024;
        _said += piece;
        var end = _said.Length > LengthMax ? _said.Length : _said.LastIndexOf('\n') + 1;
        var (whole, rest) = (_said[..end], _said[end..]);
        _said = rest;
        return whole.Length > 0 ? [new TranscriptEntry.Said(whole)] : [];
    }

    static IEnumerable<TranscriptEntry> OfEvent(JsonElement line) => line.Text("type") switch
    {
        "init" => [new TranscriptEntry.Noted($"session {line.Text("session_id")}, model {line.Text("model")}")],
        "tool_use" => [OfTool(line.Text("tool_name") ?? "a tool", line.Get("parameters") ?? default)],
        "tool_result" =>
        [
            new TranscriptEntry.Answered(
                !line.Is("status", "success"),
                line.Get("error")?.Text("message") ?? line.Text("output") ?? line.Text("status") ?? ""),
        ],
        "error" => [new TranscriptEntry.Noted($"{line.Text("severity") ?? "error"}: {line.Text("message")}")],
        "result" => OfResult(line),
        _ => [],
    };

    static TranscriptEntry OfTool(string name, JsonElement input) => name switch
    {
        "run_shell_command" => new TranscriptEntry.Ran(input.Text("command") ?? ""),
        "write_file" or "replace" => new TranscriptEntry.Changed(name, [input.Text("file_path") ?? "a file"]),
        _ => new TranscriptEntry.Called(
            name, TellingInputs.Select(key => input.Text(key)).FirstOrDefault(text => text is not null) ?? ""),
    };

    static IEnumerable<TranscriptEntry> OfResult(JsonElement line)
    {
        if (line.Get("stats") is { } stats)
        {
            yield return new TranscriptEntry.Used(
                stats.Tokens("input_tokens"), stats.Tokens("cached"), stats.Tokens("output_tokens"), null);
        }

        yield return new TranscriptEntry.Noted(
            line.Is("status", "success") ? "ended: success"
                : $"ended with an error: {line.Get("error")?.Text("message") ?? line.Text("status") ?? "unknown"}");
    }
}
