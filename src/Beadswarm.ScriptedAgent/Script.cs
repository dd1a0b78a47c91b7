using System.Text.Json;

namespace Beadswarm.ScriptedAgent;

/// <summary>One thing to do: its name, and the JSON object that holds its details.</summary>
readonly record struct ScriptAction(string Name, JsonElement Details)
{
    public string? Text(string property) =>
        Details.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    public string Required(string property) =>
        Text(property) ?? throw new FormatException($"action '{Name}' needs the text \"{property}\"");

    public long Number(string property, long otherwise) =>
        Details.TryGetProperty(property, out var value) && value.TryGetInt64(out var number) ? number : otherwise;
}

/// <summary>Rules for which bead, stage, attempt and agent to do what; the first that matches decides.</summary>
sealed class Script(JsonElement[] rules)
{
    public static readonly Script Empty = new([]);

    /// <exception cref="JsonException">Not JSON.</exception>
    /// <exception cref="FormatException">JSON, but not a script.</exception>
    public static Script Read(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path), new JsonDocumentOptions
        {
            CommentHandling = JsonCommentHandling.Skip,
            AllowTrailingCommas = true,
        });
        return document.RootElement.ValueKind == JsonValueKind.Object
            && document.RootElement.TryGetProperty("rules", out var rules)
            && rules.ValueKind == JsonValueKind.Array
                ? new Script([.. rules.Clone().EnumerateArray()])
                : throw new FormatException($"'{path}' is not a script: expected {{\"rules\": [ … ]}}");
    }

    /// <summary>What the first matching rule says, or null when none matches.</summary>
    public IReadOnlyList<ScriptAction>? ActionsFor(AgentTask task)
    {
        foreach (var rule in rules)
        {
            if (Matches(rule, "bead", task.Bead)
                && Matches(rule, "stage", task.Stage)
                && Matches(rule, "agent", task.Agent)
                && Matches(rule, "attempt", task.Attempt.ToString(System.Globalization.CultureInfo.InvariantCulture)))
            {
                return rule.TryGetProperty("actions", out var actions) && actions.ValueKind == JsonValueKind.Array
                    ? Parse(actions)
                    : throw new FormatException("a rule has no \"actions\"");
            }
        }

        return null;
    }

    public static IReadOnlyList<ScriptAction> Parse(string json)
    {
        using var document = JsonDocument.Parse(json);
        return Parse(document.RootElement.Clone());
    }

    /// <summary>Where <c>*</c> stands for any text; several patterns are divided by <c>|</c>.</summary>
    public static bool Matches(string pattern, string text) =>
        pattern.Split('|').Any(one => System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(
            one, text, ignoreCase: false));

    static bool Matches(JsonElement rule, string property, string text) =>
        !rule.TryGetProperty(property, out var pattern)
        || Matches(pattern.ValueKind == JsonValueKind.String ? pattern.GetString()! : pattern.GetRawText(), text);

    static ScriptAction[] Parse(JsonElement actions) =>
    [
        .. actions.EnumerateArray().Select(action =>
            action.ValueKind == JsonValueKind.Object
            && action.TryGetProperty("do", out var name)
            && name.ValueKind == JsonValueKind.String
                ? new ScriptAction(name.GetString()!, action)
                : throw new FormatException("an action has no \"do\"")),
    ];
}
