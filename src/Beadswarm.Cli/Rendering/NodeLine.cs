using System.Globalization;
using System.Text.Json;
using Beadswarm.Swarms;

namespace Beadswarm.Cli.Rendering;

/// <summary>One node as <c>status</c> shows it.</summary>
sealed class NodeLine
{
    string _name = "";
    string _status = "";
    bool _holder;
    int _first;
    int _agents;
    DateTime _heardAt;

    /// <summary>Reads one element of <c>nodes</c>; the reader stands at its opening brace.</summary>
    public static NodeLine Parse(ref Utf8JsonReader reader)
    {
        var line = new NodeLine();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            line.Set(name, ref reader);
        }

        return line;
    }

    public string Describe(DateTime now)
    {
        var what = _status == "living" ? _holder ? "holds the swarm" : "has joined" : _status;
        var agents = _agents > 0 ? $", agents {new AgentBlock(_first, _agents)}" : "";
        return string.Create(
            CultureInfo.InvariantCulture, $"node {_name} {what}{agents}, heard of {Spans.Format(now - _heardAt)} ago");
    }

    void Set(string? name, ref Utf8JsonReader reader)
    {
        switch (name)
        {
            case "node":
                _name = reader.GetString() ?? "";
                break;
            case "status":
                _status = reader.GetString() ?? "";
                break;
            case "holder":
                _holder = reader.GetBoolean();
                break;
            case "firstAgent":
                _first = reader.GetInt32();
                break;
            case "agents":
                _agents = reader.GetInt32();
                break;
            case "heardAt":
                _heardAt = reader.GetDateTime();
                break;
            default:
                reader.Skip();
                break;
        }
    }
}
