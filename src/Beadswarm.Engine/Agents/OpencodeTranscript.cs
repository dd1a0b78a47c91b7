using System.Text.Json;
using Beadswarm.Pipelines;
using Beadswarm.Processes;

namespace Beadswarm.Agents;

/// <summary>
/// Understands what OpenCode prints with <c>run --format json</c>. It has no last line: how the last step ended, and
/// whether an error came after it, is all there is.
/// </summary>
sealed class OpencodeTranscript : IUsageTranscript
{
    const int Interrupt = 2;

    string? _conversation;
    int _calls;
    TokenCount _tokens;
    long? _contextMax;
    decimal _cost;
    string? _lastText;
    string? _reason;
    string? _refused;
    Error? _error;
    bool _overflowed;

    /// <summary>Uses of tools that can change something.</summary>
    public int Deeds { get; private set; }

    /// <summary>It tells of tokens and of what they cost with every step.</summary>
    public UsageReport Usage => new()
    {
        Calls = _calls,
        Tokens = _tokens,
        ContextMax = _contextMax,
        CostUsd = _cost > 0 ? _cost : null,
        Conversation = _conversation is { } id ? new Conversation(id, default, null) : null,
    };

    /// <summary>Takes in one line.</summary>
    public void See(JsonElement line)
    {
        _conversation = line.Text("sessionID") ?? _conversation;
        var part = line.Get("part") ?? default;
        switch (line.Text("type"))
        {
            case "step_start":
                (_error, _reason, _refused) = (null, null, null);
                break;
            case "text" when !part.IsTrue("synthetic"):
                _lastText = part.Text("text") ?? _lastText;
                break;
            case "tool_use" when part.Get("state") is { } state && state.Is("status", "error"):
                SeeRefusal(part.Text("tool"), state);
                break;
            case "tool_use" when part.Get("state") is { } state && state.Is("status", "completed")
                && OpencodePlugin.IsAskedAbout(part.Text("tool") ?? ""):
                Deeds++;
                break;
            case "step_finish":
                _reason = part.Text("reason") ?? "";
                SeeUsage(part);
                break;
            case "error":
                _error = new Error(line.Get("error") ?? default);
                _overflowed |= _error.Value.IsOverflow;
                break;
            default:
                break;
        }
    }

    /// <summary>What all of it means together with how the process ended.</summary>
    public AgentReading Conclude(AgentReport report) => new(End(report), Usage, LastWords: _lastText);

    void SeeRefusal(string? tool, JsonElement state)
    {
        if (state.Text("error")?.Contains("rejected permission", StringComparison.Ordinal) == true)
        {
            _refused = $"{tool}: {state.Get("input")?.Text("command") ?? state.Get("input")?.Text("filePath")}";
        }
    }

    void SeeUsage(JsonElement part)
    {
        _calls++;
        _cost += part.Money("cost") ?? 0;
        if (part.Get("tokens") is { } tokens)
        {
            var cache = tokens.Get("cache") ?? default;
            var used = new TokenCount(
                tokens.Tokens("input"), tokens.Tokens("output") + tokens.Tokens("reasoning"), cache.Tokens("read"),
                cache.Tokens("write"));
            _tokens += used;
            _contextMax = Math.Max(_contextMax ?? 0, used.Context);
        }
    }

    AgentEnd End(AgentReport report) => report.Exit switch
    {
        ChildExit.Killed killed => new AgentEnd.Crashed(killed.Signal, report.OutputTail),
        ChildExit.Unknown => new AgentEnd.Lost(),
        ChildExit.Exited exited when _conversation is null => NotBegun(exited.Code, report.OutputTail),
        ChildExit.Exited exited when _error is { } error => Failure(error, exited.Code, report),
        ChildExit.Exited when _refused is { } what => new AgentEnd.WaitingForPermission(what),
        ChildExit.Exited when _reason == "length" => new AgentEnd.MaxTurns("its answer was cut at its model's limit"),

        // It ends with 1 also when it made room after an overflow, and finished well.
        ChildExit.Exited exited when _reason == "stop" && (exited.Code == 0 || _overflowed) =>
            CommandRunner.Finished(report.Result),
        ChildExit.Exited exited when _reason is null or "tool-calls" && exited.Code == 0 =>
            new AgentEnd.Crashed(Interrupt, report.OutputTail),
        ChildExit.Exited exited => new AgentEnd.Failed(
            exited.Code, $"it stopped for the reason '{PipelineRules.OneLine(_reason ?? "unknown")}'"),
    };

    static AgentEnd NotBegun(int code, string tail)
    {
        var why = PipelineRules.OneLine(Colours.Remove(tail));
        return why.Contains("Session not found", StringComparison.Ordinal)
            ? new AgentEnd.ConversationLost(why)
            : new AgentEnd.FailedToStart(
                why.Length > 0 ? why : $"it ended with code {code} and said nothing", Transient: false);
    }

    static AgentEnd Failure(Error error, int code, AgentReport report)
    {
        var why = error.Message;
        bool Says(string words) => why.Contains(words, StringComparison.OrdinalIgnoreCase);

        return error.IsOverflow ? new AgentEnd.ContextExhausted(why)
            : error.Name == "MessageOutputLengthError" ? new AgentEnd.MaxTurns(why)
            : error.Name == "MessageAbortedError" ? new AgentEnd.Crashed(Interrupt, report.OutputTail)
            : error.Name == "ProviderAuthError" || error.Status is 401 or 402 or 403 || Says("api key")
                || Says("credit balance") || Says("insufficient_quota") ? new AgentEnd.Unauthorized(why)
            : error.Status == 429 || Says("rate limit") || Says("usage limit")
                ? new AgentEnd.RateLimited(ResetTime.Find(why, report.Now, report.Zone), why)
            : error.Status >= 500 || error.Again || Says("overloaded") || Says("unable to connect")
                ? new AgentEnd.Overloaded(why)
            : new AgentEnd.Failed(code, PipelineRules.OneLine(why));
    }

    /// <summary>What it calls an error.</summary>
    readonly record struct Error(string Name, string Message, long Status, bool Again)
    {
        public Error(JsonElement error)
            : this(error.Text("name") ?? "", "", 0, false)
        {
            var data = error.Get("data") ?? default;
            Message = data.Text("message") ?? Name;
            Status = data.Number("statusCode");
            Again = data.IsTrue("isRetryable");
        }

        public bool IsOverflow => Name == "ContextOverflowError";
    }
}
