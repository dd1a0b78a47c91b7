namespace Beadswarm.Agents;

/// <summary>
/// Runs Claude Code without a person. Settings of the repository are not read, because their hooks would run without
/// anybody having trusted them; the user's own are.
/// </summary>
/// <param name="privileged">We run as root, which it refuses unless it is told that somebody else confines it.</param>
sealed class ClaudeCodeRunner(bool privileged) : IAgentRunner
{
    public const string KindName = "claude-code";

    public const string Program = "claude";

    // Ten tries, its own default, hold an agent for minutes; what lasts is for the orchestrator to wait out.
    const string RetriesMax = "3";

    // A stream that stops in the middle would otherwise hang until the idle timeout.
    const string StreamSilenceMaxMs = "180000";

    public string Kind => KindName;

    public AgentCommand Prepare(AgentLaunch launch, AgentFiles files)
    {
        var runner = launch.Runner;
        var arguments = new List<string>
        {
            "-p", "--output-format", "stream-json", "--verbose",
            "--permission-mode", runner.Permission == AgentPermission.Full ? "bypassPermissions" : "acceptEdits",
            "--setting-sources", "user", "--strict-mcp-config",
        };
        AddOption("--model", runner.Model);
        AddOption("--effort", runner.Effort);
        AddOption("--resume", launch.Continues?.Id);
        AddOption("--json-schema", launch.VerdictRequired ? VerdictSchema.Json : null);
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["CLAUDE_CODE_MAX_RETRIES"] = RetriesMax,
            ["CLAUDE_ENABLE_BYTE_WATCHDOG"] = "1",
            ["CLAUDE_BYTE_STREAM_IDLE_TIMEOUT_MS"] = StreamSilenceMaxMs,
            ["DISABLE_AUTOUPDATER"] = "1",
        };
        if (privileged)
        {
            environment["IS_SANDBOX"] = "1";
        }

        return AgentCommand.Of(runner, Program, arguments, environment) with { PassEnvironment = Login };

        void AddOption(string name, string? value)
        {
            if (value is not null)
            {
                arguments.AddRange([name, value]);
            }
        }
    }

    public AgentReading Interpret(AgentReport report)
    {
        var transcript = new ClaudeCodeTranscript(report.Continued);
        TranscriptReader.Read(report.Files.Stdout, transcript.See);
        return transcript.Conclude(report);
    }

    static readonly string[] Login =
    [
        "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL", "CLAUDE_CODE_OAUTH_TOKEN",
        "CLAUDE_CONFIG_DIR",
    ];
}
