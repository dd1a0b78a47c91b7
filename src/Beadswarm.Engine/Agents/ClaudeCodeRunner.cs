using Beadswarm.Processes;

namespace Beadswarm.Agents;

/// <summary>
/// Runs Claude Code without a person. Settings of the repository are not read, because their hooks would run without
/// anybody having trusted them; the user's own are. Before it uses a tool that can change anything it asks us.
/// </summary>
/// <param name="hook">The program that answers, by its verb <see cref="AgentHook.Verb"/>.</param>
/// <param name="privileged">We run as root, which it refuses unless it is told that somebody else confines it.</param>
sealed class ClaudeCodeRunner(string hook, bool privileged) : IAgentRunner
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
        if (ClaudeCodeHooks.RivalAmong(runner.Command.Skip(1).Concat(runner.ExtraArguments)) is { } rival)
        {
            throw new ProcessStartException(
                $"runner '{runner.Name}' has the argument {rival}, with which the swarm's hooks could not be counted "
                    + "on: put settings into your own settings.json",
                runner.Name,
                0);
        }

        var arguments = new List<string>
        {
            "-p", "--output-format", "stream-json", "--verbose",
            "--permission-mode", runner.Permission == AgentPermission.Full ? "bypassPermissions" : "acceptEdits",
            "--setting-sources", "user", "--strict-mcp-config",
            "--settings", SettingsOf(files), "--include-hook-events",
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

        return AgentCommand.Of(runner, Program, arguments, environment) with
        {
            PassEnvironment = Login,
            Files =
            [
                new ContextFile(
                    ClaudeCodeHooks.SettingsFile, ClaudeCodeHooks.Settings(hook, launch.Workspace, files)),
            ],
            Helpers = [hook],
        };

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
        var reading = transcript.Conclude(report);

        // Nobody has looked at what it did, so nothing of it is looked at now.
        return transcript.Unasked is { } tool && File.Exists(SettingsOf(report.Files))
            ? AgentHook.Unasked(
                reading,
                $"it used the tool {tool} without asking the swarm's hook: see disableAllHooks and managed settings of "
                    + "Claude Code")
            : reading;
    }

    static string SettingsOf(AgentFiles files) => Path.Combine(files.Folder, ClaudeCodeHooks.SettingsFile);

    static readonly string[] Login =
    [
        "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL", "CLAUDE_CODE_OAUTH_TOKEN",
        "CLAUDE_CONFIG_DIR",
    ];
}
