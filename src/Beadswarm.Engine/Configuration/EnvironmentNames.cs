using Beadswarm.Pipelines;

namespace Beadswarm.Configuration;

/// <summary>
/// Which variables of the environment mean what, so that a mistyped one is not silently without effect.
/// </summary>
static class EnvironmentNames
{
    public const string Prefix = "BEADSWARM_";

    /// <summary>The agent protocol's variables: set when one of our own agents calls the program.</summary>
    public static readonly IReadOnlyList<string> Protocol =
    [
        "BEADSWARM_AGENT", "BEADSWARM_BEAD", "BEADSWARM_STAGE", "BEADSWARM_ATTEMPT", "BEADSWARM_WORKSPACE",
        "BEADSWARM_PROMPT", "BEADSWARM_BEAD_FILE", "BEADSWARM_CONTEXT", "BEADSWARM_RESULT", "BEADSWARM_TOKEN",
    ];

    static readonly string[] Known = [.. ConfigKeys.All.Select(key => key.Variable).OfType<string>()];

    static readonly string[] Sections = [.. ConfigKeys.Sections.Select(section =>
        $"{Prefix}{section.Name.ToUpperInvariant()}_")];

    /// <summary>
    /// Variables that begin like a section but name no key are errors; others with the prefix may be somebody else's.
    /// </summary>
    public static void Check(IReadOnlyDictionary<string, string> environment, List<ConfigError> errors)
    {
        foreach (var name in environment.Keys.Order(StringComparer.Ordinal))
        {
            if (Sections.Any(section => name.StartsWith(section, StringComparison.Ordinal)) && !Known.Contains(name))
            {
                errors.Add(new(name, "", $"unknown variable; {Suggestion.Hint(name, Known)}"));
            }
        }
    }
}
