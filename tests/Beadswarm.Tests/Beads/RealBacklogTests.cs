using System.Globalization;
using System.Text;
using Beadswarm.Beads;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Beads;

/// <summary>Backlogs of public repositories: read or refused for a good reason, and edited without harm.</summary>
public sealed class RealBacklogTests
{
    [Fact]
    public void Every_backlog_is_read_or_refused_with_its_line()
    {
        if (SharedData.Path("beads") is not { } folder)
        {
            return;
        }

        var table = new StringBuilder();
        foreach (var file in Files(folder))
        {
            table.Append(CultureInfo.InvariantCulture, $"{Path.GetFileNameWithoutExtension(file)}: ");
            try
            {
                var (location, backlog) = Read(file);
                table.AppendLine(Describe(location, backlog));
            }
            catch (TrackerException refused)
            {
                table.AppendLine(refused.Message.Replace(file, "<file>", StringComparison.Ordinal));
            }
        }

        Snapshot.Match(table.ToString());
    }

    [Fact]
    public void Unwritten_backlogs_are_the_same_bytes_and_written_ones_differ_in_the_touched_lines()
    {
        foreach (var (location, backlog, bytes) in Readable())
        {
            Assert.Equal(bytes, Join(backlog));

            var touched = backlog.Beads.Where(bead => bead.Unfinished).Where((_, i) => i % 7 == 0).ToArray();
            BeadChange[] changes = [.. touched.Select((bead, i) => Change(bead.Id, i))];
            var edit = BacklogEditRules.Apply(backlog, changes, location.Dialect, Some.Now);
            var after = edit.Bytes is { } written ? Backlog.Parse("after", written, location.Dialect) : backlog;

            Assert.Empty(edit.Missing);
            Assert.Equal(backlog.Lines.Count, after.Lines.Count);
            var changed = edit.Changed.ToHashSet();
            foreach (var (old, now) in backlog.Lines.Zip(after.Lines))
            {
                var same = old.Bytes.Span.SequenceEqual(now.Bytes.Span);
                Assert.Equal(old is BacklogLine.Issue issue && changed.Contains(issue.Bead.Id), !same);
            }

            var again = BacklogEditRules.Apply(after, changes, location.Dialect, Some.Now.AddDays(1));
            Assert.Null(again.Bytes);
        }
    }

    [Fact]
    public void The_swarm_that_crashed_left_199_beads_that_a_repair_makes_workable()
    {
        if (SharedData.Path("beads/lprior-repo_oya.largest.jsonl") is not { } file)
        {
            return;
        }

        var (location, backlog) = Read(file);
        var troubles = WreckedTracker.Examine(backlog, location, new HashSet<BeadId>(), "beadswarm");
        Assert.Equal(199, Assert.Single(troubles.OfType<TrackerTrouble.LeftInProgress>()).Beads.Count);

        var ready = Ready(backlog, location);
        var edit = BacklogEditRules.Apply(backlog, WreckedTracker.Repairs(troubles), location.Dialect, Some.Now);
        var repaired = Backlog.Parse(file, edit.Bytes!, location.Dialect);

        Assert.Equal(199, edit.Changed.Count);
        Assert.DoesNotContain(repaired.Beads, bead => bead.Status == BeadStatus.InProgress);
        Assert.Equal((60, 259), (ready, Ready(repaired, location)));
        Assert.Empty(WreckedTracker.Examine(repaired, location, new HashSet<BeadId>(), "beadswarm")
            .OfType<TrackerTrouble.LeftInProgress>());
    }

    [Fact]
    public void Beads_that_a_swarm_holds_or_a_person_works_on_are_not_reopened()
    {
        var backlog = Some.Backlog(
            """
            {"id":"ts-1","title":"held","status":"in_progress"}
            {"id":"ts-2","title":"a person's","status":"in_progress","assignee":"ann"}
            {"id":"ts-3","title":"an agent's","status":"in_progress","assignee":"beadswarm/4"}
            {"id":"ts-4","title":"nobody's","status":"in_progress"}
            {"id":"other-5","title":"foreign","status":"open"}
            """);
        var location = new TrackerLocation(
            "f", "f/issues.jsonl", TrackerDialect.Bd, "", TrackerOrder.PriorityOldestFirst, null, "ts", true, ["open"]);

        var troubles = WreckedTracker.Examine(
            backlog, location, new HashSet<BeadId> { BeadId.Parse("ts-1") }, "beadswarm");

        Assert.Equal(
            "ts-4 ts-3", string.Join(' ', WreckedTracker.Repairs(troubles).Select(change => change.Bead)));
        Assert.Equal(
            [
                "bd keeps its beads in Dolt and does not read f/issues.jsonl; run `bd import` after the swarm, "
                    + "or set tracker.kind to bd",
                "1 beads are in_progress and nobody works on them (ts-4); `beadswarm doctor --fix` reopens them",
                "1 beads are in_progress for agents that no longer hold them (ts-3); "
                    + "`beadswarm doctor --fix` reopens them",
                "1 ids do not begin with the configured prefix 'ts' (other-5); correct the prefix in config.yaml, "
                    + "or rename them with the tracker",
            ],
            troubles.Select(trouble => trouble.Describe()));
    }

    static int Ready(Backlog backlog, TrackerLocation location) =>
        ReadinessRules.Evaluate(new BeadGraph(backlog.Beads), location.Dialect, Some.Now).Ready.Count;

    static string Describe(TrackerLocation location, Backlog backlog)
    {
        var graph = new BeadGraph(backlog.Beads);
        var dependencies = backlog.Beads.SelectMany(bead => bead.Dependencies).Select(edge => edge.Type);
        var ready = ReadinessRules.Evaluate(graph, location.Dialect, Some.Now).Ready;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{backlog.Beads.Count} of {backlog.Lines.Count} lines, {location.Dialect}\n"
            + $"  status {Counts(backlog.Beads.Select(bead => bead.Status))}\n"
            + $"  type {Counts(backlog.Beads.Select(bead => bead.Type))}\n"
            + $"  dependencies {Counts(dependencies)}\n"
            + $"  labels {backlog.Beads.Sum(bead => bead.Labels.Count)}, comments "
            + $"{backlog.Beads.Sum(bead => bead.CommentCount)}, dangling {graph.Dangling.Count()}, "
            + $"external {backlog.Beads.Sum(bead => graph.Outgoing(bead.Id).Count(edge => edge.External))}, "
            + $"cycles {BeadCycles.Find(graph).Count}, ready {ready.Count}");
    }

    static string Counts(IEnumerable<string> words) => string.Join(
        ' ', words.CountBy(word => word)
            .OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => $"{pair.Key}:{pair.Value.ToString(CultureInfo.InvariantCulture)}"));

    static BeadChange Change(BeadId id, int i) => (i % 4) switch
    {
        0 => new BeadChange.Start(id, "beadswarm/1"),
        1 => new BeadChange.Close(id, "landed as <abc> & é\n\"quoted\""),
        2 => new BeadChange.Block(id, "line one\nline <two>"),
        _ => new BeadChange.Reopen(id, "back & again"),
    };

    static IEnumerable<(TrackerLocation, Backlog, byte[])> Readable()
    {
        foreach (var file in SharedData.Path("beads") is { } folder ? Files(folder) : [])
        {
            (TrackerLocation, Backlog)? read = null;
            try
            {
                read = Read(file);
            }
            catch (TrackerException)
            {
                // The other test says which, and why.
            }

            if (read is var (location, backlog))
            {
                yield return (location, backlog, File.ReadAllBytes(file));
            }
        }
    }

    // As in a fresh clone: nothing but the file, under the name it had.
    static (TrackerLocation Location, Backlog Backlog) Read(string file)
    {
        using var root = new TemporaryFolder();
        var name = file.EndsWith(".beads.jsonl", StringComparison.Ordinal) ? "beads.jsonl" : "issues.jsonl";
        Directory.CreateDirectory(root[".beads"]);
        var bytes = File.ReadAllBytes(file);
        File.WriteAllBytes(root[$".beads/{name}"], bytes);
        var location = TrackerLocation.Find(root.Path);
        return (location, Backlog.Parse(file, bytes, location.Dialect));
    }

    static IEnumerable<string> Files(string folder) =>
        Directory.EnumerateFiles(folder, "*.jsonl").Order(StringComparer.Ordinal);

    static byte[] Join(Backlog backlog) => [.. backlog.Lines.SelectMany(line => line.Bytes.ToArray())];
}
