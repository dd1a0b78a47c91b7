using System.Text.Json;

namespace Beadswarm.EndToEnd.Tests.Audit;

/// <summary>
/// A tracker's file as an outsider reads it: lines and JSON, without the program's own reader, which is audited.
/// </summary>
sealed class TrackerLines
{
    static readonly string[] Ended = ["closed", "tombstone"];

    readonly Dictionary<string, (byte[] Line, JsonElement Json)> _beads = [];

    /// <summary>Why it is not valid; empty when it is.</summary>
    public List<string> Faults { get; } = [];

    public List<string> Order { get; } = [];

    public static TrackerLines Parse(ReadOnlySpan<byte> bytes)
    {
        var tracker = new TrackerLines();
        if (bytes.Length > 0 && bytes[^1] != '\n')
        {
            tracker.Faults.Add("the last line has no line end");
        }

        var number = 0;
        while (!bytes.IsEmpty)
        {
            var end = bytes.IndexOf((byte)'\n');
            var line = end < 0 ? bytes : bytes[..end];
            bytes = end < 0 ? default : bytes[(end + 1)..];
            number++;
            if (!line.IsEmpty)
            {
                tracker.Add(number, line.ToArray());
            }
        }

        return tracker;
    }

    public IEnumerable<string> Ids => Order;

    public bool Has(string id) => _beads.ContainsKey(id);

    public ReadOnlySpan<byte> Line(string id) => _beads[id].Line;

    public JsonElement Json(string id) => _beads[id].Json;

    public string Status(string id) => Text(_beads[id].Json, "status");

    /// <summary>Closed or gone: waits for nothing and nothing waits for it.</summary>
    public bool IsEnded(string id) => !Has(id) || Ended.Contains(Status(id));

    /// <summary>What must be done before this bead: its own blockers and those of everything it is a part of.</summary>
    public IReadOnlySet<string> Blockers(string id)
    {
        var blockers = new HashSet<string>();
        var seen = new HashSet<string>();
        var unseen = new Queue<string>([id]);
        while (unseen.TryDequeue(out var bead))
        {
            if (!seen.Add(bead) || !Has(bead))
            {
                continue;
            }

            foreach (var (target, kind) in Edges(bead))
            {
                if (kind == "blocks")
                {
                    blockers.Add(target);
                }
                else if (kind == "parent-child")
                {
                    unseen.Enqueue(target);
                }
            }
        }

        return blockers;
    }

    public bool IsEpic(string id) => Has(id) && Text(_beads[id].Json, "issue_type") == "epic";

    /// <summary>What is directly below a bead, apart from what was deleted.</summary>
    public IReadOnlyList<string> Children(string id) =>
    [
        .. Order.Where(bead => Status(bead) != "tombstone" && Edges(bead).Contains((id, "parent-child"))),
    ];

    /// <summary>It was done, or it is an epic of which everything was.</summary>
    public bool IsDone(string id, IReadOnlySet<string> done) =>
        done.Contains(id)
        || (IsEpic(id) && Children(id) is { Count: > 0 } children && children.All(child => IsDone(child, done)));

    IEnumerable<(string Target, string Kind)> Edges(string id)
    {
        if (!_beads[id].Json.TryGetProperty("dependencies", out var edges) || edges.ValueKind != JsonValueKind.Array)
        {
            yield break;
        }

        foreach (var edge in edges.EnumerateArray())
        {
            yield return (Text(edge, "depends_on_id"), Text(edge, "type"));
        }
    }

    void Add(int number, byte[] line)
    {
        try
        {
            var json = JsonDocument.Parse(line).RootElement;
            var id = Text(json, "id");
            if (!_beads.TryAdd(id, (line, json)))
            {
                Faults.Add($"line {number}: bead {id} is there twice");
                return;
            }

            Order.Add(id);
        }
        catch (Exception broken) when (broken is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            Faults.Add($"line {number} is not a bead: {broken.Message}");
        }
    }

    static string Text(JsonElement json, string name) => json.GetProperty(name).GetString() ?? "";
}
