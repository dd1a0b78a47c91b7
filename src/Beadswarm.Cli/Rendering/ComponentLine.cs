using System.Globalization;
using System.Text.Json;

namespace Beadswarm.Cli.Rendering;

/// <summary>One component of the orchestrator as <c>status</c> shows it.</summary>
sealed class ComponentLine
{
    public string Name { get; private set; } = "";
    public bool Essential { get; private set; }
    public string Status { get; private set; } = "";
    public int Failures { get; private set; }
    public string? LastError { get; private set; }

    /// <summary>It is down, about to be started again, or waits for something outside.</summary>
    public bool Troubled => Status is "restarting" or "held" or "parked";

    /// <summary>How it stands, on one line.</summary>
    public string Describe() =>
        Status == "held" ? $"waits: {SafeText.Line(LastError ?? "")}"
        : Failures == 0 ? Status
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{Status}, failed {(Failures == 1 ? "once" : $"{Failures} times")}: {SafeText.Line(LastError ?? "")}");

    /// <summary>Reads one element; the reader stands at its opening brace.</summary>
    public static ComponentLine Parse(ref Utf8JsonReader reader)
    {
        var line = new ComponentLine();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            switch (name)
            {
                case "name":
                    line.Name = reader.GetString() ?? "";
                    break;
                case "essential":
                    line.Essential = reader.GetBoolean();
                    break;
                case "status":
                    line.Status = reader.GetString() ?? "";
                    break;
                case "failures":
                    line.Failures = reader.GetInt32();
                    break;
                case "lastError":
                    line.LastError = reader.GetString();
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return line;
    }
}
