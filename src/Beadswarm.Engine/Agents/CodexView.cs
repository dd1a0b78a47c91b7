using System.Globalization;
using System.Text.Json;

namespace Beadswarm.Agents;

/// <summary>
/// What the lines of <c>codex exec --json</c> mean for a reader. Pure but for what it is told is new.
/// </summary>
static class CodexView
{
    /// <param name="begin">Whether an item of this id was not told before.</param>
    public static IEnumerable<TranscriptEntry> Read(JsonElement line, Func<string, bool> begin) =>
        line.Text("type") switch
        {
            "thread.started" => [new TranscriptEntry.Noted($"session {line.Text("thread_id")}")],
            "item.started" => OfStarted(line.Get("item") ?? default, begin),
            "item.completed" => OfCompleted(line.Get("item") ?? default, begin),
            "turn.completed" when line.Get("usage") is { } usage =>
            [
                new TranscriptEntry.Used(
                    usage.Number("input_tokens"), usage.Number("cached_input_tokens"), usage.Number("output_tokens"),
                    null),
                new TranscriptEntry.Noted("ended: completed"),
            ],
            "turn.failed" =>
                [new TranscriptEntry.Noted($"ended with an error: {line.Get("error")?.Text("message")}")],
            "error" => [new TranscriptEntry.Noted($"error: {line.Text("message")}")],
            _ => [],
        };

    static IEnumerable<TranscriptEntry> OfStarted(JsonElement item, Func<string, bool> begin) =>
        item.Is("type", "command_execution") && begin(item.Text("id") ?? "")
            ? [new TranscriptEntry.Ran(item.Text("command") ?? "")]
            : [];

    static IEnumerable<TranscriptEntry> OfCompleted(JsonElement item, Func<string, bool> begin)
    {
        switch (item.Text("type"))
        {
            case "agent_message":
                yield return new TranscriptEntry.Said(item.Text("text") ?? "");
                break;
            case "reasoning":
                yield return new TranscriptEntry.Thought(item.Text("text") ?? "");
                break;
            case "command_execution":
                foreach (var started in OfStarted(item, begin))
                {
                    yield return started;
                }

                yield return OfCommand(item);
                break;
            case "file_change":
                foreach (var change in item.Get("changes").Items())
                {
                    yield return new TranscriptEntry.Changed(
                        change.Text("kind") ?? "change", [change.Text("path") ?? "a file"]);
                }

                break;
            case "error":
                yield return new TranscriptEntry.Noted($"error: {item.Text("message")}");
                break;
            case { } tool:
                yield return new TranscriptEntry.Called(
                    tool, item.Text("tool") ?? item.Text("query") ?? item.Text("text") ?? "");
                break;
        }
    }

    static TranscriptEntry.Answered OfCommand(JsonElement item)
    {
        var code = item.NumberOrNull("exit_code");
        var output = item.Text("aggregated_output") ?? "";
        return new TranscriptEntry.Answered(
            code is not 0,
            code is 0 ? output : string.Create(CultureInfo.InvariantCulture, $"{output}\nexit code {code}").Trim('\n'));
    }
}
