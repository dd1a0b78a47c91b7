using System.Text;
using Beadswarm.Beads;

namespace Beadswarm.Tests.Beads;

/// <summary>Random backlogs: readiness against a naive reading of the rules, parse∘write, and applying twice.</summary>
public sealed class BeadPropertyTests
{
    const int Rounds = 400;

    static readonly string[] Statuses =
    [
        "open", "open", "open", "in_progress", "closed", "closed", "blocked", "deferred", "pinned", "hooked",
        "tombstone", "own",
    ];

    static readonly string[] Types = ["task", "task", "epic", "bug", "gate"];

    static readonly string[] Kinds =
        ["blocks", "blocks", "parent-child", "parent-child", "conditional-blocks", "waits-for", "related"];

    static readonly string[] Letters = ["a", "<", "&", "\"", "\\", "\n", "é", "😀", "\u0001", "\u2028", "}"];

    static readonly string[] Metadata = ["", """>{"gate":"any-children"}""", """>{"gate":"all-children"}"""];

    [Fact]
    public void The_ready_set_is_that_of_a_naive_reading_of_the_rules()
    {
        for (var seed = 0; seed < Rounds; seed++)
        {
            var beads = Beads(new Random(seed));
            foreach (var dialect in Enum.GetValues<TrackerDialect>())
            {
                var naive = new Naive(beads, dialect);
                var ready = ReadinessRules.Evaluate(new BeadGraph(beads), dialect, Some.Now).Ready;
                Assert.True(
                    Some.Ids(beads.Where(naive.Ready)) == Some.Ids(ready),
                    $"seed {seed}, {dialect}: expected {Some.Ids(beads.Where(naive.Ready))}, got {Some.Ids(ready)}");
            }
        }
    }

    [Fact]
    public void What_is_parsed_is_written_byte_for_byte_and_read_back_the_same()
    {
        for (var seed = 0; seed < Rounds; seed++)
        {
            var bytes = File(new Random(seed));
            var backlog = Backlog.Parse("f", bytes, TrackerDialect.Bd);

            Assert.Equal(bytes, backlog.Lines.SelectMany(line => line.Bytes.ToArray()).ToArray());
            foreach (var bead in backlog.Beads)
            {
                var again = BeadReader.Read(BeadJson.Write(bead with { Json = default }), TrackerDialect.Bd);
                Assert.Equal(
                    (bead.Id, bead.Title, bead.Notes, bead.Status),
                    (again!.Id, again.Title, again.Notes, again.Status));
                Assert.Equal(bead.Dependencies, again.Dependencies);
            }
        }
    }

    [Fact]
    public void Applying_the_same_changes_twice_changes_nothing_more_and_untouched_lines_stay()
    {
        for (var seed = 0; seed < Rounds; seed++)
        {
            var random = new Random(seed);
            var dialect = (TrackerDialect)random.Next(3);
            var before = Backlog.Parse("f", File(random), dialect);
            var ids = before.Beads.Select(bead => bead.Id).Where(_ => random.Next(2) == 0).ToArray();
            BeadChange[] changes = [.. ids.Select(id => Change(random, id))];

            var once = BacklogEditRules.Apply(before, changes, dialect, Some.Now);
            var after = once.Bytes is { } bytes ? Backlog.Parse("f", bytes, dialect) : before;
            var twice = BacklogEditRules.Apply(after, changes, dialect, Some.Now.AddSeconds(1));

            Assert.True(twice.Bytes is null, $"seed {seed}");
            foreach (var (old, now) in before.Lines.Zip(after.Lines))
            {
                if (old is not BacklogLine.Issue { Bead: var bead } || !ids.Contains(bead.Id))
                {
                    Assert.True(old.Bytes.Span.SequenceEqual(now.Bytes.Span), $"seed {seed}");
                }
                else if (now is BacklogLine.Issue { Bead: var edited } && !old.Bytes.Span.SequenceEqual(now.Bytes.Span))
                {
                    Assert.True(edited.UpdatedAt > bead.UpdatedAt, $"seed {seed}");
                    Assert.Equal(edited.Status == "closed", edited.ClosedAt is not null);
                    Assert.Equal(
                        (bead.Title, bead.Priority, bead.CreatedAt), (edited.Title, edited.Priority, edited.CreatedAt));
                }
            }
        }
    }

    static Bead[] Beads(Random random)
    {
        var count = random.Next(1, 14);
        return [.. Enumerable.Range(0, count).Select(i => Some.Bead(
            $"b{i}", [.. Enumerable.Range(0, random.Next(4)).Select(_ => Edge(random, count))],
            Pick(random, Statuses), Pick(random, Types)) with
            {
                Pinned = random.Next(12) == 0,
                IsTemplate = random.Next(12) == 0,
                DeferUntil = random.Next(6) == 0 ? Some.Now.AddMinutes(random.Next(-1, 2)) : null,
                CloseReason = random.Next(2) == 0 ? "it failed" : "done",
            })];
    }

    static string Edge(Random random, int count)
    {
        var target = random.Next(12) switch { 0 => "gone", 1 => "external:p:c", _ => $"b{random.Next(count)}" };
        return $"{Pick(random, Kinds)}>{target}{Pick(random, Metadata)}";
    }

    static byte[] File(Random random)
    {
        var text = new StringBuilder(random.Next(4) == 0 ? "\uFEFF" : "");
        var end = random.Next(2) == 0 ? "\n" : "\r\n";
        foreach (var bead in Beads(random))
        {
            var line = Encoding.UTF8.GetString(BeadJson.Write(bead with
            {
                Title = Text(random),
                Notes = random.Next(2) == 0 ? Text(random) : "",
                Status = bead.Status is "closed" or "tombstone" ? "open" : bead.Status,
                CloseReason = null,
            }));
            text.Append(random.Next(3) == 0 ? line.Replace("\",\"", "\", \"", StringComparison.Ordinal) : line);
            text.Append(random.Next(5) == 0 ? $"{end}{end}" : end);
        }

        return Encoding.UTF8.GetBytes(random.Next(2) == 0 ? text.ToString() : text.ToString().TrimEnd());
    }

    static BeadChange Change(Random random, BeadId id) => random.Next(4) switch
    {
        0 => new BeadChange.Start(id, Text(random)),
        1 => new BeadChange.Close(id, Text(random)),
        2 => new BeadChange.Block(id, Text(random)),
        _ => new BeadChange.Reopen(id, random.Next(2) == 0 ? Text(random) : null),
    };

    static string Text(Random random) =>
        "x" + string.Concat(Enumerable.Range(0, random.Next(8)).Select(_ => Pick(random, Letters)));

    static string Pick(Random random, string[] from) => from[random.Next(from.Length)];

    /// <summary>The rules once more, recursive and slow, read from the trackers' descriptions.</summary>
    sealed class Naive(Bead[] beads, TrackerDialect dialect)
    {
        readonly Dictionary<string, Bead> _beads = beads.ToDictionary(bead => bead.Id.Value);

        public bool Ready(Bead bead) =>
            bead is { Status: "open", Pinned: false, IsTemplate: false }
            && (bead.Type != "gate" || dialect == TrackerDialect.Br)
            && !(bead.DeferUntil > Some.Now)
            && (dialect == TrackerDialect.Br
                || !Parents(bead).Any(parent => parent.DeferUntil > Some.Now && Exists(parent)))
            && !Blocked(bead, [], 0)
            && !(dialect == TrackerDialect.Br && bead.Type == "epic" && Children(bead.Id.Value)
                .Any(child => child.Status is not ("closed" or "tombstone") && !child.IsTemplate));

        bool Blocked(Bead bead, HashSet<string> path, int depth)
        {
            if ((dialect == TrackerDialect.Bd && !Open(bead)) || depth > 50 || !path.Add(bead.Id.Value))
            {
                return false;
            }

            var blocked = bead.Dependencies.Any(Unsatisfied)
                || Parents(bead).Any(parent => Blocked(parent, path, depth + 1));
            path.Remove(bead.Id.Value);
            return blocked;
        }

        bool Unsatisfied(BeadDependency edge)
        {
            var target = _beads.GetValueOrDefault(edge.Target);
            return (edge.Type, dialect) switch
            {
                ("related" or "parent-child", _) => false,
                ("waits-for", not TrackerDialect.Br) => Shut(edge),
                (_, TrackerDialect.Br) => target is null || Open(target),
                _ when target is null => false,
                ("conditional-blocks", TrackerDialect.BdClassic) =>
                    Open(target) || (target.Status == "closed" && target.CloseReason != "it failed"),
                _ => Open(target),
            };
        }

        bool Shut(BeadDependency edge)
        {
            if (dialect == TrackerDialect.Bd && !(_beads.TryGetValue(edge.Target, out var spawner) && Exists(spawner)))
            {
                return false;
            }

            var children = Children(edge.Target).Where(Exists).ToArray();
            var finished = children.Any(child => child.Status is "closed" or "tombstone");
            var open = children.Any(child => child.Status is not ("closed" or "tombstone")
                && (child.Status != "pinned" || dialect == TrackerDialect.BdClassic));
            var any = edge.Metadata?.Contains("any", StringComparison.Ordinal) == true;
            return any ? !finished && (open || dialect == TrackerDialect.BdClassic) : open;
        }

        bool Open(Bead bead) => dialect switch
        {
            TrackerDialect.Bd => bead.Status is not ("closed" or "pinned" or "tombstone"),
            TrackerDialect.BdClassic => bead.Status is "open" or "in_progress" or "blocked" or "deferred" or "hooked",
            TrackerDialect.Br => bead.Status is not ("closed" or "tombstone") && !bead.IsTemplate,
        };

        bool Exists(Bead bead) => dialect != TrackerDialect.Bd || bead.Status != "tombstone";

        IEnumerable<Bead> Parents(Bead bead) => bead.Dependencies.Where(edge => edge.Type == "parent-child")
            .Select(edge => _beads.GetValueOrDefault(edge.Target)).OfType<Bead>();

        IEnumerable<Bead> Children(string id) => _beads.Values
            .Where(bead => bead.Dependencies.Any(edge => edge.Type == "parent-child" && edge.Target == id));
    }
}
