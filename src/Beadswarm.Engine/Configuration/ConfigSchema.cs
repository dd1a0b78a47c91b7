using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Beadswarm.Configuration;

/// <summary>
/// The JSON Schema (draft 2020-12) of the configuration file, made from the same table the loader reads.
/// </summary>
static class ConfigSchema
{
    const string DurationPattern =
        @"^(?=.)([0-9]{1,12}d)?([0-9]{1,12}h)?([0-9]{1,12}m)?([0-9]{1,12}s)?([0-9]{1,12}ms)?$";

    static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Json()
    {
        var root = Section("", "Configuration of a swarm: .beadswarm/swarm.yaml. Every key has a default.");
        var schema = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "beadswarm configuration",
        };
        foreach (var (name, value) in root.ToArray())
        {
            schema[name] = value?.DeepClone();
        }

        return schema.ToJsonString(Indented);
    }

    static JsonObject Section(string pattern, string? doc)
    {
        var section = new JsonObject { ["type"] = pattern.Length == 0 ? "object" : new JsonArray("object", "null") };
        if (doc is not null)
        {
            section["description"] = doc;
        }

        var names = ConfigShape.NamesUnder(pattern);
        if (names is ["*"])
        {
            section["propertyNames"] = new JsonObject { ["pattern"] = ConfigKeys.Name.Pattern };
            section["additionalProperties"] = Item(pattern + ".*");
            return section;
        }

        section["additionalProperties"] = false;
        section["properties"] = Properties(pattern, names);
        return section;
    }

    static JsonObject Properties(string pattern, IReadOnlyList<string> names)
    {
        var properties = new JsonObject();
        foreach (var name in names)
        {
            var path = pattern.Length == 0 ? name : $"{pattern}.{name}";
            properties[name] = ConfigKeys.Find(path) is { } key ? Leaf(key)
                : ConfigShape.NamesUnder(path + "[]").Count > 0 ? new JsonObject
                {
                    ["type"] = new JsonArray("array", "null"),
                    ["description"] = SectionDoc(path),
                    ["items"] = Item(path + "[]"),
                }
                : Section(path, SectionDoc(path));
        }

        return properties;
    }

    static JsonObject Item(string pattern)
    {
        var names = ConfigShape.NamesUnder(pattern);
        var item = new JsonObject { ["type"] = "object", ["additionalProperties"] = false };
        var required = names.Where(name => ConfigKeys.Of($"{pattern}.{name}").Required).ToArray();
        if (required.Length > 0)
        {
            item["required"] = new JsonArray([.. required.Select(name => JsonValue.Create(name))]);
        }

        item["properties"] = Properties(pattern, names);
        return item;
    }

    static string SectionDoc(string path) =>
        ConfigKeys.Sections.Concat(ConfigKeys.Parts).First(section => section.Name == path).Doc;

    static JsonObject Leaf(ConfigKey key)
    {
        var leaf = Of(key.Type);
        if (key.Nullable && leaf["type"] is JsonValue type)
        {
            leaf["type"] = new JsonArray(type.DeepClone(), "null");
        }

        leaf["description"] = key.DefaultNote is { } note ? $"{key.Doc} Default: {note}." : key.Doc;
        if (key.Default is { } value)
        {
            leaf["default"] = Default(key.Type, value);
        }

        return leaf;
    }

    static JsonObject Of(ConfigType type) => type switch
    {
        ConfigType.Text { Pattern: { } pattern } => new() { ["type"] = "string", ["pattern"] = pattern },
        ConfigType.Text => new() { ["type"] = "string" },
        ConfigType.Whole whole => new() { ["type"] = "integer", ["minimum"] = whole.Min, ["maximum"] = whole.Max },
        ConfigType.Number number => new()
        {
            ["type"] = "number",
            ["minimum"] = number.Min,
            ["maximum"] = number.Max,
        },
        ConfigType.Switch => new() { ["type"] = "boolean" },
        ConfigType.Duration => new() { ["type"] = "string", ["pattern"] = DurationPattern },
        ConfigType.Choice choice => new()
        {
            ["type"] = "string",
            ["enum"] = new JsonArray([.. choice.Accepted.Concat(choice.Later).Select(word => JsonValue.Create(word))]),
        },
        ConfigType.Rate => new() { ["type"] = "string", ["pattern"] = "^[0-9]{1,4}/[0-9dhms]+$" },
        ConfigType.Priorities => new()
        {
            ["type"] = "array",
            ["uniqueItems"] = true,
            ["items"] = new JsonObject
            {
                ["enum"] = new JsonArray(
                    0, 1, 2, 3, 4, "0", "1", "2", "3", "4", "p0", "p1", "p2", "p3", "p4", "P0", "P1", "P2", "P3", "P4"),
            },
        },
        ConfigType.Words => new()
        {
            ["type"] = "array",
            ["uniqueItems"] = true,
            ["items"] = new JsonObject { ["type"] = new JsonArray("string", "number", "boolean") },
        },
        ConfigType.Arguments => new()
        {
            ["type"] = "array",
            ["items"] = new JsonObject { ["type"] = new JsonArray("string", "number", "boolean") },
        },
        ConfigType.Expression => new() { ["type"] = "string", ["format"] = "regex" },
        ConfigType.TextMap => new()
        {
            ["type"] = "object",
            ["additionalProperties"] = new JsonObject
            {
                ["type"] = new JsonArray("string", "number", "boolean", "null"),
            },
        },
    };

    static JsonNode? Default(ConfigType type, string text) => (type, text) switch
    {
        (_, "[]") => new JsonArray(),
        (_, "{}") => new JsonObject(),
        (ConfigType.Whole, _) => JsonValue.Create(long.Parse(text, CultureInfo.InvariantCulture)),
        (ConfigType.Number, _) => JsonValue.Create(double.Parse(text, CultureInfo.InvariantCulture)),
        (ConfigType.Switch, _) => JsonValue.Create(text == "true"),
        _ => JsonValue.Create(text),
    };
}
