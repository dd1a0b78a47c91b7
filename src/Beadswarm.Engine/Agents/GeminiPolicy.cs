using System.Text.RegularExpressions;

namespace Beadswarm.Agents;

/// <summary>
/// What Gemini CLI is told to refuse, by the rules of its own policy engine: its hooks can be set up in settings of the
/// user, the repository or root only. A rule sees the call as one line of JSON, and no more than plain patterns are
/// taken, so they know the plain forms of what is forbidden. Writing outside of the workspace is refused by itself.
/// </summary>
static class GeminiPolicy
{
    /// <summary>Of a session's folder.</summary>
    public const string FileName = "gemini-policy.toml";

    /// <summary>What it prints where a rule is not understood; it goes on without the rule then.</summary>
    public const string Misread = $"Policy file error in {FileName}";

    const string Forbidden = "push|stash|worktree|switch|config|update-ref|gc|reset --hard|checkout -[bB]";

    const string Stays = "it stays on its branch: commit, and the swarm lands it";
    const string Kept = "the swarm keeps this folder, and nothing of it lands";

    public static string Text(string workspace)
    {
        const string Shell = "\"run_shell_command\"";
        const string Files = "[\"write_file\", \"replace\"]";
        (string Tools, string Pattern, string Words)[] rules =
        [
            (Shell, $@"\bgit ({Forbidden})\b", Stays),
            (Shell, $@"\bgit -[^ ]* [^ ]* ?({Forbidden})\b", Stays),
            (Shell, @"\bgit commit [^;&|]*--no-verify\b", "mend what the checks find, and commit then"),

            // The workspace itself lies in a folder of such a name.
            (Files, $"\"file_path\":\"{Regex.Escape(workspace)}/\\.(beads|beadswarm|git)/", Kept),
            (Files, "\"file_path\":\"\\.(beads|beadswarm|git)/", Kept),
        ];
        return string.Join('\n', rules.Select(rule =>
            $"""
            [[rule]]
            toolName = {rule.Tools}
            argsPattern = {AgentHook.Quote(rule.Pattern)}
            decision = "deny"
            priority = 999
            denyMessage = "beadswarm: not in this workspace: {rule.Words}"

            """));
    }
}
