using System.Globalization;

namespace Beadswarm.Agents;

/// <summary>
/// Runs Codex without a person: <c>codex exec</c>, and <c>codex exec resume</c> to go on. Before it runs a command or
/// applies a patch it asks us.
/// </summary>
/// <param name="hook">The program that answers, by its verb <see cref="AgentHook.Verb"/>.</param>
sealed class CodexRunner(string hook) : IAgentRunner
{
    public const string KindName = "codex";

    public const string Program = "codex";

    /// <summary>Of a session's folder: with which hook it was started.</summary>
    public const string HookFile = "codex-hook.toml";

    public string Kind => KindName;

    public AgentCommand Prepare(AgentLaunch launch, AgentFiles files)
    {
        var runner = launch.Runner;
        var arguments = new List<string> { "exec", "--json", "--skip-git-repo-check" };
        arguments.AddRange(runner.Permission == AgentPermission.Full
            ? ["--dangerously-bypass-approvals-and-sandbox"]
            : ["--sandbox", "workspace-write"]);

        // A hook that nobody has looked at is passed over otherwise. Those of the repository stay off: Codex runs them
        // in folders only that its user has trusted.
        var settings = HookSettings(launch.Workspace, files);
        arguments.AddRange(["--enable", "hooks", "-c", settings, "--dangerously-bypass-hook-trust"]);
        if (runner.Model is { } model)
        {
            arguments.AddRange(["--model", model]);
        }

        if (runner.Effort is { } effort)
        {
            arguments.AddRange(["-c", $"model_reasoning_effort=\"{effort}\""]);
        }

        if (launch.VerdictRequired)
        {
            arguments.AddRange(["--output-schema", Path.Combine(files.Folder, VerdictSchema.FileName)]);
        }

        // Everything else must stand before what is to be resumed; the dash is the prompt: standard input.
        IReadOnlyList<string> last = launch.Continues is { } conversation ? ["resume", conversation.Id, "-"] : ["-"];
        return AgentCommand.Of(runner, Program, arguments, new Dictionary<string, string>(), last) with
        {
            PassEnvironment = Login,
            Files =
            [
                new ContextFile(HookFile, settings),
                .. launch.VerdictRequired
                    ? [new ContextFile(VerdictSchema.FileName, VerdictSchema.Json)] : Array.Empty<ContextFile>(),
            ],
            Helpers = [hook],
        };
    }

    public AgentReading Interpret(AgentReport report)
    {
        var transcript = new CodexTranscript(report.Continued);
        TranscriptReader.Read(report.Files.Stdout, transcript.See);
        var reading = transcript.Conclude(report);

        // It does not say whether a hook was asked, so the hook does.
        return !AgentHook.WasAsked(report.Files, transcript.Deeds)
            && File.Exists(Path.Combine(report.Files.Folder, HookFile))
            ? AgentHook.Unasked(
                reading,
                "it ran a command or changed a file without asking the swarm's hook: see hooks in the settings and the "
                    + "managed requirements of Codex")
            : reading;
    }

    /// <summary>One hook before every tool, as an override of its settings, which are TOML.</summary>
    string HookSettings(string workspace, AgentFiles files)
    {
        var command = AgentHook.Command(hook, workspace, files, noted: true);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"hooks.PreToolUse=[{{matcher=\".*\",hooks=[{{type=\"command\",command={AgentHook.Quote(command)},")
            + string.Create(CultureInfo.InvariantCulture, $"timeout={AgentHook.TimeoutSeconds}}}]}}]");
    }

    static readonly string[] Login = ["OPENAI_API_KEY", "CODEX_API_KEY", "CODEX_HOME", "OPENAI_BASE_URL"];
}
