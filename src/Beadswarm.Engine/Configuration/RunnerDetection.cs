using Beadswarm.Agents;

namespace Beadswarm.Configuration;

/// <summary>An agent CLI the program knows by name.</summary>
sealed record KnownRunner(string Name, string Kind, string Program);

/// <summary>The agent CLIs to look for on PATH, as data.</summary>
static class RunnerDetection
{
    public static readonly IReadOnlyList<KnownRunner> Known =
    [
        new("claude", ClaudeCodeRunner.KindName, ClaudeCodeRunner.Program),
        new("codex", CodexRunner.KindName, CodexRunner.Program),
        new("gemini", GeminiRunner.KindName, GeminiRunner.Program),
        new("opencode", OpencodeRunner.KindName, OpencodeRunner.Program),
    ];

    public static KnownRunner? Find(string name) => Known.FirstOrDefault(runner => runner.Name == name);

    /// <summary>The CLI of a kind; null: the kind has none that is looked for.</summary>
    public static KnownRunner? OfKind(string kind) => Known.FirstOrDefault(runner => runner.Kind == kind);

    /// <summary>Those of the known CLIs that a look-up finds.</summary>
    /// <param name="which">The path of a program on PATH, or null.</param>
    public static IReadOnlyList<FoundRunner> Detect(Func<string, string?> which) =>
    [
        .. Known.Select(runner => (runner, Path: which(runner.Program)))
            .Where(pair => pair.Path is not null)
            .Select(pair => new FoundRunner(pair.runner.Name, pair.runner.Kind, pair.Path!)), // Filtered just above.
    ];
}
