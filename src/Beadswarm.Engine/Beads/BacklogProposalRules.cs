namespace Beadswarm.Beads;

/// <summary>What a person decides about beads that were only proposed.</summary>
enum ProposalDecision
{
    /// <summary>They are work: open, without the label.</summary>
    Accept,

    /// <summary>They are none: closed, with the reason.</summary>
    Reject,
}

/// <summary>
/// Adds proposed beads to a backlog's file, and carries out what a person decides about them. Doing it twice is the
/// same as once, and lines that are not concerned keep their bytes.
/// </summary>
static class BacklogProposalRules
{
    public const string RejectReason = "rejected: the proposal was not accepted";

    /// <summary>The file with the beads at its end; one whose id is there already is left as it is.</summary>
    public static BacklogEdit Add(Backlog backlog, IReadOnlyList<Bead> beads)
    {
        var known = backlog.Beads.Select(bead => bead.Id).ToHashSet();
        var added = beads.Where(bead => !known.Contains(bead.Id)).ToArray();
        if (added.Length == 0)
        {
            return new BacklogEdit(null, [], []);
        }

        using var file = new MemoryStream();
        foreach (var line in backlog.Lines)
        {
            file.Write(line.Bytes.Span);
        }

        if (backlog.Lines is [.., { Bytes: { IsEmpty: false } last }] && last.Span[^1] != (byte)'\n')
        {
            file.WriteByte((byte)'\n');
        }

        // Newer versions of bd say of each line what it is.
        var typed = backlog.Beads.Any(bead => JsonText.Value(bead.Json, "_type") is not null);
        foreach (var bead in added)
        {
            ReadOnlyMemory<byte> json = BeadJson.Write(bead);
            file.Write((typed ? JsonText.Set(json, "_type", "\"issue\"", BacklogEditRules.Order) : json).Span);
            file.WriteByte((byte)'\n');
        }

        return new BacklogEdit(file.ToArray(), [], [.. added.Select(bead => bead.Id)]);
    }

    /// <summary>Carries the decision out on those that still have the label and are not finished.</summary>
    /// <param name="planned">Once its parts are accepted it is an epic: nobody works on it itself.</param>
    public static BacklogEdit Decide(
        Backlog backlog, BeadId planned, IReadOnlySet<BeadId> beads, string label, ProposalDecision decision,
        TrackerDialect dialect, DateTimeOffset now)
    {
        var changed = new List<BeadId>();
        using var file = new MemoryStream();
        foreach (var line in backlog.Lines)
        {
            var edited = line is BacklogLine.Issue issue
                ? Edit(issue.Bead, planned, beads, label, decision, TextStyle.Of(issue.Bead.Json.Span, dialect))
                : null;
            if (edited is not { } json || line is not BacklogLine.Issue { Bead: var bead })
            {
                file.Write(line.Bytes.Span);
                continue;
            }

            changed.Add(bead.Id);
            var time = $"\"{BeadTime.After(JsonText.Text(json, "updated_at"), now)}\"";
            json = JsonText.Set(json, "updated_at", time, BacklogEditRules.Order);
            json = decision == ProposalDecision.Reject
                ? JsonText.Set(json, "closed_at", time, BacklogEditRules.Order)
                : json;
            line.Bytes.Span.Overlaps(bead.Json.Span, out var start);
            file.Write(line.Bytes.Span[..start]);
            file.Write(json.Span);
            file.Write(line.Bytes.Span[(start + bead.Json.Length)..]);
        }

        return new BacklogEdit(changed.Count == 0 ? null : file.ToArray(), [], changed);
    }

    static ReadOnlyMemory<byte>? Edit(
        Bead bead, BeadId planned, IReadOnlySet<BeadId> beads, string label, ProposalDecision decision, TextStyle style)
    {
        if (bead.Id == planned && decision == ProposalDecision.Accept && bead.Unfinished && bead.Type != "epic")
        {
            return Set(bead.Json, "issue_type", "epic", style);
        }

        if (!beads.Contains(bead.Id) || !bead.Unfinished || !bead.Labels.Contains(label))
        {
            return null;
        }

        return decision switch
        {
            ProposalDecision.Accept => Set(WithoutLabel(bead, label, style), "status", BeadStatus.Open, style),
            ProposalDecision.Reject => Set(
                Set(bead.Json, "status", BeadStatus.Closed, style), "close_reason", RejectReason, style),
        };
    }

    static ReadOnlyMemory<byte> WithoutLabel(Bead bead, string label, TextStyle style)
    {
        var rest = bead.Labels.Where(other => other != label).Select(other => JsonText.Quote(other, style)).ToArray();
        return rest.Length == 0
            ? JsonText.Remove(bead.Json, "labels")
            : JsonText.Set(bead.Json, "labels", $"[{string.Join(',', rest)}]", BacklogEditRules.Order);
    }

    static ReadOnlyMemory<byte> Set(ReadOnlyMemory<byte> json, string name, string text, TextStyle style) =>
        JsonText.Set(json, name, JsonText.Quote(text, style), BacklogEditRules.Order);
}
