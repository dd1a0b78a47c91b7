using System.Text.Json.Nodes;

namespace Beadswarm.Agents;

/// <summary>
/// How Claude Code is told to ask (<see cref="AgentHook"/>) before each tool that can change anything: by a hook of a
/// settings file that lies outside of the workspace. It tells itself whether the hook has answered.
/// </summary>
static class ClaudeCodeHooks
{
    /// <summary>Of a session's folder.</summary>
    public const string SettingsFile = "claude-settings.json";

    public const string Event = "PreToolUse";

    /// <summary>Tools that only look, or only talk with the model; everything else is asked about.</summary>
    static readonly string[] Harmless =
    [
        "Read", "Grep", "Glob", "LS", "NotebookRead", "ToolSearch", "StructuredOutput", "TodoWrite", "Task", "Agent",
        "Skill", "TaskOutput", "TaskStop", "ListAgents", "WebFetch", "WebSearch",
    ];

    /// <summary>Arguments that would take our settings away again.</summary>
    static readonly string[] Rivals = ["--settings", "--bare", "--setting-sources", "--safe-mode"];

    /// <summary>The argument among these with which the hooks could not be counted on; null: none.</summary>
    public static string? RivalAmong(IEnumerable<string> arguments) =>
        arguments.FirstOrDefault(argument => Rivals.Any(rival =>
            argument == rival || argument.StartsWith(rival + "=", StringComparison.Ordinal)));

    public static bool IsAskedAbout(string tool) => !Harmless.Contains(tool);

    /// <summary>The settings by which it asks.</summary>
    /// <param name="program">The command line that has the verb.</param>
    public static string Settings(string program, string workspace, AgentFiles files)
    {
        return new JsonObject
        {
            ["disableAllHooks"] = false,
            ["hooks"] = new JsonObject
            {
                [Event] = new JsonArray(new JsonObject
                {
                    ["matcher"] = $"^(?!({string.Join('|', Harmless)})$)",
                    ["hooks"] = new JsonArray(new JsonObject
                    {
                        ["type"] = "command",
                        ["command"] = AgentHook.Command(program, workspace, files, noted: false),
                        ["timeout"] = AgentHook.TimeoutSeconds,
                    }),
                }),
            },
        }.ToJsonString();
    }
}
