using System.Text.Json;

namespace Beadswarm.Agents.Acp;

/// <summary>What the transcript of our client says about the whole run.</summary>
sealed class AcpTranscript : IUsageTranscript
{
    string? _session;
    TokenCount _tokens;
    int _turns;
    long? _used;
    long? _window;

    public string? StopReason { get; private set; }

    /// <summary>Why it ended badly; null where it did not, or said nothing.</summary>
    public string? Error { get; private set; }

    public long ErrorCode { get; private set; }

    public string? ErrorKind { get; private set; }

    public UsageReport Usage => new()
    {
        Calls = _turns,
        Tokens = _tokens,
        ContextMax = _used,
        ContextWindow = _window,
        Conversation = _session is { } id ? new Conversation(id, default, null) : null,
    };

    /// <summary>Takes in one line.</summary>
    public void See(JsonElement line)
    {
        switch (line.Text("acp"))
        {
            case "session":
                _session = line.Text("sessionId");
                break;
            case "update" when line.Get("update") is { } update && update.Is("sessionUpdate", "usage_update"):
                _used = Math.Max(_used ?? 0, update.Number("used"));
                _window = update.NumberOrNull("size") ?? _window;
                break;
            case "end":
                (StopReason, Error) = (line.Text("stopReason"), line.Text("error"));
                (ErrorCode, ErrorKind) = (line.Number("code"), line.Text("kind"));
                SeeUsage(line);
                break;
        }
    }

    void SeeUsage(JsonElement line)
    {
        if (line.Get("usage") is { } usage)
        {
            _turns++;
            _tokens = new TokenCount(
                usage.Tokens("inputTokens"), usage.Tokens("outputTokens"), usage.Tokens("cachedReadTokens"),
                usage.Tokens("cachedWriteTokens"));
        }
    }
}
