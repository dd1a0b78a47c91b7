using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Beadswarm.Pipelines;
using Beadswarm.Processes;

namespace Beadswarm.Agents;

/// <summary>
/// Understands what Gemini CLI prints with <c>--output-format stream-json</c>. Its exit code is no help: it is 0 after
/// a signal, and what is left of the status of HTTP after an error. So the last line counts, and without one it was
/// interrupted.
/// </summary>
sealed partial class GeminiTranscript : IUsageTranscript
{
    const int Interrupt = 2;

    /// <summary>An exit code has eight bits.</summary>
    const int StatusLost = 256;

    /// <summary>Its own exit codes.</summary>
    const int NotLoggedIn = 41;
    const int InputRefused = 42;
    const int TurnsUsedUp = 53;
    const int Cancelled = 130;

    /// <summary>What it says on standard error whatever happens.</summary>
    static readonly string[] Chatter =
        ["Warning: ", "YOLO mode is enabled", "Approval mode overridden", "Ripgrep is not available", "[STARTUP]"];

    readonly StringBuilder _said = new();
    string? _conversation;
    string? _model;
    int _calls;
    bool _answers;
    TokenCount _tokens;
    string? _stopped;
    string? _error;
    string? _status;

    /// <summary>
    /// It tells of tokens in its last line only: while it works, what is known is that it calls its model.
    /// </summary>
    public UsageReport Usage => new()
    {
        Model = _model,
        Calls = _calls,
        Tokens = _tokens,
        Conversation = _conversation is { } id ? new Conversation(id, default, null) : null,
    };

    /// <summary>Takes in one line.</summary>
    public void See(JsonElement line)
    {
        switch (line.Text("type"))
        {
            case "init":
                _conversation = line.Text("session_id") ?? _conversation;
                _model = line.Text("model") ?? _model;
                break;
            case "message" when line.Is("role", "assistant"):
                SeeAnswer();
                _said.Append(line.Text("content"));
                break;
            case "tool_use":
                SeeAnswer();
                break;
            case "message" or "tool_result":
                _answers = false;
                break;
            case "error" when line.Text("message") is { } why:
                _stopped = line.Is("severity", "warning") && why.StartsWith("Loop detected", StringComparison.Ordinal)
                    ? why
                    : _stopped;
                _error = line.Is("severity", "error") ? why : _error;
                break;
            case "result":
                _status = line.Text("status") ?? "";
                _error = line.Get("error")?.Text("message") ?? _error;
                SeeUsage(line.Get("stats") ?? default);
                break;
            default:
                break;
        }
    }

    /// <summary>What all of it means together with how the process ended.</summary>
    public AgentReading Conclude(AgentReport report) =>
        new(End(report), Usage, LastWords: _said.Length > 0 ? _said.ToString() : null);

    /// <summary>Its model answers: what comes before the next result of a tool is one call.</summary>
    void SeeAnswer()
    {
        if (!_answers)
        {
            _calls++;
            _said.Clear();
        }

        _answers = true;
    }

    void SeeUsage(JsonElement stats)
    {
        var (input, cached) = (stats.Tokens("input_tokens"), stats.Tokens("cached"));

        // What it thought is in the total only.
        var output = Math.Max(stats.Tokens("output_tokens"), stats.Tokens("total_tokens") - input);
        _tokens = new TokenCount(Math.Max(0, input - cached), output, Math.Min(input, cached), 0);
        if (stats.Get("models") is { ValueKind: JsonValueKind.Object } models)
        {
            // Small ones only choose the one that works.
            _model = models.EnumerateObject().OrderBy(model => model.Value.Tokens("total_tokens"))
                .Select(model => model.Name).LastOrDefault() ?? _model;
        }
    }

    AgentEnd End(AgentReport report) => report.Exit switch
    {
        ChildExit.Killed killed => new AgentEnd.Crashed(killed.Signal, report.OutputTail),
        ChildExit.Unknown => new AgentEnd.Lost(),
        ChildExit.Exited exited when _conversation is null => NotBegun(exited.Code, report.OutputTail),
        ChildExit.Exited { Code: 0 or Cancelled } when _status is null =>
            new AgentEnd.Crashed(Interrupt, report.OutputTail),
        ChildExit.Exited { Code: 0 } when _status == "success" && _stopped is { } why => new AgentEnd.MaxTurns(why),
        ChildExit.Exited { Code: 0 } when _status == "success" => CommandRunner.Finished(report.Result),
        ChildExit.Exited exited => Failure(_error ?? Telling(report.OutputTail), exited.Code, report),
    };

    static AgentEnd NotBegun(int code, string tail) =>
        code == NotLoggedIn ? new AgentEnd.Unauthorized(Telling(tail))
        : code == InputRefused && tail.Contains("Error resuming session", StringComparison.Ordinal)
            ? new AgentEnd.ConversationLost(Telling(tail))
        : new AgentEnd.FailedToStart(
            Telling(tail) is { Length: > 0 } why ? why : $"it ended with code {code} and said nothing",
            Transient: false);

    static AgentEnd Failure(string why, int code, AgentReport report)
    {
        var status = StatusOf(why, code);
        bool Says(string words) => why.Contains(words, StringComparison.OrdinalIgnoreCase);

        return code == Cancelled ? new AgentEnd.Crashed(Interrupt, report.OutputTail)
            : code == TurnsUsedUp || Says("exceeded the token limit") || Says("session turns") ?
                new AgentEnd.MaxTurns(why)
            : Says("maximum number of tokens") ? new AgentEnd.ContextExhausted(why)
            : status == 429 || Says("quota") || Says("rate limit") || Says("RESOURCE_EXHAUSTED") ?
                new AgentEnd.RateLimited(ResetTime.Find(why, report.Now, report.Zone), why)
            : status is 401 or 403 || code == NotLoggedIn || Says("API key not valid")
                || report.OutputTail.Contains("ModelNotFoundError", StringComparison.Ordinal)
                ? new AgentEnd.Unauthorized(why)
            : status >= 500 || Says("terminated") || Says("fetch failed") || Says("ECONN") || Says("empty response")
                ? new AgentEnd.Overloaded(why)
            : new AgentEnd.Failed(code, PipelineRules.OneLine(why));
    }

    /// <summary>The status of HTTP that it failed with; 0 where it is none.</summary>
    static int StatusOf(string why, int code) =>
        Status().Match(why) is { Success: true } said
            ? int.Parse(said.Groups["status"].ValueSpan, CultureInfo.InvariantCulture)
            : code >= 400 - StatusLost ? code + StatusLost
            : 0;

    /// <summary>What it printed without what it always prints.</summary>
    static string Telling(string tail) => PipelineRules.OneLine(string.Join(
        '\n',
        Colours.Remove(tail).Split('\n')
            .Where(line => !Chatter.Any(start => line.StartsWith(start, StringComparison.Ordinal)))));

    [GeneratedRegex("\"code\": ?(?<status>[1-5][0-9]{2})\\b")]
    private static partial Regex Status();
}
