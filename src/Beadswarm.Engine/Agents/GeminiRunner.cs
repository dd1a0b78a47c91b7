using System.Text.RegularExpressions;
using Beadswarm.Processes;

namespace Beadswarm.Agents;

/// <summary>
/// Runs Gemini CLI without a person. It is told to trust the workspace, because it starts in no other; with that it
/// reads the settings of the repository, and there is no way to keep it from them.
/// </summary>
sealed partial class GeminiRunner : IAgentRunner
{
    public const string KindName = "gemini";

    public const string Program = "gemini";

    /// <summary>The prompt as it reads it, where that differs from the prompt.</summary>
    public const string InputFile = "gemini-input.md";

    const int ErrorsBytesMax = 256 * 1024;

    public string Kind => KindName;

    public AgentCommand Prepare(AgentLaunch launch, AgentFiles files)
    {
        var runner = launch.Runner;
        List<string> arguments =
        [
            "--output-format", "stream-json",
            "--approval-mode", runner.Permission == AgentPermission.Full ? "yolo" : "auto_edit",

            // As an administrator's, which go before all others, and as the user's: the former are passed over on a
            // machine that has some.
            "--admin-policy", PolicyOf(files), "--policy", PolicyOf(files),
        ];
        AddOption("--model", runner.Model);
        AddOption("--resume", launch.Continues?.Id);
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["GEMINI_CLI_TRUST_WORKSPACE"] = "true",

            // It would start itself once more with other limits of memory: a process more between it and us.
            ["GEMINI_CLI_NO_RELAUNCH"] = "true",
            ["GEMINI_TELEMETRY_ENABLED"] = "false",
            ["NO_BROWSER"] = "true",
        };
        var input = Literal(launch.Prompt);
        return AgentCommand.Of(runner, Program, arguments, environment) with
        {
            PassEnvironment = Login,
            Files = [new ContextFile(GeminiPolicy.FileName, GeminiPolicy.Text(launch.Workspace))],
            Input = input == launch.Prompt ? null : new ContextFile(InputFile, input),
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
        var transcript = new GeminiTranscript();
        TranscriptReader.Read(report.Files.Stdout, transcript.See);
        var reading = transcript.Conclude(report);
        return UntrustedFile.ReadTailText(report.Files.Stderr, ErrorsBytesMax)
            .Contains(GeminiPolicy.Misread, StringComparison.Ordinal)
            ? AgentHook.Unasked(reading, "it did not understand what the swarm has it refuse: " + GeminiPolicy.Misread)
            : reading;
    }

    static string PolicyOf(AgentFiles files) => Path.Combine(files.Folder, GeminiPolicy.FileName);

    /// <summary>
    /// The prompt as text and nothing but text. <c>@path</c> would be replaced by the file, or all files of the folder,
    /// and a slash at the beginning would be a command.
    /// </summary>
    public static string Literal(string prompt)
    {
        const string Remark = "(In this text, \\@ stands for an at sign.)\n\n";
        return Mention().IsMatch(prompt) ? Remark + Mention().Replace(prompt, "\\@")
            : prompt.StartsWith('/') ? "\n" + prompt
            : prompt;
    }

    [GeneratedRegex(@"(?<!\\)@(?=\S)")]
    private static partial Regex Mention();

    static readonly string[] Login =
    [
        "GEMINI_API_KEY", "GEMINI_CLI_HOME", "GOOGLE_API_KEY", "GOOGLE_APPLICATION_CREDENTIALS",
        "GOOGLE_CLOUD_LOCATION", "GOOGLE_CLOUD_PROJECT", "GOOGLE_GEMINI_BASE_URL", "GOOGLE_GENAI_USE_GCA",
        "GOOGLE_GENAI_USE_VERTEXAI",
    ];
}
