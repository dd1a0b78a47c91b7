namespace Beadswarm.Agents;

/// <summary>Runs Codex without a person: <c>codex exec</c>, and <c>codex exec resume</c> to go on.</summary>
sealed class CodexRunner : IAgentRunner
{
    public const string KindName = "codex";

    public const string Program = "codex";

    public string Kind => KindName;

    public AgentCommand Prepare(AgentLaunch launch, AgentFiles files)
    {
        var runner = launch.Runner;
        var arguments = new List<string> { "exec", "--json", "--skip-git-repo-check" };
        arguments.AddRange(runner.Permission == AgentPermission.Full
            ? ["--dangerously-bypass-approvals-and-sandbox"]
            : ["--sandbox", "workspace-write"]);
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
            Files = launch.VerdictRequired ? [new ContextFile(VerdictSchema.FileName, VerdictSchema.Json)] : [],
        };
    }

    public AgentReading Interpret(AgentReport report)
    {
        var transcript = new CodexTranscript(report.Continued);
        TranscriptReader.Read(report.Files.Stdout, transcript.See);
        return transcript.Conclude(report);
    }

    static readonly string[] Login = ["OPENAI_API_KEY", "CODEX_API_KEY", "CODEX_HOME", "OPENAI_BASE_URL"];
}
