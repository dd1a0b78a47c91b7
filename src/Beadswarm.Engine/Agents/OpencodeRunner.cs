using System.Text.Json.Nodes;

namespace Beadswarm.Agents;

/// <summary>
/// Runs OpenCode without a person: <c>opencode run</c>, with the prompt on standard input. Settings of the repository
/// are not read, because their plugins and servers would run without anybody having trusted them; the user's own are.
/// Before it uses a tool that can change anything it asks us.
/// </summary>
/// <param name="hook">The program that answers, by its verb <see cref="AgentHook.Verb"/>.</param>
sealed class OpencodeRunner(string hook) : IAgentRunner
{
    public const string KindName = "opencode";

    public const string Program = "opencode";

    /// <summary>Read by it, unless the settings of the repository are left out.</summary>
    static readonly string[] Instructions = ["AGENTS.md", "CLAUDE.md"];

    public string Kind => KindName;

    public AgentCommand Prepare(AgentLaunch launch, AgentFiles files)
    {
        var runner = launch.Runner;
        List<string> arguments = ["run", "--format", "json"];
        AddOption("--model", runner.Model);
        AddOption("--variant", runner.Effort);
        AddOption("--session", launch.Continues?.Id);
        var environment = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["OPENCODE_CONFIG_CONTENT"] = Settings(launch.Workspace, files),
            ["OPENCODE_DISABLE_PROJECT_CONFIG"] = "1",
            ["OPENCODE_DISABLE_AUTOUPDATE"] = "1",
            ["OPENCODE_DISABLE_MODELS_FETCH"] = "1",
            ["OPENCODE_DISABLE_LSP_DOWNLOAD"] = "1",
            ["OPENCODE_DISABLE_DEFAULT_PLUGINS"] = "1",
            ["OPENCODE_DISABLE_SHARE"] = "1",

            // Where what it compacted does not fit either, it would compact and call again without end.
            ["OPENCODE_DISABLE_AUTOCOMPACT"] = "1",
        };
        if (runner.Permission == AgentPermission.Full)
        {
            arguments.Add("--auto");
        }
        else
        {
            // To ask would end it: what it may not do is not offered to its model.
            environment["OPENCODE_PERMISSION"] =
                """{"edit":"allow","bash":"deny","webfetch":"deny","websearch":"deny","external_directory":"deny"}""";
        }

        return AgentCommand.Of(runner, Program, arguments, environment) with
        {
            PassEnvironment = Login,
            Files =
            [
                new ContextFile(
                    OpencodePlugin.FileName,
                    OpencodePlugin.Source(AgentHook.Command(hook, launch.Workspace, files, noted: true))),
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
        var transcript = new OpencodeTranscript();
        TranscriptReader.Read(report.Files.Stdout, transcript.See);
        var reading = transcript.Conclude(report);

        // A plugin that cannot be loaded is passed over by it without a word.
        return !AgentHook.WasAsked(report.Files, transcript.Deeds) && File.Exists(PluginOf(report.Files))
            ? AgentHook.Unasked(
                reading,
                "it used a tool without asking the swarm's hook: its plugins are off (--pure, OPENCODE_PURE), or could "
                    + "not be loaded")
            : reading;
    }

    static string PluginOf(AgentFiles files) => Path.Combine(files.Folder, OpencodePlugin.FileName);

    static string Settings(string workspace, AgentFiles files) => new JsonObject
    {
        ["plugin"] = new JsonArray(new Uri(PluginOf(files)).AbsoluteUri),
        ["instructions"] = new JsonArray(
            [.. Instructions.Select(name => JsonValue.Create(Path.Combine(workspace, name)))]),
    }.ToJsonString();

    // Keys of the many vendors it knows are in its own folder, or are named in the configuration.
    static readonly string[] Login =
        ["OPENCODE_API_KEY", "OPENCODE_AUTH_CONTENT", "OPENCODE_CONFIG", "OPENCODE_CONFIG_DIR"];
}
