using System.Text.Json;
using Beadswarm.Pipelines;
using Beadswarm.Processes;

namespace Beadswarm.Agents;

/// <summary>
/// Understands what Codex prints with <c>exec --json</c>. It tells why it failed in words only, so these are looked at;
/// words that are not known are an ordinary failure.
/// </summary>
/// <param name="continued">The conversation it was to go on with; its totals count over all of it.</param>
sealed class CodexTranscript(Conversation? continued) : IUsageTranscript
{
    const int Interrupt = 2;

    string? _conversation;
    int _turns;
    TokenCount _total = continued?.Tokens ?? default;
    bool _completed;
    string? _failure;
    string? _lastMessage;

    /// <summary>Commands that it ran and patches that it applied. What was refused is not told by it.</summary>
    public int Deeds { get; private set; }

    /// <summary>Takes in one line.</summary>
    public void See(JsonElement line)
    {
        switch (line.Text("type"))
        {
            case "thread.started":
                _conversation = line.Text("thread_id") ?? _conversation;
                break;
            case "turn.started":
                (_completed, _failure) = (false, null);
                break;
            case "item.completed" when line.Get("item") is { } item && item.Is("type", "agent_message"):
                _lastMessage = item.Text("text") ?? _lastMessage;
                break;
            case "item.completed" when line.Get("item") is { } item
                && (item.Is("type", "command_execution") || item.Is("type", "file_change")):
                Deeds++;
                break;
            case "turn.completed":
                _completed = true;
                SeeUsage(line);
                break;
            case "turn.failed":
                _failure = line.Get("error") is { } error ? error.Text("message") ?? "" : "";
                break;
            default:
                // An error line may be about a connection that was made again a moment later: not an end.
                break;
        }
    }

    /// <summary>What all of it means together with how the process ended.</summary>
    public AgentReading Conclude(AgentReport report)
    {
        var (end, verdict) = End(report);
        return new AgentReading(end, Usage, verdict, _lastMessage);
    }

    void SeeUsage(JsonElement line)
    {
        _turns++;
        if (line.Get("usage") is { } usage)
        {
            var (cached, written) = (usage.Tokens("cached_input_tokens"), usage.Tokens("cache_write_input_tokens"));
            _total = new TokenCount(
                Math.Max(0, usage.Tokens("input_tokens") - cached - written), usage.Tokens("output_tokens"), cached,
                written);
        }
    }

    public UsageReport Usage => new()
    {
        Calls = _turns,
        Tokens = _total.Since(continued?.Tokens ?? default),
        Conversation = _conversation is { } id ? new Conversation(id, _total, null) : null,
    };

    (AgentEnd End, string? Verdict) End(AgentReport report) => report.Exit switch
    {
        ChildExit.Killed killed => (new AgentEnd.Crashed(killed.Signal, report.OutputTail), null),
        ChildExit.Unknown => (new AgentEnd.Lost(), null),
        ChildExit.Exited { Code: 0 } when _completed => VerdictSchema.Finished(_lastMessage, report.Result),
        ChildExit.Exited exited when _failure is { } why => (Failure(why, exited.Code, report), null),
        ChildExit.Exited exited when _conversation is null => (NotBegun(exited.Code, report.OutputTail), null),

        // It says neither how it ended nor why: somebody interrupted it.
        ChildExit.Exited => (new AgentEnd.Crashed(Interrupt, report.OutputTail), null),
    };

    static AgentEnd NotBegun(int code, string tail) =>
        tail.Contains("no rollout found", StringComparison.OrdinalIgnoreCase)
            ? new AgentEnd.ConversationLost(PipelineRules.OneLine(tail))
            : new AgentEnd.FailedToStart(
                tail.Length > 0 ? PipelineRules.OneLine(tail) : $"it ended with code {code} and said nothing",
                Transient: false);

    static AgentEnd Failure(string why, int code, AgentReport report)
    {
        bool Says(string words) => why.Contains(words, StringComparison.OrdinalIgnoreCase);

        return Says("context window") ? new AgentEnd.ContextExhausted(why)
            : Says("max_output_tokens") ? new AgentEnd.MaxTurns(why)
            : Says("usage limit") ? new AgentEnd.RateLimited(ResetTime.Find(why, report.Now, report.Zone), why)
            : Says("429 Too Many") || Says("rate limit") ?
                new AgentEnd.RateLimited(ResetTime.Find(why, report.Now, report.Zone), why)
            : Says("status 401") || Says("status 403") || Says("quota exceeded") || Says("not logged in")
                || Says("missing environment variable") || Says("does not exist or you do not have access")
                ? new AgentEnd.Unauthorized(why)
            : Says("high demand") || Says("at capacity") || Says("stream disconnected") || Says("status 5")
                ? new AgentEnd.Overloaded(why)
            : new AgentEnd.Failed(code, why);
    }
}
