using Beadswarm.Sandboxes;

namespace Beadswarm.Agents;

/// <summary>Which agent CLI a pool uses, and how.</summary>
sealed record RunnerSpec
{
    /// <summary>Of agents that the swarm does not start: nothing is ever run by it.</summary>
    public static readonly RunnerSpec External = new() { Name = "external", Kind = "external" };

    public required string Name { get; init; }

    /// <summary>
    /// <c>command</c> (any program), <c>scripted</c>; the others are named after their CLI: <c>claude-code</c>,
    /// <c>codex</c>, <c>gemini</c>, <c>opencode</c>, <c>acp</c>.
    /// </summary>
    public required string Kind { get; init; }

    /// <summary>
    /// Program and arguments, never a shell string. The prompt comes on standard input and in <c>$BEADSWARM_PROMPT</c>.
    /// Empty where the kind knows its program, which is then looked for on PATH.
    /// </summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>Given after the arguments that the kind needs.</summary>
    public IReadOnlyList<string> ExtraArguments { get; init; } = [];

    /// <summary>As its CLI names it; null: what the CLI is set up for.</summary>
    public string? Model { get; init; }

    /// <summary>How much it thinks, as its CLI names it; null: what the CLI is set up for.</summary>
    public string? Effort { get; init; }

    /// <summary>The runner to use while this one's vendor takes no work; null: wait.</summary>
    public string? Fallback { get; init; }

    public AgentPermission Permission { get; init; } = AgentPermission.Full;

    /// <summary>Variables added to the allow-listed environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Variables passed on from the orchestrator's own environment, beside the built-in allow-list.</summary>
    public IReadOnlyList<string> PassEnvironment { get; init; } = [];

    /// <summary>Null: its agents reach whatever the user reaches.</summary>
    public SandboxPolicy? Sandbox { get; init; }
}

/// <summary>What an agent may do without asking; nobody is there to answer.</summary>
enum AgentPermission
{
    /// <summary>Everything that the isolation around it lets it do.</summary>
    Full,

    /// <summary>Change files of its workspace; what else it asks for is refused.</summary>
    Edits,
}
