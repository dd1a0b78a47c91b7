using System.Text;
using Beadswarm.Beads;

namespace Beadswarm.Tests.Beads;

/// <summary>What is read from the tracker's file, and what is refused with the line and the remedy.</summary>
public sealed class BacklogTests
{
    const string One = """{"id":"ts-1","title":"One","status":"open","priority":1,"issue_type":"bug"}""";
    const string Two = """{"id":"ts-2","title":"Two"}""";

    [Fact]
    public void Lines_written_one_after_the_other_are_the_file_again()
    {
        var text = $"\uFEFF{One}\r\n\r\n  {Two}  \n\n{{\"_type\":\"memory\",\"key\":\"k\",\"value\":\"v\"}}\n"
            + """{"_schema":"beads-jsonl/1","_sort":"stable-v1"}""";

        var backlog = Some.Backlog(text);

        Assert.Equal(text, string.Concat(backlog.Lines.Select(line => Encoding.UTF8.GetString(line.Bytes.Span))));
        Assert.Equal("ts-1 ts-2", Some.Ids(backlog.Beads));
        Assert.Equal(Two, Encoding.UTF8.GetString(backlog.Beads[1].Json.Span));
        Assert.Equal(One, BeadJson.Describe(backlog.Beads[0]));
    }

    [Fact]
    public void Absent_fields_take_the_defaults_of_the_dialect()
    {
        var bd = Some.Backlog(Two).Beads.Single();
        var br = Some.Backlog(Two, TrackerDialect.Br).Beads.Single();

        Assert.Equal(("open", 0, "task"), (bd.Status, bd.Priority, bd.Type));
        Assert.Equal(("open", 2, "task"), (br.Status, br.Priority, br.Type));
    }

    [Fact]
    public void Every_field_that_the_swarm_uses_is_read()
    {
        var bead = Some.Backlog(
            """
            {"_type":"issue","id":"ts-1.2","title":"T \u2603","description":"d","design":"ds",
            "acceptance_criteria":"ac","notes":"n","spec_id":"s","status":"in_progress","priority":3,
            "issue_type":"feature","assignee":"alice","owner":"o@x","estimated_minutes":0,
            "created_at":"2026-01-01T00:00:00.123456789+02:00","created_by":"c","updated_at":"2026-01-02T00:00:00Z",
            "started_at":"2026-01-02T00:00:01Z","closed_at":"2026-01-03T00:00:00Z","close_reason":"r",
            "due_at":"2026-01-04T00:00:00Z","defer_until":"2026-01-05T00:00:00Z","external_ref":"gh-9",
            "metadata":{"a":1},"labels":["x","y"],"dependencies":[{"issue_id":"ts-1.2","depends_on_id":"ts-1",
            "type":"waits-for","created_at":"2026-01-01T00:00:00Z","metadata":"{\"gate\":\"any-children\"}",
            "thread_id":""}],"comments":[{"id":"01a1f9c7","text":"hi"},{"id":2,"text":"ho"}],"ephemeral":true,
            "pinned":1,"is_template":false,"await_type":"timer","await_id":"t","mol_type":"swarm","work_type":"mutex",
            "unknown_field":[1,2],"dependency_count":1,"dependent_count":0,"comment_count":2}
            """.ReplaceLineEndings("")).Beads.Single();

        Assert.Equal(
            "ts-1.2|T ☃|d|ds|ac|n|s|in_progress|3|feature|alice|o@x|0|2025-12-31T22:00:00.1234567Z|c|"
            + "2026-01-02T00:00:00Z|2026-01-02T00:00:01Z|2026-01-03T00:00:00Z|r|2026-01-04T00:00:00Z|"
            + "2026-01-05T00:00:00Z|gh-9|"
            + "{\"a\":1}|x,y|ts-1 waits-for {\"gate\":\"any-children\"}|2|True|True|False|timer|t|swarm|mutex",
            string.Join(
                '|', bead.Id, bead.Title, bead.Description, bead.Design, bead.AcceptanceCriteria, bead.Notes,
                bead.SpecId, bead.Status, bead.Priority, bead.Type, bead.Assignee, bead.Owner, bead.EstimatedMinutes,
                Utc(bead.CreatedAt), bead.CreatedBy, Utc(bead.UpdatedAt), Utc(bead.StartedAt), Utc(bead.ClosedAt),
                bead.CloseReason, Utc(bead.DueAt), Utc(bead.DeferUntil), bead.ExternalRef, bead.Metadata,
                string.Join(',', bead.Labels),
                string.Join(',', bead.Dependencies.Select(edge => $"{edge.Target} {edge.Type} {edge.Metadata}")),
                bead.CommentCount, bead.Ephemeral, bead.Pinned, bead.IsTemplate, bead.AwaitType, bead.AwaitId,
                bead.MolType, bead.WorkType));
    }

    [Theory]
    [InlineData("""{"id":"ts-1","title":null}""", "the object has no title, so it is not a bead")]
    [InlineData("""{"title":"x"}""", "the object has no id, so it is not a bead")]
    [InlineData("""{"id":"a b","title":"x"}""", "'a b' is not a bead id")]
    [InlineData("""{"id":"ts-1","title":"x","priority":"P1"}""", "priority is \"P1\", expected a whole number")]
    [InlineData("""{"id":"ts-1","title":"x","created_at":"yesterday"}""", "created_at is 'yesterday', expected an RFC")]
    [InlineData("""{"id":"ts-1","title":"x","labels":"y"}""", "labels is a string, expected an array")]
    [InlineData("""{"id":"ts-1","title":"x","dependencies":["b"]}""", "a dependency is a string, expected an object")]
    [InlineData("""["id"]""", "the line is a JSON array, expected an object")]
    [InlineData("""{"id":"ts-1","title":"x""", "not one JSON object a line")]
    [InlineData("""{"id":"ts-1","title":"x"} {"id":"ts-3","title":"y"}""", "not one JSON object a line")]
    [InlineData("<<<<<<< HEAD", "a merge left the conflict marker '<<<<<<< HEAD'")]
    [InlineData("=======", "a merge left the conflict marker '======='")]
    [InlineData("""{"id":"ts-2","title":"again"}""", "bead 'ts-2' is already on line 1")]
    public void A_line_that_cannot_be_read_is_named_with_its_remedy(string line, string cause)
    {
        var refused = Assert.Throws<TrackerException>(() => Some.Backlog($"{Two}\n{line}\n"));

        Assert.StartsWith($"cannot read issues.jsonl, line 2: {cause}", refused.Message, StringComparison.Ordinal);
        Assert.Contains("; ", refused.Message, StringComparison.Ordinal);
        Assert.Equal(("issues.jsonl", 2), (refused.Path, refused.Line));
    }

    [Fact]
    public void Invalid_utf8_is_refused_with_its_line()
    {
        byte[] bytes = [.. Encoding.UTF8.GetBytes($"{One}\n{{\"id\":\"ts-2\",\"title\":\""), 0xC3, 0x28, .. "\"}\n"u8];

        var refused = Assert.Throws<TrackerException>(() => Backlog.Parse("issues.jsonl", bytes, TrackerDialect.Bd));

        Assert.Equal(2, refused.Line);
        Assert.Contains("not valid UTF-8", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Half_a_surrogate_pair_is_read_as_go_reads_it()
    {
        var bead = Some.Backlog("""{"id":"ts-1","title":"\\ud800 \ud83d\ude00 \ud83d \"\ude00\""}""").Beads.Single();

        Assert.Equal("\\ud800 😀 \uFFFD \"\uFFFD\"", bead.Title);
    }

    [Fact]
    public void A_marker_inside_a_text_is_no_conflict() =>
        Assert.Single(Some.Backlog("""{"id":"ts-1","title":"<<<<<<< HEAD"}""").Beads);

    static string? Utc(DateTimeOffset? time) => time is { } given ? BeadTime.After(null, given) : null;
}
