using System.Buffers;

namespace Beadswarm.Beads;

/// <summary>A backlog's file after some changes.</summary>
/// <param name="Bytes">The new file, or null where nothing changes.</param>
/// <param name="Missing">Beads that were to change and are not there (any more).</param>
/// <param name="Changed">Beads whose line is different now.</param>
sealed record BacklogEdit(byte[]? Bytes, IReadOnlyList<BeadId> Missing, IReadOnlyList<BeadId> Changed);

/// <summary>
/// Turns changes into edits of single fields of single lines.
///
/// The bead as it is in the file now decides, so what somebody else did meanwhile is merged: a bead that is closed
/// stays as it is, a note that is there already is not added again, and reopening takes back only what the swarm itself
/// sets (in_progress, blocked), never a status a person chose.
/// </summary>
static class BacklogEditRules
{
    /// <summary>Keys in the order in which bd and br write them; their orders do not contradict each other.</summary>
    public static readonly IReadOnlyList<string> Order =
    [
        "_type", "id", "content_hash", "title", "description", "design", "acceptance_criteria", "notes", "spec_id",
        "status", "priority", "issue_type", "is_blocked", "assignee", "owner", "estimated_minutes", "created_at",
        "created_by", "updated_at", "started_at", "closed_at", "close_reason", "closed_by_session", "lease_expires_at",
        "heartbeat_at", "lease_granted_node", "due_at", "defer_until", "external_ref", "source_system", "source_repo",
        "source_repo_path", "agent_context", "deleted_at", "deleted_by", "delete_reason", "original_type", "metadata",
        "compaction_level", "compacted_at", "compacted_at_commit", "original_size", "sender", "ephemeral", "no_history",
        "wisp_type", "storage_class", "pinned", "is_template", "labels", "dependencies", "comments", "bonded_from",
        "dependency_count", "dependent_count", "comment_count",
    ];

    /// <summary>The file with all changes made, in their order.</summary>
    public static BacklogEdit Apply(
        Backlog backlog, IReadOnlyList<BeadChange> changes, TrackerDialect dialect, DateTimeOffset now)
    {
        var lines = backlog.Lines.ToArray();
        var indexes = new Dictionary<BeadId, int>();
        for (var i = 0; i < lines.Length; i++)
        {
            if (lines[i] is BacklogLine.Issue { Bead.Deleted: false } issue)
            {
                indexes[issue.Bead.Id] = i;
            }
        }

        var (missing, changed) = (new List<BeadId>(), new List<BeadId>());
        foreach (var change in changes)
        {
            if (!indexes.TryGetValue(change.Bead, out var index))
            {
                missing.Add(change.Bead);
            }
            else if (lines[index] is BacklogLine.Issue issue && Edit(issue.Bead, change, dialect, now) is { } json)
            {
                lines[index] = WithJson(issue, json, dialect);
                changed.Add(change.Bead);
            }
        }

        return new BacklogEdit(
            changed.Count == 0 ? null : Join(lines), [.. missing.Distinct()], [.. changed.Distinct()]);
    }

    /// <summary>The bead's object after the change, or null where it is as the change wants it already.</summary>
    static ReadOnlyMemory<byte>? Edit(Bead bead, BeadChange change, TrackerDialect dialect, DateTimeOffset now)
    {
        if (!bead.Unfinished)
        {
            return null;
        }

        var style = TextStyle.Of(bead.Json.Span, dialect);
        var edited = change switch
        {
            BeadChange.Start start => Start(bead, start.Assignee, style),
            BeadChange.Close close => Close(bead, close.Reason, style),
            BeadChange.Block block => Note(Status(bead, BeadStatus.Blocked, style), block.Note, bead, style),
            BeadChange.Reopen reopen => Reopen(bead, reopen.Note, style),
        };
        if (edited.Span.SequenceEqual(bead.Json.Span))
        {
            return null;
        }

        return Stamped(bead, edited, change, dialect, now);
    }

    static ReadOnlyMemory<byte> Start(Bead bead, string assignee, TextStyle style)
    {
        var json = Status(bead, BeadStatus.InProgress, style);
        return bead.Assignee == assignee ? json : Set(json, "assignee", assignee, style);
    }

    static ReadOnlyMemory<byte> Close(Bead bead, string reason, TextStyle style)
    {
        var json = Status(bead, BeadStatus.Closed, style);
        return bead.CloseReason == reason ? json : Set(json, "close_reason", reason, style);
    }

    static ReadOnlyMemory<byte> Reopen(Bead bead, string? note, TextStyle style)
    {
        var ours = bead.Status is BeadStatus.InProgress or BeadStatus.Blocked or BeadStatus.Hooked;
        var json = ours ? Status(bead, BeadStatus.Open, style) : bead.Json;
        json = bead.Assignee is null ? json : JsonText.Remove(json, "assignee");
        return note is null ? json : Note(json, note, bead, style);
    }

    static ReadOnlyMemory<byte> Note(ReadOnlyMemory<byte> json, string note, Bead bead, TextStyle style) =>
        note.Length == 0 || bead.Notes.Contains(note, StringComparison.Ordinal) ? json
        : JsonText.Append(json, "notes", bead.Notes.Length == 0 ? note : $"\n\n{note}", style, Order);

    // Both trackers keep the line with the later updated_at, and both demand closed_at exactly where status is closed.
    static ReadOnlyMemory<byte> Stamped(
        Bead bead, ReadOnlyMemory<byte> json, BeadChange change, TrackerDialect dialect, DateTimeOffset now)
    {
        var time = $"\"{BeadTime.After(JsonText.Text(json, "updated_at"), now)}\"";
        json = JsonText.Set(json, "updated_at", time, Order);
        return change switch
        {
            // bd keeps the first start; only the lines of versions that know the field get it.
            BeadChange.Start => dialect == TrackerDialect.Bd && bead.StartedAt is null
                && JsonText.Value(json, "_type") is not null
                ? JsonText.Set(json, "started_at", time, Order)
                : json,
            BeadChange.Close => JsonText.Set(json, "closed_at", time, Order),
            BeadChange.Block => json,
            BeadChange.Reopen => json,
        };
    }

    static ReadOnlyMemory<byte> Status(Bead bead, string status, TextStyle style) =>
        bead.Status == status ? bead.Json : Set(bead.Json, "status", status, style);

    static ReadOnlyMemory<byte> Set(ReadOnlyMemory<byte> json, string name, string text, TextStyle style) =>
        JsonText.Set(json, name, JsonText.Quote(text, style), Order);

    /// <summary>The line with another object in it, and everything around that as it is.</summary>
    public static BacklogLine.Issue WithJson(BacklogLine.Issue line, ReadOnlyMemory<byte> json, TrackerDialect dialect)
    {
        line.Bytes.Span.Overlaps(line.Bead.Json.Span, out var start);
        byte[] bytes =
        [
            .. line.Bytes.Span[..start], .. json.Span, .. line.Bytes.Span[(start + line.Bead.Json.Length)..],
        ];
        var slice = bytes.AsMemory(start, json.Length);
        var bead = BeadReader.Read(slice, dialect)
            ?? throw new InvalidOperationException($"editing {line.Bead.Id} made it something else than a bead");
        return new BacklogLine.Issue(bytes, bead);
    }

    /// <summary>The file that has these lines; one that was the last, and has no end, gets one in the middle.</summary>
    public static byte[] Join(IReadOnlyList<BacklogLine> lines)
    {
        var bytes = new ArrayBufferWriter<byte>(lines.Sum(line => line.Bytes.Length) + 1);
        for (var i = 0; i < lines.Count; i++)
        {
            bytes.Write(lines[i].Bytes.Span);
            if (i < lines.Count - 1 && lines[i].Bytes.Span is not [.., (byte)'\n'])
            {
                bytes.Write("\n"u8);
            }
        }

        return bytes.WrittenSpan.ToArray();
    }
}
