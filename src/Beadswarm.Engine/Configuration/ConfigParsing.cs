using System.Globalization;
using System.Text.RegularExpressions;
using Beadswarm.Pipelines;

namespace Beadswarm.Configuration;

/// <summary>One item of a list, with its place for messages about it.</summary>
sealed record ConfigWord(string Text, string Origin);

/// <summary>How often within which time.</summary>
sealed record ConfigRate(int Count, TimeSpan Window);

/// <summary>What a written value means for its type.</summary>
abstract record Parsed
{
    Parsed() { }

    public sealed record Value(object? Meaning) : Parsed;

    public sealed record Wrong(string Origin, string Message) : Parsed;
}

/// <summary>
/// Turns what was written into what the type of its key says. The one place that knows each notation.
/// </summary>
static class ConfigParsing
{
    public const int TextMax = 16 * 1024;
    public const int ItemsMax = 1000;
    public const int ShownMax = 60;

    const NumberStyles Decimal = NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign;

    static readonly TimeSpan MatchTimeMax = TimeSpan.FromSeconds(10);

    public static Parsed Parse(ConfigKey key, ConfigNode node) => node switch
    {
        ConfigNode.Scalar { IsNull: true } when key.Nullable => new Parsed.Value(null),
        ConfigNode.Scalar { Text.Length: > TextMax } =>
            new Parsed.Wrong(node.Origin, $"longer than {TextMax} characters"),
        _ => Parse(key.Type, node),
    };

    public static bool Matches(ConfigType.Text type, string text) =>
        type.Pattern is null || Regex.IsMatch(text, type.Pattern, RegexOptions.CultureInvariant, MatchTimeMax);

    static Parsed Parse(ConfigType type, ConfigNode node) => type switch
    {
        ConfigType.Text text => One(node, type, scalar =>
            scalar.IsNull || !Matches(text, scalar.Text) ? null : scalar.Text),
        ConfigType.Whole whole => One(node, type, scalar =>
            !scalar.Quoted && long.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture,
                out var number) && number >= whole.Min && number <= whole.Max ? number : null),
        ConfigType.Number number => One(node, type, scalar =>
            !scalar.Quoted && double.TryParse(scalar.Text, Decimal, CultureInfo.InvariantCulture, out var value)
            && value >= number.Min && value <= number.Max ? value : null),
        ConfigType.Switch => One(node, type, scalar =>
            scalar.Quoted ? null : scalar.Text switch { "true" => true, "false" => false, _ => null }),
        ConfigType.Duration span => One(node, type, scalar =>
            Durations.TryParse(scalar.Text, out var value) && value >= span.Min && value <= span.Max ? value : null,
            "; write a number with a unit, for example 90s, 10m or 1h30m"),
        ConfigType.Choice choice => ParseChoice(choice, node),
        ConfigType.Rate => One(node, type, scalar => ParseRate(scalar.Text), "; for example 3/60s"),
        ConfigType.Priorities => List(node, distinct: true, ParsePriority),
        ConfigType.Words => List(node, distinct: true, static word => new Parsed.Value(word)),
        ConfigType.Arguments => List(node, distinct: false, static word => new Parsed.Value(word)),
        ConfigType.Expression => ParseExpression(node),
        ConfigType.TextMap => ParseMap(node),
    };

    static Parsed One(ConfigNode node, ConfigType type, Func<ConfigNode.Scalar, object?> read, string remedy = "") =>
        node is ConfigNode.Scalar scalar
            ? read(scalar) is { } value
                ? new Parsed.Value(value)
                : new Parsed.Wrong(node.Origin, $"found {Show(scalar)}, expected {type.Title}{remedy}")
            : new Parsed.Wrong(node.Origin, $"expected one value ({type.Title})");

    static Parsed ParseChoice(ConfigType.Choice choice, ConfigNode node) => node switch
    {
        ConfigNode.Scalar scalar when choice.Accepted.Contains(scalar.Text) || choice.Later.Contains(scalar.Text) =>
            new Parsed.Value(scalar.Text),
        ConfigNode.Scalar scalar => new Parsed.Wrong(node.Origin,
            $"{Show(scalar)} is not one of {string.Join(", ", choice.Accepted)}"
            + (Suggestion.For(scalar.Text, choice.Accepted) is { } near ? $"; did you mean '{near}'?" : "")),
        ConfigNode.Mapping => new Parsed.Wrong(node.Origin, $"expected one of {string.Join(", ", choice.Accepted)}"),
        ConfigNode.Sequence => new Parsed.Wrong(node.Origin, $"expected one of {string.Join(", ", choice.Accepted)}"),
    };

    static ConfigRate? ParseRate(string text)
    {
        var parts = text.Split('/');
        return parts.Length == 2
            && int.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            && count is >= 0 and <= 1000
            && Durations.TryParse(parts[1], out var window) && window >= TimeSpan.FromSeconds(1)
            ? new(count, window)
            : null;
    }

    static Parsed ParsePriority(ConfigWord word)
    {
        var digits = word.Text is ['p' or 'P', .. var rest] ? rest : word.Text;
        return digits is [>= '0' and <= '4']
            ? new Parsed.Value(digits[0] - '0')
            : new Parsed.Wrong(word.Origin, $"'{Cut(word.Text)}' is not a priority; write 0 to 4 or p0 to p4");
    }

    static Parsed List(ConfigNode node, bool distinct, Func<ConfigWord, Parsed> read)
    {
        if (node is not ConfigNode.Sequence list)
        {
            return new Parsed.Wrong(node.Origin, "expected a list, for example [a, b]");
        }

        if (list.Items.Count > ItemsMax)
        {
            return new Parsed.Wrong(node.Origin, $"{list.Items.Count} items, the limit is {ItemsMax}");
        }

        var values = new List<object>();
        foreach (var item in list.Items)
        {
            if (item is not ConfigNode.Scalar { IsNull: false, Text.Length: <= TextMax } scalar)
            {
                return new Parsed.Wrong(item.Origin, "expected a text as item of the list");
            }

            switch (read(new(scalar.Text, scalar.Origin)))
            {
                case Parsed.Wrong wrong:
                    return wrong;
                case Parsed.Value { Meaning: { } value }
                    when distinct && values.Exists(other => Same(other, value)):
                    return new Parsed.Wrong(item.Origin, $"{Show(scalar)} is given twice");
                case Parsed.Value { Meaning: { } value }:
                    values.Add(value);
                    break;
            }
        }

        return new Parsed.Value(values);
    }

    static bool Same(object left, object right) => (left, right) switch
    {
        (ConfigWord one, ConfigWord other) => one.Text == other.Text,
        _ => left.Equals(right),
    };

    static Parsed ParseExpression(ConfigNode node)
    {
        if (node is not ConfigNode.Scalar { IsNull: false } scalar)
        {
            return new Parsed.Wrong(node.Origin, "expected a regular expression");
        }

        try
        {
            _ = new Regex(scalar.Text, RegexOptions.CultureInvariant, MatchTimeMax);
            return new Parsed.Value(scalar.Text);
        }
        catch (ArgumentException broken)
        {
            return new Parsed.Wrong(node.Origin,
                $"{Show(scalar)} is not a regular expression: {PipelineRules.OneLine(broken.Message)}");
        }
    }

    static Parsed ParseMap(ConfigNode node)
    {
        if (node is not ConfigNode.Mapping mapping)
        {
            return new Parsed.Wrong(node.Origin, "expected names with texts, for example { KEY: value }");
        }

        var map = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var entry in mapping.Entries)
        {
            if (!Regex.IsMatch(entry.Key, "^[A-Za-z_][A-Za-z0-9_]{0,127}$"))
            {
                return new Parsed.Wrong(entry.Origin, $"'{Cut(entry.Key)}' is not the name of a variable");
            }

            if (entry.Value is not ConfigNode.Scalar { Text.Length: <= TextMax } scalar)
            {
                return new Parsed.Wrong(entry.Value.Origin, $"expected a text for '{entry.Key}'");
            }

            map[entry.Key] = scalar.IsNull ? "" : scalar.Text;
        }

        return new Parsed.Value(map);
    }

    static string Show(ConfigNode.Scalar scalar) => scalar.IsNull ? "nothing" : $"'{Cut(scalar.Text)}'";

    static string Cut(string text)
    {
        var line = PipelineRules.OneLine(text);
        return line.Length <= ShownMax ? line : line[..ShownMax] + "…";
    }
}
