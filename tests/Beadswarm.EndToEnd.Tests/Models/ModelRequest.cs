using System.Text.Json;
using System.Text.RegularExpressions;

namespace Beadswarm.EndToEnd.Tests.Models;

/// <summary>One call that an agent made, as far as a script has to know it.</summary>
/// <param name="Texts">What stands in the conversation, oldest first: role and text.</param>
/// <param name="Tools">Names of the tools that the agent offers.</param>
sealed partial record ModelRequest(
    ModelWire Wire, string? Model, IReadOnlyList<(string Role, string Text)> Texts, IReadOnlyList<string> Tools)
{
    const string Assistant = "assistant";

    /// <summary>When it came.</summary>
    public DateTimeOffset At { get; init; } = TimeProvider.System.GetUtcNow();

    /// <summary>Text of the newest prompt of the orchestrator in it: those begin with a heading.</summary>
    public string Prompt => PromptIndex is >= 0 and var index ? Texts[index].Text : "";

    /// <summary>What the prompt's heading asks for, and of which bead: for example Implement and a-1.</summary>
    public (string Verb, string Bead) Task =>
        Heading().Match(Prompt) is { Success: true } heading
            ? (heading.Groups["verb"].Value, heading.Groups["bead"].Value)
            : ("", "");

    /// <summary>How often the model has answered since that prompt.</summary>
    public int Turn => Texts.Skip(PromptIndex + 1).Count(text => text.Role == Assistant);

    /// <summary>How often the model has answered in the whole conversation.</summary>
    public int Answers => Texts.Count(text => text.Role == Assistant);

    /// <summary>Whether these words stand in that prompt.</summary>
    public bool Asks(string words) => Prompt.Contains(words, StringComparison.Ordinal);

    /// <summary>Whether a tool has answered so since that prompt.</summary>
    public bool Said(string words) => Texts.Skip(PromptIndex + 1)
        .Any(text => text.Role != Assistant && text.Text.Contains(words, StringComparison.Ordinal));

    int PromptIndex
    {
        get
        {
            for (var i = Texts.Count - 1; i >= 0; i--)
            {
                if (Texts[i].Role == "user" && Heading().IsMatch(Texts[i].Text))
                {
                    return i;
                }
            }

            return -1;
        }
    }

    public static ModelRequest Of(ModelWire wire, JsonElement body) => new(
        wire,
        body.TryGetProperty("model", out var model) ? model.GetString() : null,
        [.. wire.Texts(body)],
        [.. Named(body)]);

    static IEnumerable<string> Named(JsonElement body) =>
        body.TryGetProperty("tools", out var tools)
            ? tools.EnumerateArray()
                .Select(tool => tool.TryGetProperty("name", out var name) ? name.GetString() : null).OfType<string>()
            : [];

    [GeneratedRegex(@"^# (?<verb>[A-Z][a-z -]*) (?<bead>[a-z]+-\S+)\s*$", RegexOptions.Multiline)]
    private static partial Regex Heading();
}
