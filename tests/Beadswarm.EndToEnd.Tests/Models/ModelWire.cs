using System.Text.Json;

namespace Beadswarm.EndToEnd.Tests.Models;

/// <summary>How a vendor's API looks on the wire: what is asked, and how an answer is streamed.</summary>
abstract class ModelWire
{
    public static readonly ModelWire Anthropic = new AnthropicWire();

    public static readonly ModelWire OpenAi = new ResponsesWire();

    /// <summary>Shells as the agents of this vendor offer them.</summary>
    protected abstract IReadOnlyList<(string Tool, Func<string, object> Input)> Shells { get; }

    /// <summary>The path under which its models are asked.</summary>
    public abstract string Path { get; }

    public abstract IEnumerable<(string Role, string Text)> Texts(JsonElement body);

    /// <summary>The events of a streamed answer.</summary>
    public abstract IEnumerable<(string Event, object Data)> Answer(ModelRequest request, ModelReply reply, int id);

    public abstract Refusal Refuse(ModelFault fault);

    /// <summary>The call of the shell that the agent offers.</summary>
    protected (string Tool, object Input) Shell(ModelRequest request, string command)
    {
        var (tool, input) = Shells.First(shell => request.Tools.Contains(shell.Tool));
        return (tool, input(command));
    }

    protected static string TextOf(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : "";
}
