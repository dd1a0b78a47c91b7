using Beadswarm.Pipelines;
using Beadswarm.Processes;

namespace Beadswarm.Agents.Acp;

/// <summary>
/// Runs any agent of the Agent Client Protocol, with a small client of ours between: the agent wants somebody at its
/// standard input all the time, and an orchestrator may die.
/// </summary>
/// <param name="client">The program that has the client as its verb <see cref="Verb"/>.</param>
sealed class AcpRunner(string client) : IAgentRunner
{
    public const string KindName = "acp";

    /// <summary>The hidden verb of the command line that is the client.</summary>
    public const string Verb = "acp-client";

    public const string SessionOption = "--session";
    public const string ModelOption = "--model";
    public const string EditsOption = "--edits";

    /// <summary>In the last line: the agent's program could not be started.</summary>
    public const string StartKind = "start";

    const int AuthenticationRequired = -32000;
    const int HttpUnauthorized = 401;

    public string Kind => KindName;

    public AgentCommand Prepare(AgentLaunch launch, AgentFiles files)
    {
        var runner = launch.Runner;
        if (runner.Command is not [var program, ..])
        {
            throw new ProcessStartException(
                $"runner '{runner.Name}' has no command; give runners.{runner.Name}.command the agent's program and "
                    + "its arguments",
                runner.Name,
                0);
        }

        return new AgentCommand(
            client,
            [
                Verb,
                .. launch.Continues is { } conversation ? [SessionOption, conversation.Id] : Array.Empty<string>(),
                .. runner.Model is { } model ? [ModelOption, model] : Array.Empty<string>(),
                .. runner.Permission == AgentPermission.Edits ? [EditsOption] : Array.Empty<string>(),
                "--", program, .. runner.Command.Skip(1), .. runner.ExtraArguments,
            ],
            runner.Environment)
        {
            PassEnvironment = Login,
        };
    }

    public AgentReading Interpret(AgentReport report)
    {
        var seen = new AcpTranscript();
        TranscriptReader.Read(report.Files.Stdout, seen.See);
        return new AgentReading(EndOf(seen, report), seen.Usage);
    }

    static AgentEnd EndOf(AcpTranscript seen, AgentReport report) => seen switch
    {
        { Error: { } error } => Failure(error, seen, report),
        { StopReason: "end_turn" } => CommandRunner.FromExit(report),
        { StopReason: "max_turn_requests" or "max_tokens" } => new AgentEnd.MaxTurns(seen.StopReason),
        { StopReason: { } other } => new AgentEnd.Failed(1, $"the agent stopped: {other}"),
        _ => CommandRunner.FromExit(report),
    };

    static AgentEnd Failure(string why, AcpTranscript seen, AgentReport report)
    {
        bool Says(string words) => why.Contains(words, StringComparison.OrdinalIgnoreCase);

        return seen.ErrorKind == "session_lost" ? new AgentEnd.ConversationLost(why)
            : seen.ErrorKind == StartKind ? new AgentEnd.FailedToStart(why, Transient: false)
            : seen.ErrorKind == "timeout" ? new AgentEnd.FailedToStart(why, Transient: true)
            : seen.ErrorCode is AuthenticationRequired or HttpUnauthorized || Says("x-api-key") || Says("401")
                ? new AgentEnd.Unauthorized(why)
            : seen.ErrorKind == "rate_limit" || Says("429") || Says("usage limit")
                ? new AgentEnd.RateLimited(ResetTime.Find(why, report.Now, report.Zone), why)
            : Says("prompt is too long") || Says("context window") ? new AgentEnd.ContextExhausted(why)
            : Says("overloaded") || Says("529") || Says("503") || Says("high demand") ? new AgentEnd.Overloaded(why)
            : report.Exit is ChildExit.Killed killed ? new AgentEnd.Crashed(killed.Signal, report.OutputTail)
            : new AgentEnd.Failed(1, PipelineRules.OneLine(why));
    }

    // What the agents behind it log in with; which of them it is we do not know.
    static readonly string[] Login =
    [
        "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL", "CLAUDE_CODE_OAUTH_TOKEN",
        "CLAUDE_CONFIG_DIR", "OPENAI_API_KEY", "OPENAI_BASE_URL", "CODEX_API_KEY", "CODEX_HOME", "GEMINI_API_KEY",
        "GOOGLE_API_KEY",
    ];
}
