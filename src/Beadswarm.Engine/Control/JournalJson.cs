using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Beadswarm.Journal;

namespace Beadswarm.Control;

/// <summary>
/// One line per journal entry, as <c>run --format json</c> prints it: <c>type</c>, <c>seq</c>, <c>at</c>, <c>bead</c>,
/// <c>agent</c>, then the event's own fields. Public and stable.
/// </summary>
static class JournalJson
{
    const string TypeProperty = "type";

    // Lines on a pipe, never HTML: text of other languages stays readable.
    static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Format(JournalEntry entry)
    {
        using var fields = JsonSerializer.SerializeToDocument(entry.Event, SwarmJson.Default.JournalEvent);
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString(TypeProperty, fields.RootElement.GetProperty(TypeProperty).GetString());
            json.WriteNumber("seq", entry.Sequence);
            json.WriteString("at", entry.At.UtcDateTime);
            json.WriteString("bead", entry.Bead?.Value);
            if (entry.Agent is { } agent)
            {
                json.WriteNumber("agent", agent.Value);
            }
            else
            {
                json.WriteNull("agent");
            }

            foreach (var field in fields.RootElement.EnumerateObject())
            {
                if (!field.NameEquals(TypeProperty))
                {
                    field.WriteTo(json);
                }
            }

            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan);
    }

    /// <summary>The public name of an event, for example <c>bead.landed</c>.</summary>
    public static string TypeOf(JournalEvent entry)
    {
        using var fields = JsonSerializer.SerializeToDocument(entry, SwarmJson.Default.JournalEvent);
        return fields.RootElement.GetProperty(TypeProperty).GetString() ?? "";
    }
}
