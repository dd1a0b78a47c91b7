using System.Text.Json;

namespace Beadswarm.Cli.Rendering;

/// <summary>One agent as <c>status</c> shows it.</summary>
sealed class AgentLine
{
    public int Agent { get; private set; }
    public string Role { get; private set; } = "";
    public string? Bead { get; private set; }
    public string? Stage { get; private set; }
    public int? Attempt { get; private set; }
    public string Status { get; private set; } = "";
    public string? Reason { get; private set; }
    public DateTime Since { get; private set; }

    /// <summary>The node that it runs on; null where there is only one.</summary>
    public string? Node { get; private set; }

    /// <summary>Reads one element of <c>agents</c>; the reader stands at its opening brace.</summary>
    public static AgentLine Parse(ref Utf8JsonReader reader)
    {
        var line = new AgentLine();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            line.Set(name, ref reader);
        }

        return line;
    }

    void Set(string? name, ref Utf8JsonReader reader)
    {
        switch (name)
        {
            case "agent":
                Agent = reader.GetInt32();
                break;
            case "role":
                Role = reader.GetString() ?? "";
                break;
            case "bead":
                Bead = reader.GetString();
                break;
            case "stage":
                Stage = reader.GetString();
                break;
            case "attempt":
                Attempt = reader.TokenType == JsonTokenType.Null ? null : reader.GetInt32();
                break;
            case "status":
                Status = reader.GetString() ?? "";
                break;
            case "reason":
                Reason = reader.GetString();
                break;
            case "node":
                Node = reader.GetString();
                break;
            case "since":
                Since = reader.GetDateTime();
                break;
            default:
                reader.Skip();
                break;
        }
    }
}
