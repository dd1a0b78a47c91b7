using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace Beadswarm.Beads;

/// <summary>The beads of a tracker at one moment, in the order of its file.</summary>
sealed record Backlog(IReadOnlyList<Bead> Beads)
{
    /// <summary>Longest line that is read; bd's own import stops here too.</summary>
    public const int LineBytesMax = 64 * 1024 * 1024;

    static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>
    /// Every line of the file with its line end; written one after the other they are the file again.
    /// </summary>
    public IReadOnlyList<BacklogLine> Lines { get; init; } = [];

    /// <summary>
    /// Reads a backlog from the bytes of a JSONL file. Nothing of the file is lost: see <see cref="Lines"/>.
    /// </summary>
    /// <exception cref="TrackerException">
    /// A line is not valid, an id appears twice, or a merge left conflict markers. Names the line and the remedy.
    /// </exception>
    public static Backlog Parse(string path, ReadOnlyMemory<byte> bytes, TrackerDialect dialect)
    {
        var lines = new List<BacklogLine>();
        var beads = new List<Bead>();
        var lineOf = new Dictionary<BeadId, int>();
        RejectInvalidText(path, bytes.Span);

        for (var start = 0; start < bytes.Length;)
        {
            var end = bytes.Span[start..].IndexOf((byte)'\n');
            var length = end < 0 ? bytes.Length - start : end + 1;
            var line = ParseLine(path, lines.Count + 1, bytes.Slice(start, length), dialect);
            if (line is BacklogLine.Issue issue)
            {
                if (!lineOf.TryAdd(issue.Bead.Id, lines.Count + 1))
                {
                    throw Broken(
                        path, lines.Count + 1,
                        $"bead '{issue.Bead.Id}' is already on line {lineOf[issue.Bead.Id]}",
                        "delete one of the two lines (keep the one with the later updated_at)");
                }

                beads.Add(issue.Bead);
            }

            lines.Add(line);
            start += length;
        }

        return new Backlog(beads) { Lines = lines };
    }

    static BacklogLine ParseLine(string path, int number, ReadOnlyMemory<byte> bytes, TrackerDialect dialect)
    {
        if (bytes.Length > LineBytesMax)
        {
            throw Broken(path, number, $"the line has {bytes.Length} bytes, the limit is {LineBytesMax}", "shorten it");
        }

        var json = JsonOf(bytes, number);
        if (json.IsEmpty)
        {
            return new BacklogLine.Other(bytes);
        }

        if (ConflictMarker(json.Span) is { } marker)
        {
            throw Broken(
                path, number, $"a merge left the conflict marker '{marker}'",
                "resolve the conflict: keep one line per bead and delete the markers");
        }

        try
        {
            return BeadReader.Read(json, dialect) is { } bead
                ? new BacklogLine.Issue(bytes, bead)
                : new BacklogLine.Other(bytes);
        }
        catch (JsonException broken)
        {
            throw Broken(
                path, number, $"not one JSON object a line: {Excerpt.Of(broken)} at byte {broken.BytePositionInLine}",
                "repair or delete the line, or restore the file from git", broken);
        }
        catch (FormatException foreign)
        {
            throw Broken(
                path, number, foreign.Message,
                "repair or delete the line, or restore the file from git", foreign);
        }
    }

    /// <summary>The line without byte order mark, line end and surrounding white space.</summary>
    internal static ReadOnlyMemory<byte> JsonOf(ReadOnlyMemory<byte> line, int number)
    {
        var span = line.Span;
        var start = number == 1 && span.StartsWith(ByteOrderMark) ? ByteOrderMark.Length : 0;
        var end = span.Length;
        while (start < end && span[start] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            start++;
        }

        while (end > start && span[end - 1] is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
        {
            end--;
        }

        return line[start..end];
    }

    static void RejectInvalidText(string path, ReadOnlySpan<byte> bytes)
    {
        if (Utf8.IsValid(bytes))
        {
            return;
        }

        var number = 1;
        foreach (var range in bytes.Split((byte)'\n'))
        {
            if (!Utf8.IsValid(bytes[range]))
            {
                throw Broken(
                    path, number, "the line is not valid UTF-8", "save the file as UTF-8, or restore it from git");
            }

            number++;
        }
    }

    // A line of JSON never begins with these, so a bead whose text quotes a marker is not mistaken for one.
    static string? ConflictMarker(ReadOnlySpan<byte> json)
    {
        var marked = json.StartsWith("<<<<<<<"u8) || json.StartsWith("======="u8)
            || json.StartsWith(">>>>>>>"u8) || json.StartsWith("|||||||"u8);
        return marked ? Encoding.UTF8.GetString(json[..Math.Min(json.Length, 60)]) : null;
    }

    static TrackerException Broken(string path, int line, string cause, string remedy, Exception? inner = null) =>
        new($"cannot read {path}, line {line}: {cause}; {remedy}", path, line, inner);
}

/// <summary>One line of the tracker's file, with the bytes it was read from, line end included.</summary>
abstract record BacklogLine
{
    BacklogLine(ReadOnlyMemory<byte> bytes) => Bytes = bytes;

    public ReadOnlyMemory<byte> Bytes { get; init; }

    public sealed record Issue(ReadOnlyMemory<byte> Bytes, Bead Bead) : BacklogLine(Bytes);

    /// <summary>A blank line, a header, a memory: nothing the swarm reads, kept as it is.</summary>
    public sealed record Other(ReadOnlyMemory<byte> Bytes) : BacklogLine(Bytes);
}
