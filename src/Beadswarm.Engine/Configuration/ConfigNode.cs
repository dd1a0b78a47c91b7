namespace Beadswarm.Configuration;

/// <summary>A place in a file, both counted from 1.</summary>
readonly record struct TextPosition(int Line, int Column)
{
    public override string ToString() => $"{Line}:{Column}";
}

/// <summary>One value of the configuration as written, before it has a meaning.</summary>
abstract record ConfigNode
{
    ConfigNode() { }

    /// <summary>file:line:column, or the flag or variable.</summary>
    public required string Origin { get; init; }

    /// <summary>A single value; <see cref="Quoted"/> tells <c>"true"</c> from <c>true</c>.</summary>
    public sealed record Scalar(string Text, bool Quoted) : ConfigNode
    {
        public bool IsNull => !Quoted && Text is ("" or "~" or "null");
    }

    public sealed record Sequence(IReadOnlyList<ConfigNode> Items) : ConfigNode;

    public sealed record Mapping(IReadOnlyList<ConfigEntry> Entries) : ConfigNode
    {
        public ConfigNode? this[string key] => Entries.FirstOrDefault(entry => entry.Key == key)?.Value;
    }
}

/// <summary>One key of a mapping with its value.</summary>
sealed record ConfigEntry(string Key, string Origin, ConfigNode Value);

/// <summary>Something wrong in the configuration: where it stands, what it is, and what to write instead.</summary>
/// <param name="Origin">file:line:column, or the flag or variable.</param>
/// <param name="Path">The key, for example <c>limits.lease</c>; empty for the file as a whole.</param>
sealed record ConfigError(string Origin, string Path, string Message)
{
    /// <summary>Errors of a file are listed from top to bottom.</summary>
    public TextPosition Position
    {
        get
        {
            var parts = Origin.Split(':');
            return parts.Length > 2 && int.TryParse(parts[^2], out var line) && int.TryParse(parts[^1], out var column)
                ? new(line, column)
                : default;
        }
    }

    public override string ToString() => Path.Length == 0 ? $"{Origin}: {Message}" : $"{Origin}: {Path}: {Message}";
}
