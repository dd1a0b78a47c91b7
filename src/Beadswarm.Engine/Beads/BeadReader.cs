using System.Globalization;
using System.Text.Json;

namespace Beadswarm.Beads;

/// <summary>
/// Reads one JSON object as a bead. Every field of bd and br is accepted, of old and new versions; what is not read
/// stays in <see cref="Bead.Json"/>.
/// </summary>
static class BeadReader
{
    /// <summary>How deep free data (metadata) may be nested.</summary>
    const int DepthMax = 512;

    static readonly JsonDocumentOptions Options = new() { MaxDepth = DepthMax };

    /// <summary>
    /// The bead, or null where the object is something else a tracker keeps in the file: a header, a memory.
    /// </summary>
    /// <exception cref="JsonException">Not one JSON object.</exception>
    /// <exception cref="FormatException">An object, but not a bead: a field is missing or has the wrong
    /// shape.</exception>
    public static Bead? Read(ReadOnlyMemory<byte> json, TrackerDialect dialect)
    {
        using var document = JsonDocument.Parse(JsonRepair.WithoutHalfPairs(json), Options);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException($"the line is a JSON {Kind(root)}, expected an object");
        }

        return BelongsToTracker(root) ? null : ReadBead(root, json, dialect);
    }

    static bool BelongsToTracker(JsonElement root) =>
        root.TryGetProperty("_schema", out _)
        || (root.TryGetProperty("_type", out var type) && type.ValueKind == JsonValueKind.String
            && !type.ValueEquals("issue"));

    static Bead ReadBead(JsonElement root, ReadOnlyMemory<byte> json, TrackerDialect dialect)
    {
        var id = RequiredText(root, "id");
        var title = RequiredText(root, "title");
        return new Bead
        {
            Id = BeadId.TryParse(id, out var parsed)
                ? parsed
                : throw new FormatException(
                    $"'{Excerpt.Of(id)}' is not a bead id (1 to {BeadId.LengthMax} characters, no spaces)"),
            Title = title,
            Description = Text(root, "description") ?? "",
            Design = Text(root, "design") ?? "",
            AcceptanceCriteria = Text(root, "acceptance_criteria") ?? "",
            Notes = Text(root, "notes") ?? "",
            Status = Status(root, dialect),
            Priority = Whole(root, "priority") ?? (dialect == TrackerDialect.Br ? 2 : 0),
            Type = NotEmpty(root, "issue_type") ?? "task",
            Assignee = NotEmpty(root, "assignee"),
            Owner = NotEmpty(root, "owner"),
            EstimatedMinutes = Whole(root, "estimated_minutes"),
            CreatedAt = Time(root, "created_at") ?? default,
            CreatedBy = NotEmpty(root, "created_by"),
            UpdatedAt = Time(root, "updated_at") ?? default,
            StartedAt = Time(root, "started_at"),
            ClosedAt = Time(root, "closed_at"),
            CloseReason = NotEmpty(root, "close_reason"),
            DueAt = Time(root, "due_at"),
            DeferUntil = Time(root, "defer_until"),
            ExternalRef = NotEmpty(root, "external_ref"),
            SpecId = NotEmpty(root, "spec_id"),
            Metadata = FreeData(root, "metadata"),
            AgentContext = FreeData(root, "agent_context"),
            // "wisp" is what old bd called it.
            Ephemeral = Flag(root, "ephemeral") || Flag(root, "wisp"),
            Pinned = Flag(root, "pinned"),
            IsTemplate = Flag(root, "is_template"),
            AwaitType = NotEmpty(root, "await_type"),
            AwaitId = NotEmpty(root, "await_id"),
            MolType = NotEmpty(root, "mol_type"),
            WorkType = NotEmpty(root, "work_type"),
            CommentCount = Comments(root),
            Labels = Labels(root),
            Dependencies = Dependencies(root),
            Json = json,
        };
    }

    static string Status(JsonElement root, TrackerDialect dialect)
    {
        var status = NotEmpty(root, "status") ?? BeadStatus.Open;
        return dialect == TrackerDialect.Br ? status.ToLowerInvariant() : status;
    }

    static int Comments(JsonElement root)
    {
        var listed = Value(root, "comments") is { ValueKind: JsonValueKind.Array } comments
            ? comments.GetArrayLength()
            : 0;
        return Math.Max(listed, Whole(root, "comment_count") ?? 0);
    }

    static string[] Labels(JsonElement root)
    {
        if (Value(root, "labels") is not { } labels)
        {
            return [];
        }

        if (labels.ValueKind != JsonValueKind.Array)
        {
            throw new FormatException($"labels is a {Kind(labels)}, expected an array of strings");
        }

        return [.. labels.EnumerateArray().Select(label => label.ValueKind == JsonValueKind.String
            ? label.GetString() ?? ""
            : throw new FormatException($"a label is a {Kind(label)}, expected a string"))];
    }

    static BeadDependency[] Dependencies(JsonElement root)
    {
        if (Value(root, "dependencies") is not { } dependencies)
        {
            return [];
        }

        if (dependencies.ValueKind != JsonValueKind.Array)
        {
            throw new FormatException($"dependencies is a {Kind(dependencies)}, expected an array of objects");
        }

        return [.. dependencies.EnumerateArray().Select(Dependency)];
    }

    static BeadDependency Dependency(JsonElement edge)
    {
        if (edge.ValueKind != JsonValueKind.Object)
        {
            throw new FormatException($"a dependency is a {Kind(edge)}, expected an object");
        }

        var target = NotEmpty(edge, "depends_on_id")
            ?? throw new FormatException("a dependency has no depends_on_id");
        // An edge without a type is a blocking one: that is the column's default, and the careful reading.
        return new BeadDependency(target, NotEmpty(edge, "type") ?? "blocks", FreeData(edge, "metadata"));
    }

    static JsonElement? Value(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    static string RequiredText(JsonElement root, string name) =>
        Text(root, name) ?? throw new FormatException($"the object has no {name}, so it is not a bead");

    static string? NotEmpty(JsonElement root, string name) => Text(root, name) is { Length: > 0 } text ? text : null;

    static string? Text(JsonElement root, string name)
    {
        if (Value(root, name) is not { } value)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : throw new FormatException($"{name} is a {Kind(value)}, expected a string");
    }

    static int? Whole(JsonElement root, string name)
    {
        if (Value(root, name) is not { } value)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number)
            ? number
            : throw new FormatException($"{name} is {Excerpt.Of(value.GetRawText())}, expected a whole number");
    }

    // Table dumps of some bd versions write booleans as 0 and 1.
    static bool Flag(JsonElement root, string name) =>
        Value(root, name) is { } value
        && (value.ValueKind == JsonValueKind.True
            || (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number != 0));

    static DateTimeOffset? Time(JsonElement root, string name)
    {
        if (NotEmpty(root, name) is not { } text)
        {
            return null;
        }

        return BeadTime.TryParse(text, out var time)
            ? time
            : throw new FormatException(
                $"{name} is '{Excerpt.Of(text)}', expected an RFC 3339 time such as 2026-01-31T12:00:00Z");
    }

    static string? FreeData(JsonElement root, string name) =>
        Value(root, name) is not { } value ? null
        : value.ValueKind == JsonValueKind.String ? (value.GetString() is { Length: > 0 } text ? text : null)
        : value.GetRawText();

    static string Kind(JsonElement element) =>
        element.ValueKind.ToString().ToLower(CultureInfo.InvariantCulture);
}
