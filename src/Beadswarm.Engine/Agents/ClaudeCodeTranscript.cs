using System.Text.Json;
using Beadswarm.Pipelines;
using Beadswarm.Processes;

namespace Beadswarm.Agents;

/// <summary>
/// Understands what Claude Code prints with <c>--output-format stream-json</c>. Knows nothing of files and processes.
/// </summary>
/// <param name="continued">The conversation it was to go on with.</param>
sealed class ClaudeCodeTranscript(Conversation? continued) : IUsageTranscript
{
    // Signals as a shell says them: 128 and the signal.
    const int SignalBase = 128;
    const int Interrupt = 2;

    // Binary fractions have a tail that means nothing.
    const int CostDigits = 8;

    // Written by the program itself where no model answered.
    const string NoModel = "<synthetic>";

    // The same call is told once for each block of its answer; a repetition follows its first line closely.
    readonly HashSet<string> _calls = new(StringComparer.Ordinal);

    // Calls of tools that are asked about, by their ids.
    readonly Dictionary<string, string> _tools = new(StringComparer.Ordinal);

    string? _conversation;
    string? _model;
    int _callCount;
    TokenCount _sinceResult;
    long? _contextMax;
    long? _contextWindow;
    TokenCount _told;
    decimal? _cost;
    decimal? _conversationCost;
    Result? _result;
    string? _error;
    string? _lastWords;
    DateTimeOffset? _resetAt;
    string? _used;
    bool _asked;
    bool _passedOver;

    /// <summary>What the last line of its kind says; the program may end more than one turn.</summary>
    sealed record Result(
        bool IsError, string? Subtype, string? Reason, long? Status, string Text, string? Verdict);

    public UsageReport Usage => UsageAt(new AgentEnd.Lost());

    /// <summary>Takes in one line.</summary>
    public void See(JsonElement line)
    {
        _conversation = line.Text("session_id") ?? _conversation;
        switch (line.Text("type"))
        {
            case "assistant":
                SeeAssistant(line);
                break;
            case "user":
                SeeTools(line);
                break;
            case "system" when line.Is("subtype", "hook_response") && line.Is("hook_event", ClaudeCodeHooks.Event):
                SeeHook(line);
                break;
            case "result":
                SeeResult(line);
                break;
            case "rate_limit_event":
                SeeLimit(line);
                break;
            default:
                // Newer versions print more; none of it changes how a run has ended.
                break;
        }
    }

    /// <summary>
    /// A tool that was used although it was not asked about, or although the hook gave no answer; null: none was.
    /// </summary>
    public string? Unasked => _asked && !_passedOver ? null : _used;

    /// <summary>What all of it means together with how the process ended.</summary>
    public AgentReading Conclude(AgentReport report)
    {
        var (end, verdict) = End(report);
        return new AgentReading(end, UsageAt(end), verdict, _lastWords);
    }

    void SeeAssistant(JsonElement line)
    {
        _error = line.Text("error");
        SeeWords(line);
        SeeCalls(line);
        if (line.Get("message") is not { } message || message.Text("id") is not { } id
            || message.Is("model", NoModel) || !_calls.Add(id))
        {
            return;
        }

        _model = message.Text("model") ?? _model;
        _callCount++;
        if (message.Get("usage") is { } usage)
        {
            // The output is not complete yet when this is printed; the result says it.
            var tokens = new TokenCount(
                usage.Tokens("input_tokens"), usage.Tokens("output_tokens"), usage.Tokens("cache_read_input_tokens"),
                usage.Tokens("cache_creation_input_tokens"));
            _sinceResult += tokens;
            _contextMax = Math.Max(_contextMax ?? 0, tokens.Context);
        }
    }

    void SeeCalls(JsonElement line)
    {
        var blocks = line.Get("message") is { } message ? message.Get("content").Items() : [];
        foreach (var call in blocks.Where(block => block.Is("type", "tool_use")))
        {
            if (call.Text("id") is { } id && call.Text("name") is { } tool && ClaudeCodeHooks.IsAskedAbout(tool))
            {
                _tools[id] = tool;
            }
        }
    }

    /// <summary>What the agent itself says, not the ones it sends out, and not the program in its place.</summary>
    void SeeWords(JsonElement line)
    {
        if (line.Get("parent_tool_use_id") is null && line.Get("message") is { } message
            && !message.Is("model", NoModel))
        {
            _lastWords = message.Get("content").Items().Where(block => block.Is("type", "text"))
                .Select(block => block.Text("text")).LastOrDefault() ?? _lastWords;
        }
    }

    /// <summary>Which tools were really used: a call that was refused has a result, too, but as an error.</summary>
    void SeeTools(JsonElement line)
    {
        var results = line.Get("message") is { } message ? message.Get("content").Items() : [];
        foreach (var result in results.Where(block => block.Is("type", "tool_result") && !block.IsTrue("is_error")))
        {
            if (result.Text("tool_use_id") is { } id && _tools.TryGetValue(id, out var tool))
            {
                _used ??= tool;
            }
        }
    }

    void SeeHook(JsonElement line)
    {
        _asked = true;
        _passedOver |= line.NumberOrNull("exit_code") is not (0 or AgentHook.RefusedCode);
    }

    void SeeLimit(JsonElement line)
    {
        if (line.Get("rate_limit_info") is { } info && info.Is("status", "rejected")
            && info.NumberOrNull("resetsAt") is > 0 and < MaxSeconds and var seconds)
        {
            _resetAt = DateTimeOffset.FromUnixTimeSeconds(seconds);
        }
    }

    void SeeResult(JsonElement line)
    {
        var errors = line.Get("errors").Items().Select(LenientJson.TextOf);
        _result = new Result(
            line.IsTrue("is_error"), line.Text("subtype"), line.Text("terminal_reason"),
            line.NumberOrNull("api_error_status"), line.Text("result") ?? string.Join("; ", errors),
            VerdictSchema.TextOf(line.Get("structured_output")));
        _conversationCost = line.Money("total_cost_usd") ?? _conversationCost;
        if (line.Get("model_usage_since_last_result") is { ValueKind: JsonValueKind.Object } since)
        {
            Add(since);
        }
    }

    /// <summary>Sums of all calls since the last result, also of those that no line of their own tells.</summary>
    void Add(JsonElement models)
    {
        foreach (var model in models.EnumerateObject().Select(model => model.Value))
        {
            _told += new TokenCount(
                model.Tokens("inputTokens"), model.Tokens("outputTokens"), model.Tokens("cacheReadInputTokens"),
                model.Tokens("cacheCreationInputTokens"));
            _cost = (_cost ?? 0) + Math.Round(model.Money("costUSD") ?? 0, CostDigits);
            _contextWindow = model.NumberOrNull("contextWindow") ?? _contextWindow;
        }

        _sinceResult = default;
    }

    UsageReport UsageAt(AgentEnd end) => new()
    {
        Model = _model,
        Calls = _callCount,
        Tokens = _told + _sinceResult,
        Uncosted = _cost is null ? default : _sinceResult,
        ContextMax = _contextMax,
        ContextWindow = _contextWindow,

        // An older version tells only the total of the conversation.
        CostUsd = _cost ?? (_conversationCost is { } total ? Math.Max(0, total - (continued?.CostUsd ?? 0)) : null),
        Conversation = _conversation is { } id && end is not AgentEnd.ConversationLost
            ? new Conversation(id, (continued?.Tokens ?? default) + _told + _sinceResult, _conversationCost)
            : null,
    };

    (AgentEnd End, string? Verdict) End(AgentReport report) => report.Exit switch
    {
        ChildExit.Killed killed => (new AgentEnd.Crashed(killed.Signal, report.OutputTail), null),
        ChildExit.Unknown => (new AgentEnd.Lost(), null),
        ChildExit.Exited exited => _result switch
        {
            null => (WithoutResult(exited.Code, report.OutputTail), null),
            { IsError: false } good when exited.Code == 0 => VerdictSchema.Finished(good.Verdict, report.Result),
            { IsError: false } => (new AgentEnd.Failed(exited.Code, report.OutputTail), null),
            var bad => (Failure(bad, exited.Code), null),
        },
    };

    AgentEnd WithoutResult(int code, string tail) => code switch
    {
        // It was interrupted while its model was at work, and says nothing of that.
        0 => new AgentEnd.Crashed(Interrupt, tail),
        > SignalBase and < SignalBase + 64 => new AgentEnd.Crashed(code - SignalBase, tail),
        _ when _conversation is null => new AgentEnd.FailedToStart(Excerpt(tail), Transient: false),
        _ => new AgentEnd.Failed(code, tail),
    };

    AgentEnd Failure(Result result, int code) => result switch
    {
        { Subtype: "error_max_budget_usd" } => new AgentEnd.BudgetExceeded(
            BudgetScope.Execution, result.Text.Length > 0 ? result.Text : "the budget that its program was given"),
        { Subtype: "error_max_turns" } => new AgentEnd.MaxTurns(result.Text),
        { Subtype: "error_max_structured_output_retries" } =>
            new AgentEnd.Finished(null, $"its verdict did not take the form asked for: {result.Text}"),
        { Subtype: "error_during_execution" } when result.Text.Contains(
            "No conversation found", StringComparison.OrdinalIgnoreCase) => new AgentEnd.ConversationLost(result.Text),
        { Subtype: "error_during_execution", Reason: "aborted_tools" or "aborted_streaming" } =>
            new AgentEnd.Crashed(Interrupt, result.Text),
        { Reason: "prompt_too_long" or "blocking_limit" } => new AgentEnd.ContextExhausted(result.Text),
        { Reason: "api_error" } => Refusal(result, code),
        _ => new AgentEnd.Failed(code, result.Text),
    };

    AgentEnd Refusal(Result result, int code) => (_error, result.Status) switch
    {
        ("rate_limit", _) or (_, 429) => new AgentEnd.RateLimited(_resetAt, result.Text),
        ("authentication_failed" or "billing_error" or "model_not_found", _) or (_, 401 or 403) =>
            new AgentEnd.Unauthorized(result.Text),
        ("max_output_tokens", _) => new AgentEnd.MaxTurns(result.Text),
        ("server_error", _) or (_, >= 500) => new AgentEnd.Overloaded(result.Text),
        _ => new AgentEnd.Failed(code, result.Text),
    };

    const long MaxSeconds = 253_402_300_799;

    static string Excerpt(string tail) => string.IsNullOrWhiteSpace(tail)
        ? "it ended before it printed anything"
        : PipelineRules.OneLine(tail);
}
