using System.Text.Json;

namespace Beadswarm.Agents;

/// <summary>
/// How OpenCode is told to ask (<see cref="AgentHook"/>) before each tool that can change anything: by a plugin that
/// lies outside of the workspace. A call that it throws for is refused with its words.
/// </summary>
static class OpencodePlugin
{
    /// <summary>Of a session's folder.</summary>
    public const string FileName = "opencode-plugin.js";

    /// <summary>Tools that only look, or only talk with the model; everything else is asked about.</summary>
    static readonly string[] Harmless =
    [
        "read", "grep", "glob", "list", "webfetch", "websearch", "codesearch", "task", "todowrite", "todoread", "skill",
        "lsp", "question", "invalid",
    ];

    public static bool IsAskedAbout(string tool) => !Harmless.Contains(tool);

    /// <param name="command">Of the hook, for a shell.</param>
    public static string Source(string command) =>
        $$"""
        import { spawnSync } from "node:child_process"

        const command = {{AgentHook.Quote(command)}}
        const harmless = {{JsonSerializer.Serialize(Harmless)}}

        export const Beadswarm = async ({ directory }) => ({
          "tool.execute.before": async (input, output) => {
            if (harmless.includes(input.tool)) return
            const cwd = output.args?.workdir ?? directory
            const told = JSON.stringify({ cwd, tool_name: input.tool, tool_input: output.args ?? {} })
            const asked = spawnSync("/bin/sh", ["-c", command], { input: told, encoding: "utf8", cwd: directory })
            if (asked.status !== 0) throw new Error(asked.stderr || "beadswarm: the swarm's hook gave no answer")
          },
        })

        """;
}
