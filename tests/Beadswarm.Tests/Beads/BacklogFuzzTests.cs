using System.Text;
using System.Text.Json;
using Beadswarm.Beads;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Beads;

/// <summary>Backlogs that people, merges, crashes and other programs have been at.</summary>
public sealed class BacklogFuzzTests
{
    static readonly string[] Fields =
    [
        "\"id\":\"ts-2\"", "\"title\":", "\"status\":\"closed\"", "\"status\":\"in_progress\"", "\"priority\":2",
        "\"labels\":[", "\"dependencies\":[{", "\"depends_on_id\":\"ts-1\"", "\"type\":\"waits-for\"",
        "\"metadata\":{\"gate\":\"any-children\"}", "\"assignee\":\"ann\"", "\"notes\":\"n\"",
        "\"updated_at\":\"2026-01-31T12:00:00Z\"", "\"_type\":\"issue\"", "\"_type\":\"memory\"", "\"comments\":[1]",
        "\"issue_type\":\"epic\"", ",\"", "\":\"", "\"ts-1.1\"", "+14:00", ".1234567",
    ];

    static readonly byte[][] Corpus =
        [.. FuzzInputs.Samples(), .. FuzzInputs.Recorded("beads", "*.jsonl", 4)];

    /// <summary>Fields that a change of the swarm may touch.</summary>
    static readonly HashSet<string> Touched =
        ["status", "assignee", "notes", "updated_at", "started_at", "closed_at", "close_reason"];

    [Fact]
    public Task Any_bytes_are_a_backlog_or_a_refusal_with_file_line_and_remedy() =>
        new Fuzz<Backlog>(Corpus, Fields)
        {
            Read = input => Backlog.Parse("issues.jsonl", input.Bytes, DialectOf(input)),
            Thrown = error => error is TrackerException { Path: "issues.jsonl", Line: > 0 } refused
                && refused.Message.StartsWith($"cannot read issues.jsonl, line {refused.Line}: ",
                StringComparison.Ordinal)
                && refused.Message.Contains("; ", StringComparison.Ordinal) ? refused.Message : null,
            Holds = (input, backlog) =>
            {
                Assert.Equal(input.Bytes, backlog.Lines.SelectMany(line => line.Bytes.ToArray()));
                Assert.Equal(backlog.Beads.Count, backlog.Lines.OfType<BacklogLine.Issue>().Count());
                Assert.All(backlog.Beads.Take(4), bead => Assert.Equal(Told(bead), Told(Again(bead,
                DialectOf(input)))));
            },
            Count = 4000,
            AllocatedPerByteMax = 128,
        }.RunAsync();

    [Fact]
    public Task Whatever_was_read_is_edited_in_one_line_and_in_the_fields_that_were_meant() =>
        new Fuzz<Backlog>(Corpus, Fields)
        {
            Read = input => Backlog.Parse("issues.jsonl", input.Bytes, DialectOf(input)),
            Thrown = error => error is TrackerException ? error.Message : null,
            Holds = (input, before) =>
            {
                var random = input.Choices();
                if (before.Beads.Count == 0)
                {
                    return;
                }

                var bead = before.Beads[random.Next(before.Beads.Count)];
                var change = Change(random, bead.Id);
                var edit = BacklogEditRules.Apply(before, [change], DialectOf(input), Some.Now);
                if (edit.Bytes is not { } bytes)
                {
                    return;
                }

                var after = Backlog.Parse("issues.jsonl", bytes, DialectOf(input));
                Assert.Equal(before.Lines.Count, after.Lines.Count);
                foreach (var (old, now) in before.Lines.Zip(after.Lines))
                {
                    if (old is BacklogLine.Issue touched && touched.Bead.Id == bead.Id)
                    {
                        var edited = Assert.IsType<BacklogLine.Issue>(now).Bead;
                        Assert.Equal(Others(bead), Others(edited));
                        Assert.True(
                            edited.UpdatedAt > bead.UpdatedAt || bead.UpdatedAt.Year == 9999, $"{edited.UpdatedAt:O}");
                        CheckEffect(change, bead, edited);
                    }
                    else
                    {
                        Assert.True(old.Bytes.Span.SequenceEqual(now.Bytes.Span));
                    }
                }

                Assert.Null(BacklogEditRules.Apply(after, [change], DialectOf(input), Some.Now.AddDays(1)).Bytes);
            },
            Count = 4000,
            AllocatedPerByteMax = 128,
        }.RunAsync();

    [Fact]
    public Task Every_bead_of_any_backlog_is_ready_or_has_reasons_and_doctor_has_an_opinion() =>
        new Fuzz<Backlog>(Corpus, Fields)
        {
            Read = input => Backlog.Parse("issues.jsonl", input.Bytes, DialectOf(input)),
            Thrown = error => error is TrackerException ? error.Message : null,
            Holds = (input, backlog) =>
            {
                var graph = new BeadGraph(backlog.Beads);
                var readiness = ReadinessRules.Evaluate(graph, DialectOf(input), Some.Now);
                Assert.Equal(backlog.Beads.Count, readiness.Ready.Count + readiness.NotReady.Count);
                Assert.All(readiness.NotReady.Values, reasons => Assert.NotEmpty(reasons));
                var location = new TrackerLocation(
                    "f", "f/issues.jsonl", DialectOf(input), "", TrackerOrder.PriorityOldestFirst, null, "ts", true,
                    ["open"]);
                Assert.All(
                    WreckedTracker.Examine(backlog, location, new HashSet<BeadId>(), "beadswarm"),
                    trouble => Assert.NotEmpty(trouble.Describe()));
            },
            Count = 3000,
            AllocatedPerByteMax = 128,
        }.RunAsync();

    [Fact]
    public Task Any_text_is_a_time_or_none_and_the_next_time_is_later_and_reads_back() =>
        new Fuzz<DateTimeOffset?>(
            FuzzInputs.Of(
                "2026-01-31T12:00:00Z", "2026-01-31T12:00:00.123456789+02:00", "0001-01-01T00:00:00Z",
                "2026-01-31 12:00:00",
                "9999-12-31T23:59:59.9999999Z", "2026-01-31t12:00:00z", "2026-01-31T12:00:00-23:59"))
        {
            Read = input => BeadTime.TryParse(input.Text, out var time) ? time : null,
            Holds = (input, time) =>
            {
                if (time is { } read)
                {
                    var text = BeadTime.After(input.Text, Some.Now);
                    Assert.True(BeadTime.TryParse(text, out var next), text);
                    Assert.True(next > read || read.UtcDateTime.Year == 9999, $"{read:O}, then {text}");
                }
            },
            Count = 5000,
        }.RunAsync();

    [Theory]
    [InlineData("""{"\ud800":1,"id":"ts-1","title":"T"}""", "T")]
    [InlineData("""{"i\udc00":1,"id":"ts-1","title":"\ud83d T \\ud800"}""", "\ufffd T \\ud800")]
    [InlineData("""{"id":"ts-1","title":"\ud83d\ude00\ude00","x":"\\\ud83d"}""", "😀\ufffd")]
    public void Half_a_character_anywhere_in_a_line_hides_no_bead_and_stays_in_the_file(string line, string title)
    {
        var backlog = Some.Backlog(line);

        Assert.Equal(title, Assert.Single(backlog.Beads).Title);
        var edit = BacklogEditRules.Apply(
            backlog, [new BeadChange.Start(BeadId.Parse("ts-1"), "w")], TrackerDialect.Bd, Some.Now);
        var edited = Encoding.UTF8.GetString(edit.Bytes!); // it was edited
        Assert.All(line[1..^1].Split(','), field => Assert.Contains(field, edited, StringComparison.Ordinal));
    }

    [Fact]
    public void A_megabyte_of_half_characters_is_read_in_one_pass()
    {
        var halves = string.Concat(Enumerable.Repeat("\\ud800", 200_000));

        var bead = Assert.Single(Some.Backlog($$"""{"id":"ts-1","title":"{{halves}}"}""").Beads);

        Assert.Equal(new string('\ufffd', 200_000), bead.Title);
    }

    [Fact]
    public void Half_a_character_in_the_metadata_of_a_gate_leaves_the_default_gate()
    {
        var metadata = """>{"gate":"\ud800","\udc00":1}""";
        var graph = Some.Graph(
            Some.Bead("spawner"), Some.Bead("child", ["parent-child>spawner"]), Some.Bead("w",
            ["waits-for>spawner" + metadata]));

        Assert.Equal("spawner child", Some.Ids(ReadinessRules.Evaluate(graph, TrackerDialect.Bd, Some.Now).Ready));
    }

    [Theory]
    [InlineData("9999-12-31T23:59:59Z")]
    [InlineData("9999-12-31T23:59:59.9999999Z")]
    [InlineData("9999-12-31T23:59:59+14:00")]
    [InlineData("9999-12-31T09:59:59.9999999-14:00")]
    public void A_bead_that_was_updated_at_the_end_of_time_is_edited_all_the_same(string updated)
    {
        var backlog = Some.Backlog($$"""{"id":"ts-1","title":"T","updated_at":"{{updated}}"}""");

        var edit = BacklogEditRules.Apply(
            backlog, [new BeadChange.Close(BeadId.Parse("ts-1"), "done")], TrackerDialect.Bd, Some.Now);

        var closed = Assert.Single(Backlog.Parse("f", edit.Bytes, TrackerDialect.Bd).Beads);
        Assert.Equal(("closed", backlog.Beads[0].UpdatedAt), (closed.Status, closed.UpdatedAt));
    }

    [Theory]
    [InlineData("12:00")]
    [InlineData("1/2/2026")]
    [InlineData("")]
    public void A_time_without_its_date_is_none(string text) => Assert.False(BeadTime.TryParse(text, out _));

    [Fact]
    public void A_field_that_is_given_several_times_is_taken_away_whole()
    {
        var line = """{"assignee":"a", "id":"ts-1","assignee":"b","title":"T","assignee":"d","assignee":"e"}""";
        string[] order = ["id", "title"];

        var without = JsonText.Remove(Encoding.UTF8.GetBytes(line), "assignee");

        Assert.Equal("""{"id":"ts-1","title":"T"}""", Encoding.UTF8.GetString(without.Span));
        Assert.Equal(
            "{}", Encoding.UTF8.GetString(JsonText.Remove("""{"a":1,"a":2}"""u8.ToArray(), "a").Span));
        Assert.Equal(
            """{"id":"ts-1","title":"U"}""",
            Encoding.UTF8.GetString(JsonText.Set(without, "title", "\"U\"", order).Span));
    }

    [Fact]
    public void A_time_that_is_written_with_escapes_is_still_followed_by_a_later_one()
    {
        var backlog = Some.Backlog("""{"id":"ts-1","title":"T","updated_at":"2030\u002d01-31T12:00:00Z"}""");

        var edit = BacklogEditRules.Apply(
            backlog, [new BeadChange.Start(BeadId.Parse("ts-1"), "w")], TrackerDialect.Bd, Some.Now);

        Assert.Contains(
            "\"updated_at\":\"2030-01-31T12:00:01Z\"", Encoding.UTF8.GetString(edit.Bytes!), // it was edited
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"id":"LONG","title":"T"}""")]
    [InlineData("""{"id":"ts-1","title":"T","priority":"LONG"}""")]
    [InlineData("""{"id":"ts-1","title":"T","updated_at":"LONG"}""")]
    [InlineData("""{"id":"ts-1","title":tLONG}""")]
    public void A_refusal_shows_the_beginning_of_a_long_value(string line)
    {
        var refused = Assert.Throws<TrackerException>(
            () => Some.Backlog(line.Replace("LONG", new string('x', 100_000), StringComparison.Ordinal)));

        Assert.InRange(refused.Message.Length, 80, 500);
        Assert.Contains("xxxxxxxxxx…", refused.Message, StringComparison.Ordinal);
    }

    static void CheckEffect(BeadChange change, Bead old, Bead now)
    {
        switch (change)
        {
            case BeadChange.Start start:
                Assert.Equal(("in_progress", start.Assignee), (now.Status, now.Assignee));
                break;
            case BeadChange.Close close:
                Assert.Equal(("closed", close.Reason), (now.Status, now.CloseReason));
                Assert.NotNull(now.ClosedAt);
                break;
            case BeadChange.Block block:
                Assert.Equal("blocked", now.Status);
                Assert.StartsWith(old.Notes, now.Notes, StringComparison.Ordinal);
                Assert.Contains(block.Note, now.Notes, StringComparison.Ordinal);
                break;
            case BeadChange.Reopen:
                Assert.Null(now.Assignee);
                Assert.StartsWith(old.Notes, now.Notes, StringComparison.Ordinal);
                break;
        }
    }

    static BeadChange Change(Random random, BeadId id) => random.Next(4) switch
    {
        0 => new BeadChange.Start(id, "beadswarm/3"),
        1 => new BeadChange.Close(id, "done <&> \u2028 é"),
        2 => new BeadChange.Block(id, "no \"luck\"\n😀"),
        _ => new BeadChange.Reopen(id, random.Next(2) == 0 ? "again" : null),
    };

    /// <summary>Names and texts of the fields that no change may touch, in their order.</summary>
    static string Others(Bead bead)
    {
        using var document = JsonDocument.Parse(bead.Json, new JsonDocumentOptions { MaxDepth = 1024 });
        return string.Join('\n', document.RootElement.EnumerateObject()
            .Select(field => field.ToString()).Where(text => !Touched.Contains(NameOf(text))));
    }

    // As written: a name may hold what is no text.
    static string NameOf(string field) => field[(field.IndexOf('"') + 1)..field.IndexOf("\":",
    StringComparison.Ordinal)];

    static string Told(Bead bead) => JsonSerializer.Serialize((object?[])
    [
        bead.Id, bead.Title, bead.Description, bead.Design, bead.AcceptanceCriteria, bead.Notes, bead.Status,
        bead.Priority, bead.Type, bead.Assignee, bead.Owner, bead.EstimatedMinutes, bead.CreatedAt.UtcTicks,
        bead.UpdatedAt.UtcTicks, bead.CloseReason, bead.DueAt?.UtcTicks, bead.ExternalRef, bead.Labels,
        bead.Dependencies,
    ]);

    static Bead Again(Bead bead, TrackerDialect dialect) =>
        BeadReader.Read(BeadJson.Write(bead with { Json = default }), dialect)!; // what is written is a bead

    static TrackerDialect DialectOf(FuzzInput input) => (TrackerDialect)(input.Bytes.Length % 3);
}
