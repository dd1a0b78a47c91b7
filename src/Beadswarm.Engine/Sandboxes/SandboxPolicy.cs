namespace Beadswarm.Sandboxes;

/// <summary>What the agents of one runner may reach from inside their sandbox, beside their own workspace.</summary>
/// <param name="Network">Whether they share the machine's network; without it there is not even its loopback.</param>
/// <param name="HomeWritable">Files and folders of the home folder, relative to it, that they see and change.</param>
/// <param name="HomeReadable">Those that they only see. Nothing else of the home folder is there.</param>
sealed record SandboxPolicy(bool Network, IReadOnlyList<string> HomeWritable, IReadOnlyList<string> HomeReadable);

/// <summary>What the sandbox shows of the home folder unless the configuration says otherwise, as data.</summary>
static class SandboxDefaults
{
    /// <summary>Toolchains in their usual places. Their files with credentials are not among them.</summary>
    public static readonly IReadOnlyList<string> HomeReadable =
    [
        ".asdf", ".bun", ".cargo/bin", ".cargo/git", ".cargo/registry", ".deno", ".dotnet", ".gradle/caches",
        ".gradle/wrapper", ".local/bin", ".local/lib", ".local/pipx", ".local/share/claude", ".local/share/mise",
        ".local/share/pnpm", ".local/share/uv", ".m2/repository", ".npm-global", ".nuget/packages", ".nvm", ".pyenv",
        ".rbenv", ".rustup", ".sdkman/candidates", ".volta", "go",
    ];

    /// <summary>Where the CLI of a kind keeps its account and its sessions.</summary>
    public static IReadOnlyList<string> HomeWritable(string kind) => kind switch
    {
        "claude-code" => [".claude", ".claude.json"],
        "codex" => [".codex"],
        "gemini" => [".gemini"],
        "opencode" => [".cache/opencode", ".config/opencode", ".local/share/opencode", ".local/state/opencode"],
        _ => [],
    };

    /// <summary>
    /// Of the writable ones: what tells a CLI to run programs, or tells its model what to do, when its user starts it
    /// outside of any sandbox. An agent must not be able to change it.
    /// </summary>
    public static readonly IReadOnlyList<string> HomeProtected =
    [
        ".claude/CLAUDE.md", ".claude/agents", ".claude/commands", ".claude/hooks", ".claude/plugins",
        ".claude/settings.json", ".claude/settings.local.json", ".claude/skills", ".claude/statusline.sh",
        ".codex/AGENTS.md", ".codex/config.toml", ".codex/hooks.json", ".codex/prompts", ".codex/rules",
        ".codex/skills", ".config/opencode/AGENTS.md", ".config/opencode/agent", ".config/opencode/agents",
        ".config/opencode/command", ".config/opencode/commands", ".config/opencode/opencode.json",
        ".config/opencode/opencode.jsonc", ".config/opencode/plugin", ".config/opencode/plugins",
        ".config/opencode/skills", ".config/opencode/tools", ".gemini/.env", ".gemini/GEMINI.md", ".gemini/agents",
        ".gemini/commands", ".gemini/extensions", ".gemini/policies", ".gemini/settings.json", ".gemini/skills",
        ".gemini/trustedFolders.json",
    ];
}
