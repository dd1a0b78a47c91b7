using System.Text;
using Beadswarm.Beads;

namespace Beadswarm.Tests.Beads;

/// <summary>Which bytes of which lines a change touches.</summary>
public sealed class BacklogEditRulesTests
{
    static readonly BeadId Id = BeadId.Parse("ts-1");

    [Fact]
    public void Starting_writes_where_the_tracker_would() => Check(
        """
        {"_type":"issue","id":"ts-1","title":"a < b","status":"open","priority":1,"owner":"o",
        "created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z","x":[1, 2.50e0],"dependency_count":0}
        """,
        new BeadChange.Start(Id, "swarm/3"),
        """
        {"_type":"issue","id":"ts-1","title":"a < b","status":"in_progress","priority":1,"assignee":"swarm/3",
        "owner":"o","created_at":"2026-01-01T00:00:00Z","updated_at":"2026-11-20T12:00:00Z",
        "started_at":"2026-11-20T12:00:00Z","x":[1, 2.50e0],"dependency_count":0}
        """);

    [Fact]
    public void Started_at_is_left_to_trackers_that_know_it() => Check(
        """
        {"id":"ts-1","title":"T","status":"open","created_at":"2026-01-01T00:00:00Z",
        "updated_at":"2026-01-01T00:00:00.5Z"}
        """,
        new BeadChange.Start(Id, "s"),
        """
        {"id":"ts-1","title":"T","status":"in_progress","assignee":"s","created_at":"2026-01-01T00:00:00Z",
        "updated_at":"2026-11-20T12:00:00Z"}
        """);

    [Fact]
    public void Closing_keeps_spaces_offsets_and_unknown_fields() => Check(
        """
        {"id": "ts-1", "title": "T", "status": "in_progress", "created_at": "2026-01-01T01:00:00+01:00",
         "updated_at": "2026-01-01T01:00:00.123456789+01:00", "labels": ["z"], "unknown": {"a" :1}}
        """,
        new BeadChange.Close(Id, "landed as <abc> & \"done\"\nok"),
        """
        {"id": "ts-1", "title": "T", "status": "closed", "created_at": "2026-01-01T01:00:00+01:00",
         "updated_at": "2026-11-20T13:00:00+01:00", "closed_at": "2026-11-20T13:00:00+01:00",
         "close_reason": "landed as \u003cabc\u003e \u0026 \"done\"\nok", "labels": ["z"], "unknown": {"a" :1}}
        """);

    [Fact]
    public void A_br_line_gets_raw_characters() => Check(
        """
        {"id":"ts-1","title":"T","status":"in_progress","updated_at":"2026-01-01T00:00:00.1Z","compaction_level":0}
        """,
        new BeadChange.Close(Id, "a <b> é"),
        """
        {"id":"ts-1","title":"T","status":"closed","updated_at":"2026-11-20T12:00:00Z",
        "closed_at":"2026-11-20T12:00:00Z","close_reason":"a <b> é","compaction_level":0}
        """,
        TrackerDialect.Br);

    [Fact]
    public void A_line_of_python_gets_escapes() => Check(
        """{"id": "ts-1", "title": "\u00e9 x", "status": "in_progress", "updated_at": "2026-01-01T00:00:00Z"}""",
        new BeadChange.Close(Id, "ü <1>"),
        """
        {"id": "ts-1", "title": "\u00e9 x", "status": "closed", "updated_at": "2026-11-20T12:00:00Z",
         "closed_at": "2026-11-20T12:00:00Z", "close_reason": "\u00fc <1>"}
        """);

    [Fact]
    public void Blocking_appends_the_note_to_the_bytes_that_are_there() => Check(
        """
        {"id":"ts-1","title":"T","notes":"first \u0041 \/ line","status":"in_progress","assignee":"s",
        "updated_at":"2026-01-01T00:00:00Z"}
        """,
        new BeadChange.Block(Id, "qa failed"),
        """
        {"id":"ts-1","title":"T","notes":"first \u0041 \/ line\n\nqa failed","status":"blocked","assignee":"s",
        "updated_at":"2026-11-20T12:00:00Z"}
        """);

    [Fact]
    public void Blocking_without_notes_makes_them() => Check(
        """{"id":"ts-1","title":"T","status":"in_progress","updated_at":"2026-01-01T00:00:00Z"}""",
        new BeadChange.Block(Id, "qa failed"),
        """{"id":"ts-1","title":"T","notes":"qa failed","status":"blocked","updated_at":"2026-11-20T12:00:00Z"}""");

    [Fact]
    public void Reopening_takes_the_assignee_away() => Check(
        """
        {"id":"ts-1","title":"T","status":"in_progress","assignee":"s","updated_at":"2026-01-01T00:00:00Z",
        "started_at":"2026-01-01T00:00:00Z"}
        """,
        new BeadChange.Reopen(Id, null),
        """
        {"id":"ts-1","title":"T","status":"open","updated_at":"2026-11-20T12:00:00Z",
        "started_at":"2026-01-01T00:00:00Z"}
        """);

    [Fact]
    public void Updated_at_never_goes_back_when_the_clock_lags() => Check(
        """{"id":"ts-1","title":"T","status":"open","updated_at":"2027-01-01T00:00:00.123456789Z"}""",
        new BeadChange.Start(Id, "s"),
        """
        {"id":"ts-1","title":"T","status":"in_progress","assignee":"s","updated_at":"2027-01-01T00:00:00.1234568Z"}
        """);

    [Fact]
    public void Whole_seconds_stay_whole_and_still_grow() => Check(
        """{"id":"ts-1","title":"T","status":"open","updated_at":"2026-11-20T12:00:00Z"}""",
        new BeadChange.Start(Id, "s"),
        """{"id":"ts-1","title":"T","status":"in_progress","assignee":"s","updated_at":"2026-11-20T12:00:01Z"}""");

    [Fact]
    public void A_line_without_times_gets_its_first() => Check(
        """{"id": "ts-1", "title": "T", "status": "open", "priority": 1, "blocked_by": []}""",
        new BeadChange.Start(Id, "s"),
        """
        {"id": "ts-1", "title": "T", "status": "in_progress", "priority": 1, "assignee": "s",
         "updated_at": "2026-11-20T12:00:00Z", "blocked_by": []}
        """);

    [Theory]
    [InlineData("closed")]
    [InlineData("tombstone")]
    public void What_somebody_finished_meanwhile_stays_finished(string status)
    {
        var line = $$"""{"id":"ts-1","title":"T","status":"{{status}}","close_reason":"mine"}""";
        BeadChange[] changes =
        [
            new BeadChange.Start(Id, "s"), new BeadChange.Block(Id, "n"), new BeadChange.Reopen(Id, "n"),
            new BeadChange.Close(Id, "ours"),
        ];

        var edit = BacklogEditRules.Apply(Some.Backlog(line), changes, TrackerDialect.Bd, Some.Now);

        Assert.Null(edit.Bytes);
        // A deleted bead is no longer there; a closed one is.
        Assert.Equal(status == "tombstone" ? "ts-1" : "", string.Join(' ', edit.Missing));
    }

    [Fact]
    public void A_status_that_a_person_chose_is_not_reopened() => Check(
        """{"id":"ts-1","title":"T","status":"deferred","assignee":"s","updated_at":"2026-01-01T00:00:00Z"}""",
        new BeadChange.Reopen(Id, null),
        """{"id":"ts-1","title":"T","status":"deferred","updated_at":"2026-11-20T12:00:00Z"}""");

    [Fact]
    public void Only_touched_lines_change_and_missing_beads_are_reported()
    {
        const string before =
            "\uFEFF{\"id\":\"ts-0\",\"title\":\"zero\" }\r\n\r\n"
            + "  {\"id\":\"ts-1\",\"title\":\"T\",\"updated_at\":\"2026-01-01T00:00:00Z\"}  \r\n"
            + "{\"_type\":\"memory\",\"key\":\"k\"}\r\n{\"id\":\"ts-2\",\"title\":\"last\"}";

        var edit = BacklogEditRules.Apply(
            Some.Backlog(before),
            [new BeadChange.Start(BeadId.Parse("ts-9"), "s"), new BeadChange.Start(Id, "s")],
            TrackerDialect.Bd, Some.Now);

        Assert.Equal(
            before.Replace(
                "\"T\",\"updated_at\":\"2026-01-01T00:00:00Z\"",
                "\"T\",\"status\":\"in_progress\",\"assignee\":\"s\",\"updated_at\":\"2026-11-20T12:00:00Z\"",
                StringComparison.Ordinal),
            Encoding.UTF8.GetString(edit.Bytes!));
        Assert.Equal("ts-9", string.Join(' ', edit.Missing));
        Assert.Equal("ts-1", string.Join(' ', edit.Changed));
    }

    [Fact]
    public void Several_changes_of_one_bead_are_made_in_their_order()
    {
        var edit = BacklogEditRules.Apply(
            Some.Backlog("""{"id":"ts-1","title":"T","status":"open"}"""),
            [new BeadChange.Start(Id, "s"), new BeadChange.Block(Id, "n"), new BeadChange.Reopen(Id, null)],
            TrackerDialect.Bd, Some.Now);

        Assert.Equal(
            """{"id":"ts-1","title":"T","notes":"n","status":"open","updated_at":"2026-11-20T12:00:00.0000002Z"}"""
                .Replace(".0000002", "", StringComparison.Ordinal)
                .Replace("00:00Z", "00:02Z", StringComparison.Ordinal),
            Encoding.UTF8.GetString(edit.Bytes!));
    }

    static void Check(string line, BeadChange change, string expected, TrackerDialect dialect = TrackerDialect.Bd)
    {
        // Long lines are broken in this file only.
        line = line.ReplaceLineEndings("");
        var once = BacklogEditRules.Apply(Some.Backlog(line, dialect), [change], dialect, Some.Now);
        var text = Encoding.UTF8.GetString(once.Bytes!);
        Assert.Equal(expected.ReplaceLineEndings(""), text);

        var twice = BacklogEditRules.Apply(Some.Backlog(text, dialect), [change], dialect, Some.Now.AddHours(1));
        Assert.Null(twice.Bytes);
    }
}
