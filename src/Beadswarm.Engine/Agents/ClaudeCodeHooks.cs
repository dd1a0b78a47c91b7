using System.Text.Json;
using System.Text.Json.Nodes;
using Beadswarm.Agents.Deeds;

namespace Beadswarm.Agents;

/// <summary>
/// How Claude Code asks us before each tool that can change anything: by a hook of a settings file that lies outside of
/// the workspace. What cannot be asked is not allowed.
/// </summary>
static class ClaudeCodeHooks
{
    /// <summary>The hidden verb of the command line that answers.</summary>
    public const string Verb = "agent-hook";

    public const string WorkspaceOption = "--workspace";
    public const string AllowOption = "--allow";

    /// <summary>Of a session's folder.</summary>
    public const string SettingsFile = "claude-settings.json";

    public const string Event = "PreToolUse";

    /// <summary>What a hook ends with to refuse a call; the model is told what it wrote as an error.</summary>
    public const int RefusedCode = 2;

    // A hook that takes longer is passed over by Claude Code; see Unasked of its transcript for what comes of it.
    const int TimeoutSeconds = 600;

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
        string[] words =
        [
            program, Verb, WorkspaceOption, workspace, AllowOption, files.Context, AllowOption, files.ResultFolder,
        ];

        // Only this one code is a refusal for it: with any other the tool would be used all the same.
        var command = $"{string.Join(' ', words.Select(Quoted))} || exit {RefusedCode}";
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
                        ["command"] = command,
                        ["timeout"] = TimeoutSeconds,
                    }),
                }),
            },
        }.ToJsonString();
    }

    /// <summary>What the call that a hook is told of would do; null: it tells of none.</summary>
    /// <param name="folder">The one in which its shell is.</param>
    public static Deed? DeedOf(JsonElement told, out string? folder)
    {
        folder = told.Text("cwd");
        if (told.Text("tool_name") is not { } tool)
        {
            return null;
        }

        var input = told.Get("tool_input");
        return tool switch
        {
            "EnterWorktree" or "ExitWorktree" => new Deed.Moves(tool),
            "Write" or "Edit" or "MultiEdit" or "NotebookEdit" =>
                (input?.Text("file_path") ?? input?.Text("notebook_path")) is { } path ? new Deed.Writes(path) : null,
            _ => input?.Text("command") is { } script ? new Deed.Runs(script) : new Deed.Other(tool),
        };
    }

    static string Quoted(string word) => $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
