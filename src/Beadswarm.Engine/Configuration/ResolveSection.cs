namespace Beadswarm.Configuration;

/// <summary>Conflicts in these files need no agent.</summary>
/// <param name="Command">Regenerates them; null: the lines of both sides are kept.</param>
sealed record ResolveRule(IReadOnlyList<PathPattern> Paths, string? Command, TimeSpan Timeout)
{
    /// <summary>How it is done, for people.</summary>
    public string By => Command is null ? "union" : $"`{Command}`";

    public bool Covers(string path) => Paths.Any(pattern => pattern.Matches(path));
}

/// <summary>Reads <c>landing.resolve</c>.</summary>
static class ResolveSection
{
    const int RulesMax = 50;
    const string Union = "union";
    const string Command = "command";
    const string Paths = "paths";

    public static IReadOnlyList<ResolveRule> Read(ConfigReader reader, ConfigScope landing, List<ConfigError> errors)
    {
        var items = landing.Items("resolve") ?? [];
        if (items.Count > RulesMax)
        {
            errors.Add(new(items[RulesMax].Mapping!.Origin, landing.PathOf("resolve"), // Items leaves others out
                $"{items.Count} entries, the limit is {RulesMax}"));
        }

        return [.. items.Take(RulesMax).Select(item => ReadRule(reader, item, errors))];
    }

    static ResolveRule ReadRule(ConfigReader reader, ConfigScope item, List<ConfigError> errors)
    {
        var patterns = new List<PathPattern>();
        var words = reader.Words(item, Paths);
        foreach (var word in words)
        {
            if (PathPattern.Problem(word.Text) is { } problem)
            {
                errors.Add(new(word.Origin, item.PathOf(Paths), $"'{word.Text}' {problem}"));
            }
            else
            {
                patterns.Add(new PathPattern(word.Text));
            }
        }

        if (words.Count == 0 && errors.TrueForAll(error => error.Path != item.PathOf(Paths)))
        {
            errors.Add(new(reader.OriginOf(item, Paths), item.PathOf(Paths), "name the files that this resolves"));
        }

        var (union, command) = (reader.Switch(item, Union), reader.TextOrNull(item, Command));
        if (union == command is not null)
        {
            errors.Add(new(reader.OriginOf(item, Command), item.PathOf(Command),
                union ? "both a command and 'union: true'; give one of them"
                    : "say how: 'union: true' keeps the lines of both sides, 'command' regenerates the files"));
        }

        return new ResolveRule(patterns, command, reader.Duration(item, "timeout"));
    }
}
