using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Beadswarm.Beads;

/// <summary>The JSON of a bead, as agents and gates are given it.</summary>
static class BeadJson
{
    static readonly JsonWriterOptions Raw = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>
    /// The object the tracker holds, with every field and byte of it. A bead made in memory is written with the fields
    /// that every tracker knows.
    /// </summary>
    public static string Describe(Bead bead) =>
        bead.Json.IsEmpty ? Encoding.UTF8.GetString(Write(bead)) : Encoding.UTF8.GetString(bead.Json.Span);

    /// <summary>The line of a new bead, in the key order both trackers share.</summary>
    public static byte[] Write(Bead bead)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, Raw))
        {
            json.WriteStartObject();
            json.WriteString("id", bead.Id.Value);
            json.WriteString("title", bead.Title);
            WriteText(json, "description", bead.Description);
            WriteText(json, "design", bead.Design);
            WriteText(json, "acceptance_criteria", bead.AcceptanceCriteria);
            WriteText(json, "notes", bead.Notes);
            json.WriteString("status", bead.Status);
            json.WriteNumber("priority", bead.Priority);
            json.WriteString("issue_type", bead.Type);
            WriteText(json, "assignee", bead.Assignee);
            WriteText(json, "owner", bead.Owner);
            if (bead.EstimatedMinutes is { } minutes)
            {
                json.WriteNumber("estimated_minutes", minutes);
            }

            WriteTime(json, "created_at", bead.CreatedAt);
            WriteText(json, "created_by", bead.CreatedBy);
            WriteTime(json, "updated_at", bead.UpdatedAt);
            WriteTime(json, "closed_at", bead.ClosedAt);
            WriteText(json, "close_reason", bead.CloseReason);
            WriteTime(json, "due_at", bead.DueAt);
            WriteTime(json, "defer_until", bead.DeferUntil);
            WriteText(json, "external_ref", bead.ExternalRef);
            WriteLists(json, bead);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    static void WriteLists(Utf8JsonWriter json, Bead bead)
    {
        if (bead.Labels.Count > 0)
        {
            json.WriteStartArray("labels");
            foreach (var label in bead.Labels)
            {
                json.WriteStringValue(label);
            }

            json.WriteEndArray();
        }

        if (bead.Dependencies.Count > 0)
        {
            json.WriteStartArray("dependencies");
            foreach (var dependency in bead.Dependencies)
            {
                json.WriteStartObject();
                json.WriteString("issue_id", bead.Id.Value);
                json.WriteString("depends_on_id", dependency.Target);
                json.WriteString("type", dependency.Type);
                // br refuses an edge without it.
                WriteTime(json, "created_at", bead.CreatedAt);
                WriteText(json, "metadata", dependency.Metadata);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }
    }

    static void WriteText(Utf8JsonWriter json, string name, string? text)
    {
        if (!string.IsNullOrEmpty(text))
        {
            json.WriteString(name, text);
        }
    }

    static void WriteTime(Utf8JsonWriter json, string name, DateTimeOffset? time)
    {
        if (time is { } given)
        {
            json.WriteString(name, BeadTime.After(null, given));
        }
    }
}
