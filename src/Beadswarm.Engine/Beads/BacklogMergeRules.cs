using System.Text;

namespace Beadswarm.Beads;

/// <summary>
/// Brings into a backlog what others have done to a copy of it since both were one, so that neither side's word is
/// dropped.
///
/// | here      | there     | the bead afterwards                                                           |
/// |-----------|-----------|-------------------------------------------------------------------------------|
/// | as it was | changed   | as it is there                                                                |
/// | changed   | as it was | as it is here                                                                 |
/// | changed   | changed   | each field as whoever changed it has it; where both did, by the later `updated_at` |
/// | removed   | as it was | removed, if it was there when both parted; otherwise the file here was put back |
/// | as it was | removed   | removed                                                                       |
/// | removed   | changed   | as it is there: somebody still works with it                                  |
/// | changed   | removed   | as it is here                                                                 |
/// | none      | new       | as it is there, behind the bead that it follows there                         |
/// </summary>
static class BacklogMergeRules
{
    /// <summary>What says together whether and how a bead has ended: one side's or the other's, never mixed.</summary>
    static readonly string[] Ending =
    [
        "status", "closed_at", "close_reason", "closed_by_session", "deleted_at", "deleted_by", "delete_reason",
        "original_type",
    ];

    /// <param name="was">What both were, when this was done the last time.</param>
    /// <param name="parted">What both were when they parted.</param>
    /// <returns>The new file; null where it is as it is here.</returns>
    public static byte[]? Merge(Backlog was, Backlog parted, Backlog here, Backlog there, TrackerDialect dialect)
    {
        var mine = BacklogEditRules.Join(here.Lines);

        // Where nobody has done anything here it is theirs as it is, also in its order.
        var merged = BacklogEditRules.Join(
            mine.AsSpan().SequenceEqual(BacklogEditRules.Join(was.Lines))
                ? there.Lines
                : Lines(was, parted, here, there, dialect));
        return mine.AsSpan().SequenceEqual(merged) ? null : merged;
    }

    /// <summary>
    /// For reading, where it is not known what two copies have in common: each bead as it was changed last, in the
    /// order of this one and then of the other.
    /// </summary>
    public static IReadOnlyList<Bead> Newest(IReadOnlyList<Bead> here, IReadOnlyList<Bead> there)
    {
        var others = there.ToDictionary(bead => bead.Id);
        var known = here.Select(bead => bead.Id).ToHashSet();
        return
        [
            .. here.Select(bead => others.GetValueOrDefault(bead.Id) is { } other && other.UpdatedAt > bead.UpdatedAt
                ? other
                : bead),
            .. there.Where(bead => !known.Contains(bead.Id)),
        ];
    }

    static IReadOnlyList<BacklogLine> Lines(
        Backlog was, Backlog parted, Backlog here, Backlog there, TrackerDialect dialect)
    {
        var (before, atFirst, mine, others) = (ByKey(was), ByKey(parted), ByKey(here), ByKey(there));
        var lines = new LinkedList<BacklogLine>();
        var places = new Dictionary<string, LinkedListNode<BacklogLine>>(StringComparer.Ordinal);
        foreach (var line in here.Lines)
        {
            if (KeyOf(line) is not { } key)
            {
                lines.AddLast(line);
            }
            else if (Line(before.GetValueOrDefault(key), line, others.GetValueOrDefault(key), dialect) is { } merged)
            {
                places[key] = lines.AddLast(merged);
            }
        }

        LinkedListNode<BacklogLine>? behind = null;
        foreach (var line in there.Lines)
        {
            if (KeyOf(line) is not { } key)
            {
                continue;
            }

            if (places.TryGetValue(key, out var place))
            {
                behind = place;
            }
            else if (!mine.ContainsKey(key)
                && !(atFirst.ContainsKey(key) && before.GetValueOrDefault(key) is { } old && Same(old, line)))
            {
                behind = places[key] = behind is null ? lines.AddFirst(line) : lines.AddAfter(behind, line);
            }
        }

        return [.. lines];
    }

    /// <summary>What becomes of a line that is here; null: it goes.</summary>
    static BacklogLine? Line(BacklogLine? was, BacklogLine here, BacklogLine? there, TrackerDialect dialect) =>
        there is null ? was is not null && Same(was, here) ? null : here
        : Same(here, there) || (was is not null && Same(was, there)) ? here
        : was is not null && Same(was, here) ? there
        : (here, there) is (BacklogLine.Issue mine, BacklogLine.Issue theirs)
            ? Fields((was as BacklogLine.Issue)?.Bead, mine, theirs.Bead, dialect)
            : here;

    static BacklogLine.Issue Fields(Bead? was, BacklogLine.Issue here, Bead there, TrackerDialect dialect)
    {
        var later = there.UpdatedAt > here.Bead.UpdatedAt;
        var json = here.Bead.Json;
        foreach (var together in JsonText.Names(there.Json)
            .Concat(was is null ? [] : JsonText.Names(was.Json))
            .Distinct(StringComparer.Ordinal)
            .GroupBy(name => Ending.Contains(name) ? Ending[0] : name)
            .Select(group => group.Key == Ending[0] ? Ending : [group.Key]))
        {
            var theirs = together.Any(name => Value(was, name) != Value(there, name));
            var ours = together.Any(name => Value(was, name) != Value(here.Bead, name));
            if (!theirs || (ours && !later))
            {
                continue;
            }

            foreach (var name in together)
            {
                json = Value(there, name) is { } value
                    ? JsonText.Set(json, name, value, BacklogEditRules.Order)
                    : JsonText.Remove(json, name);
            }
        }

        return BacklogEditRules.WithJson(here, json, dialect);
    }

    static string? Value(Bead? bead, string name) => bead is null ? null : JsonText.Value(bead.Json, name);

    static Dictionary<string, BacklogLine> ByKey(Backlog backlog)
    {
        var lines = new Dictionary<string, BacklogLine>(StringComparer.Ordinal);
        foreach (var line in backlog.Lines)
        {
            if (KeyOf(line) is { } key)
            {
                lines[key] = line;
            }
        }

        return lines;
    }

    /// <summary>What is no bead is known by its text alone; a blank line is nobody's.</summary>
    static string? KeyOf(BacklogLine line) => line is BacklogLine.Issue issue ? $"bead {issue.Bead.Id}"
        : Text(line) is { Length: > 0 } text ? $"line {Encoding.UTF8.GetString(text.Span)}"
        : null;

    static bool Same(BacklogLine one, BacklogLine other) => Text(one).Span.SequenceEqual(Text(other).Span);

    static ReadOnlyMemory<byte> Text(BacklogLine line) => line is BacklogLine.Issue issue
        ? issue.Bead.Json
        : Backlog.JsonOf(line.Bytes, number: 1);
}
