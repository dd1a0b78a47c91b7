namespace Beadswarm.Pipelines;

/// <summary>
/// Finds the template of a stage: a file of the repository, an override, or one that ships with the program.
/// </summary>
static class PromptLibrary
{
    /// <summary>A file of this folder with the name of a prompt replaces the one that ships with the program.</summary>
    public const string OverrideFolder = ".beadswarm/prompts";

    /// <summary>Longer templates are refused.</summary>
    public const int TemplateCharactersMax = 256 * 1024;

    public static readonly IReadOnlyList<string> Names =
    [
        "contract", "implement", "qa-enforcer", "red-queen", "rust-contract", "functional-rust-generator",
        "test-writer", "implementer", "reviewer", "planner", "landing", "merger",
    ];

    /// <summary>Parts that any template may include with <c>{{&gt; name}}</c>.</summary>
    public static readonly IReadOnlyList<string> PartNames = ["inputs", "rules", "verdict"];

    /// <summary>
    /// What an agent session is told that the swarm does not start and that takes part by verbs. No stage's prompt.
    /// </summary>
    public const string External = "external";

    /// <summary>What the planner of one bead is told, outside of any swarm. No stage's prompt.</summary>
    public const string Proposal = "proposal";

    public static bool IsName(string prompt) => Names.Contains(prompt);

    /// <summary>A Markdown file that cannot lie outside the repository.</summary>
    public static bool IsFile(string prompt) =>
        prompt.EndsWith(".md", StringComparison.Ordinal)
        && prompt[0] is not '/' and not '~'
        && !prompt.Contains('\\') && !prompt.Any(char.IsControl)
        && !prompt.Split('/').Any(part => part is "" or "." or "..");

    /// <summary>The template of a prompt.</summary>
    /// <param name="prompt">A name, or a file relative to the repository.</param>
    /// <param name="readFile">The text of a file of the repository, or null where there is none.</param>
    public static PromptParse Find(string prompt, Func<string, string?> readFile)
    {
        var shipped = IsName(prompt) || prompt is External or Proposal;
        var file = shipped ? $"{OverrideFolder}/{prompt}.md" : prompt;
        if (readFile(file) is { } text)
        {
            return text.Length > TemplateCharactersMax
                ? new PromptParse.Invalid([$"{file}: longer than {TemplateCharactersMax} characters"])
                : PromptTemplate.Parse(file, text);
        }

        return shipped
            ? PromptTemplate.Parse(prompt, Shipped(prompt))
            : new PromptParse.Invalid(
                [$"{prompt}: no such prompt file; {Suggestion.Hint(prompt, Names)}"]);
    }

    /// <summary>The text of a prompt or part that ships with the program.</summary>
    public static string Shipped(string name)
    {
        var resource = PartNames.Contains(name) ? $"parts.{name}" : name;
        using var stream = typeof(PromptLibrary).Assembly
            .GetManifestResourceStream($"Beadswarm.Pipelines.Prompts.{resource}.md")
            ?? throw new InvalidOperationException($"prompt '{name}' is not embedded");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
