using System.Text.Json;

namespace Beadswarm.Agents;

/// <summary>What the lines of our own client of the Agent Client Protocol mean for a reader. Pure.</summary>
static class AcpView
{
    public static IEnumerable<TranscriptEntry> Read(JsonElement line) => line.Text("acp") switch
    {
        "session" => [new TranscriptEntry.Noted($"session {line.Text("sessionId")}, {line.Text("agent")}")],
        "update" => OfUpdate(line.Get("update") ?? default),
        "permission" =>
            [new TranscriptEntry.Noted($"asked for permission, {line.Text("answer")}: {line.Text("title")}")],
        "said" => [new TranscriptEntry.Said(line.Text("text") ?? "")],
        "thought" => [new TranscriptEntry.Thought(line.Text("text") ?? "")],
        "end" => OfEnd(line),
        _ => [],
    };

    static IEnumerable<TranscriptEntry> OfUpdate(JsonElement update)
    {
        switch (update.Text("sessionUpdate"))
        {
            case "tool_call":
                yield return OfCall(update);
                break;
            case "tool_call_update" when update.Text("status") is "completed" or "failed":
                yield return new TranscriptEntry.Answered(update.Is("status", "failed"), OutputOf(update));
                break;
            case "plan":
                yield return new TranscriptEntry.Noted("plan: " + string.Join("; ", update.Get("entries").Items()
                    .Select(entry => $"{entry.Text("content")} ({entry.Text("status")})")));
                break;
        }
    }

    static TranscriptEntry OfCall(JsonElement call)
    {
        var title = call.Text("title") ?? "a tool";
        var files = call.Get("locations").Items().Select(place => place.Text("path")).OfType<string>().ToArray();
        return call.Text("kind") switch
        {
            "execute" => new TranscriptEntry.Ran(call.Get("rawInput")?.Text("command") ?? title),
            "edit" or "delete" or "move" => new TranscriptEntry.Changed(
                call.Text("kind") ?? "edit", files.Length > 0 ? files : [title]),
            var kind => new TranscriptEntry.Called(kind ?? "tool", title),
        };
    }

    static string OutputOf(JsonElement update)
    {
        var blocks = update.Get("content").Items()
            .Select(block => block.Get("content")?.Text("text") ?? block.Text("path")).OfType<string>();
        var text = string.Join('\n', blocks);
        return text.Length > 0 ? text : update.Text("rawOutput") ?? "";
    }

    static IEnumerable<TranscriptEntry> OfEnd(JsonElement line)
    {
        if (line.Get("usage") is { } usage)
        {
            yield return new TranscriptEntry.Used(
                usage.Tokens("inputTokens") + usage.Tokens("cachedReadTokens"), usage.Tokens("cachedReadTokens"),
                usage.Tokens("outputTokens"), null);
        }

        yield return new TranscriptEntry.Noted(line.Text("error") is { } error
            ? $"ended with an error: {error}"
            : $"ended: {line.Text("stopReason")}");
    }
}
