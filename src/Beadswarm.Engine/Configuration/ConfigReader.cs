using System.Globalization;
using Beadswarm.Pipelines;

namespace Beadswarm.Configuration;

/// <summary>A section while it is read: what the file has there, and how its keys are called.</summary>
sealed record ConfigScope(ConfigNode.Mapping? Mapping, string Path, string Pattern)
{
    public string PathOf(string name) => Path.Length == 0 ? name : $"{Path}.{name}";

    public string PatternOf(string name) => Pattern.Length == 0 ? name : $"{Pattern}.{name}";

    public ConfigScope Section(string name) =>
        new(Mapping?[name] as ConfigNode.Mapping, PathOf(name), PatternOf(name));

    // What is not a section at all has been reported by ConfigShape and is left out here.

    /// <summary>The items of a list of sections; null when the file does not give the list.</summary>
    public IReadOnlyList<ConfigScope>? Items(string name) =>
        Mapping?[name] is ConfigNode.Sequence list
            ? [.. list.Items.Select((item, i) =>
                new ConfigScope(item as ConfigNode.Mapping, $"{PathOf(name)}[{i}]", PatternOf(name) + "[]"))
                .Where(scope => scope.Mapping is not null)]
            : null;

    /// <summary>The named sections; null when the file does not give them.</summary>
    public IReadOnlyList<(string Name, ConfigScope Scope)>? Named(string name) =>
        Mapping?[name] is ConfigNode.Mapping mapping
            ? [.. mapping.Entries
                .Where(entry => entry.Value is ConfigNode.Mapping or ConfigNode.Scalar { IsNull: true })
                .Where(entry => ConfigParsing.Matches(ConfigKeys.Name, entry.Key))
                .Select(entry => (entry.Key, new ConfigScope(
                entry.Value as ConfigNode.Mapping, $"{PathOf(name)}.{entry.Key}", PatternOf(name) + ".*")))]
            : null;
}

/// <summary>Looks a key up in the layers, strongest first, and keeps where each value came from.</summary>
sealed class ConfigReader(ConfigSources sources, List<ConfigError> errors)
{
    readonly List<ConfigValue> _values = [];

    /// <summary>In the order of the sections, whatever the order of reading.</summary>
    public IReadOnlyList<ConfigValue> Values => [.. _values.OrderBy(value => SectionOf(value.Path))];

    public string Text(ConfigScope scope, string name, string fallback = "") => Read(scope, name, fallback) ?? fallback;

    public string? TextOrNull(ConfigScope scope, string name, string? fallback = null) => Read(scope, name, fallback);

    public int Whole(ConfigScope scope, string name, int fallback = 0) => (int)Long(scope, name, fallback);

    public long Long(ConfigScope scope, string name, long fallback = 0) =>
        Read<object>(scope, name, fallback) is long number ? number : fallback;

    public int? WholeOrNull(ConfigScope scope, string name) =>
        Read<object>(scope, name, null) is long number ? (int)number : null;

    public long? LongOrNull(ConfigScope scope, string name) => Read<object>(scope, name, null) as long?;

    public double Number(ConfigScope scope, string name, double fallback = 0) =>
        Read<object>(scope, name, fallback) is double number ? number : fallback;

    public double? NumberOrNull(ConfigScope scope, string name) => Read<object>(scope, name, null) as double?;

    public bool Switch(ConfigScope scope, string name) => Read<object>(scope, name, false) is true;

    public TimeSpan Duration(ConfigScope scope, string name) =>
        Read<object>(scope, name, TimeSpan.Zero) is TimeSpan span ? span : TimeSpan.Zero;

    public TimeSpan? DurationOrNull(ConfigScope scope, string name) => Read<object>(scope, name, null) as TimeSpan?;

    public ConfigRate Rate(ConfigScope scope, string name) =>
        Read<ConfigRate>(scope, name, null) ?? new(0, TimeSpan.FromSeconds(1));

    public IReadOnlyList<int> Priorities(ConfigScope scope, string name) =>
        [.. (Read<List<object>>(scope, name, null) ?? []).Cast<int>()];

    public IReadOnlyList<ConfigWord> Words(ConfigScope scope, string name) => WordsOrNull(scope, name) ?? [];

    /// <summary>Null when no layer gives the list, which is not the same as an empty one.</summary>
    public IReadOnlyList<ConfigWord>? WordsOrNull(ConfigScope scope, string name) =>
        Read<List<object>>(scope, name, null) is { } items ? [.. items.Cast<ConfigWord>()] : null;

    public IReadOnlyDictionary<string, string> Map(ConfigScope scope, string name) =>
        Read<Dictionary<string, string>>(scope, name, null) ?? [];

    /// <summary>Where a key was given, or the place of its section.</summary>
    public string OriginOf(ConfigScope scope, string name) =>
        Look(scope, ConfigKeys.Find(scope.PatternOf(name)), name)?.Origin
        ?? scope.Mapping?[name]?.Origin ?? scope.Mapping?.Origin ?? "default";

    public bool IsGiven(ConfigScope scope, string name) =>
        Look(scope, ConfigKeys.Find(scope.PatternOf(name)), name) is not (null or ConfigNode.Scalar { IsNull: true });

    /// <summary>Keeps a value that was not read but worked out, such as a detected gate.</summary>
    public void Keep(string path, object? value, string origin) =>
        _values.Add(new(path, ConfigText.Format(value), origin));

    /// <summary>Shows another text for a value, which is itself not for everybody's eyes.</summary>
    public void Replace(string path, string shown)
    {
        for (var i = 0; i < _values.Count; i++)
        {
            _values[i] = _values[i].Path == path ? _values[i] with { Value = ConfigText.Format(shown) } : _values[i];
        }
    }

    static int SectionOf(string path)
    {
        var names = ConfigShape.NamesUnder("");
        for (var i = 0; i < names.Count; i++)
        {
            if (path.StartsWith(names[i], StringComparison.Ordinal)
                && (path.Length == names[i].Length || path[names[i].Length] is '.' or '['))
            {
                return i;
            }
        }

        return names.Count;
    }

    T? Read<T>(ConfigScope scope, string name, T? fallback)
        where T : class
    {
        var key = ConfigKeys.Of(scope.PatternOf(name));
        var path = scope.PathOf(name);
        if (Look(scope, key, name) is { } given)
        {
            switch (ConfigParsing.Parse(key, given))
            {
                case Parsed.Value value:
                    Keep(path, value.Meaning, given.Origin);
                    return (T?)value.Meaning;
                case Parsed.Wrong wrong:
                    errors.Add(new(wrong.Origin, path, wrong.Message));
                    return fallback;
            }
        }

        if (key.Required)
        {
            errors.Add(new(scope.Mapping?.Origin ?? sources.FileName, scope.Path, $"'{name}' is missing"));
        }

        if (key.Default is null)
        {
            Keep(path, fallback, key.DefaultNote is { } note && fallback is not null ? $"default ({note})" : "default");
            return fallback;
        }

        var meaning = (Parsed.Value)ConfigParsing.Parse(key, ConfigText.Plain(key.Default, "default"));
        Keep(path, meaning.Meaning, "default");
        return (T?)meaning.Meaning;
    }

    ConfigNode? Look(ConfigScope scope, ConfigKey? key, string name)
    {
        if (key?.Variable is { } variable)
        {
            if (sources.Flags.LastOrDefault(flag => flag.Path == key.Path) is { } flag)
            {
                return FromText(key.Type, flag.Value, flag.Flag);
            }

            if (sources.Environment.TryGetValue(variable, out var text) && text.Length > 0)
            {
                return FromText(key.Type, text, variable);
            }
        }

        return scope.Mapping?[name];
    }

    // Flags and variables have no notation of their own for lists: items are separated by commas.
    static ConfigNode FromText(ConfigType type, string text, string origin) =>
        type is ConfigType.Words or ConfigType.Priorities
            ? new ConfigNode.Sequence(
                [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                    .Select(item => new ConfigNode.Scalar(item, Quoted: false) { Origin = origin })])
            {
                Origin = origin,
            }
            : new ConfigNode.Scalar(text, Quoted: false) { Origin = origin };
}

/// <summary>How values are written in YAML, for <c>config show</c> and <c>init</c>.</summary>
static class ConfigText
{
    /// <summary>The node of a default, which is one plain value or an empty collection.</summary>
    public static ConfigNode Plain(string text, string origin) => text switch
    {
        "[]" => new ConfigNode.Sequence([]) { Origin = origin },
        "{}" => new ConfigNode.Mapping([]) { Origin = origin },
        _ => new ConfigNode.Scalar(text, Quoted: false) { Origin = origin },
    };

    public static string Format(object? value) => value switch
    {
        null => "null",
        string text => Quote(text),
        bool flag => flag ? "true" : "false",
        TimeSpan span => Durations.Format(span),
        ConfigWord word => Quote(word.Text),
        ConfigRate rate => string.Create(
            CultureInfo.InvariantCulture, $"{rate.Count}/{Durations.Format(rate.Window)}"),
        IReadOnlyDictionary<string, string> map => map.Count == 0
            ? "{}"
            : $"{{ {string.Join(", ", map.Select(pair => $"{pair.Key}: {Quote(pair.Value)}"))} }}",
        System.Collections.IEnumerable items => $"[{string.Join(", ", items.Cast<object?>().Select(Format))}]",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => Quote(value.ToString() ?? ""),
    };

    // Words that some YAML reader takes for something other than text.
    static readonly string[] Reserved = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];

    /// <summary>Plain where every YAML reader takes it for the same text, else in double quotes.</summary>
    public static string Quote(string text)
    {
        var plain = text.Length > 0
            && !char.IsAsciiDigit(text[0])
            && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or '/')
            && (char.IsAsciiLetter(text[0]) || text[0] is '_')
            && !Reserved.Contains(text.ToLowerInvariant());
        return plain ? text : Quoted(text);
    }

    static string Quoted(string text)
    {
        var quoted = new System.Text.StringBuilder("\"");
        foreach (var c in text)
        {
            quoted.Append(c switch
            {
                '"' => "\\\"",
                '\\' => "\\\\",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                _ when char.IsControl(c) || c is '\u2028' or '\u2029' or '\ufeff' =>
                    string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => c.ToString(),
            });
        }

        return quoted.Append('"').ToString();
    }
}
