namespace Beadswarm.Agents;

/// <summary>Which agent CLI a pool uses, and how.</summary>
sealed record RunnerSpec
{
    public required string Name { get; init; }

    /// <summary>
    /// <c>command</c> (any program), <c>scripted</c>; the others are named after their CLI: <c>claude-code</c>,
    /// <c>codex</c>, <c>gemini</c>, <c>opencode</c>, <c>acp</c>.
    /// </summary>
    public required string Kind { get; init; }

    /// <summary>
    /// Program and arguments, never a shell string. The prompt comes on standard input and in <c>$BEADSWARM_PROMPT</c>.
    /// </summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <summary>Variables added to the allow-listed environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Variables passed on from the orchestrator's own environment, beside the built-in allow-list.</summary>
    public IReadOnlyList<string> PassEnvironment { get; init; } = [];
}
