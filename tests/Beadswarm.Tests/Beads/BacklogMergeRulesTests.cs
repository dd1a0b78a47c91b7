using System.Text;
using Beadswarm.Beads;

namespace Beadswarm.Tests.Beads;

/// <summary>
/// Three backlogs in, one out; a bead is written as its id and its title, with a mark when it is closed.
/// </summary>
public sealed class BacklogMergeRulesTests
{
    [Theory]
    [InlineData("as it was here, changed there", "a:T b:X", "a:T b:X!", "a:N b:X", "a:N b:X!")]
    [InlineData("changed here, as it was there", "a:T b:X", "a:T! b:X", "a:T b:N", "a:T! b:N")]
    [InlineData("changed on both sides", "a:T", "a:T!", "a:N", "a:N!")]
    [InlineData("removed here", "a:T b:X", "b:X!", "a:T b:X", "b:X!")]
    [InlineData("removed there", "a:T b:X", "a:T b:X!", "b:X", "b:X!")]
    [InlineData("removed here, changed there", "a:T b:X", "b:X!", "a:N b:X", "a:N b:X!")]
    [InlineData("changed here, removed there", "a:T", "a:T!", "", "a:T!")]
    [InlineData("new there", "b:X", "b:X!", "a:T b:X c:T d:T", "a:T b:X! c:T d:T")]
    [InlineData("new on both sides", "b:X", "b:X e:T", "b:X d:T", "b:X d:T e:T")]
    [InlineData("in another order there, nothing done here", "a:T b:X", "a:T b:X", "b:X a:T", "b:X a:T")]
    [InlineData("nothing in common", "", "a:T", "b:X", "b:X a:T")]
    public void A_bead_is_as_whoever_changed_it_has_it(
        string what, string was, string here, string there, string merged) =>
        Assert.True(Text(merged) == Merged(Text(was), Text(here), Text(there)), what);

    [Fact]
    public void Where_both_changed_a_field_the_later_one_counts_and_an_end_is_never_mixed()
    {
        const string was = """{"id":"x-1","title":"T","status":"open","updated_at":"2026-01-01T00:00:00Z"}""";
        const string here =
            """{"id":"x-1","title":"T","status":"in_progress","assignee":"s","updated_at":"2026-01-03T00:00:00Z"}""";
        const string earlier =
            """
            {"id":"x-1","title":"N","status":"closed","updated_at":"2026-01-02T00:00:00Z","close_reason":"no"}
            """;
        const string later =
            """
            {"id":"x-1","title":"N","status":"closed","updated_at":"2026-01-04T00:00:00Z","close_reason":"no"}
            """;

        Assert.Equal(
            """{"id":"x-1","title":"N","status":"in_progress","assignee":"s","updated_at":"2026-01-03T00:00:00Z"}""",
            Merged(was, here, earlier));
        Assert.Equal(
            """
            {"id":"x-1","title":"N","status":"closed","assignee":"s",
            "updated_at":"2026-01-04T00:00:00Z","close_reason":"no"}
            """.Replace("\n", "", StringComparison.Ordinal),
            Merged(was, here, later));
    }

    [Fact]
    public void What_was_brought_in_is_not_brought_in_twice_and_without_news_nothing_is_written()
    {
        var (was, here, there) = (Text("a:T b:X"), Text("a:T! b:X"), Text("b:N c:X"));
        var once = Merged(was, here, there);

        Assert.Null(Merge(was, once, there));
        Assert.Null(Merge(was, here, was));
    }

    [Fact]
    public void What_came_in_since_they_parted_and_is_gone_again_was_put_back_and_not_removed()
    {
        var (parted, taken) = (Parsed(Text("a:T c:T")), Parsed(Text("a:T b:X c:T")));

        var merged = BacklogMergeRules.Merge(taken, parted, Parsed(Text("a:T!")), taken, TrackerDialect.Bd);

        Assert.Equal(Text("a:T! b:X"), Encoding.UTF8.GetString(merged!)); // it is another one
    }

    [Theory]
    [InlineData("a1 b1", "a2 c1", "a2 b1 c1")]
    [InlineData("a2 b1", "a1 b1!", "a2 b1")]
    [InlineData("", "a1", "a1")]
    [InlineData("a1", "", "a1")]
    public void Two_copies_are_read_as_one_with_each_bead_as_it_was_changed_last(
        string here, string there, string read)
    {
        static Bead Of(string word) => new()
        {
            Id = BeadId.Parse($"x-{word[0]}"),
            Title = word,
            UpdatedAt = DateTimeOffset.UnixEpoch.AddDays(word[1] - '0'),
        };

        static Bead[] All(string words) =>
            [.. words.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Of)];

        Assert.Equal(
            read, string.Join(' ', BacklogMergeRules.Newest(All(here), All(there)).Select(bead => bead.Title)));
    }

    [Fact]
    public void A_last_line_without_an_end_gets_one_and_headers_and_blank_lines_stay()
    {
        const string head = "{\"_type\":\"header\",\"version\":1}\n\n";

        var merged = Merged(head + Text("a:T"), head + Text("a:T!").TrimEnd('\n'), head + Text("a:T b:X"));

        Assert.Equal(head + Text("a:T! b:X"), merged);
    }

    static string Merged(string was, string here, string there) =>
        Merge(was, here, there) is { } bytes ? Encoding.UTF8.GetString(bytes) : here;

    static byte[]? Merge(string was, string here, string there) =>
        BacklogMergeRules.Merge(Parsed(was), Parsed(was), Parsed(here), Parsed(there), TrackerDialect.Bd);

    static Backlog Parsed(string text) => Backlog.Parse("x", Encoding.UTF8.GetBytes(text), TrackerDialect.Bd);

    static string Text(string beads) => string.Concat(
        from bead in beads.Split(' ', StringSplitOptions.RemoveEmptyEntries)
        let parts = bead.TrimEnd('!').Split(':')
        let status = bead.EndsWith('!') ? "closed" : "open"
        select $$"""{"id":"x-{{parts[0]}}","title":"{{parts[1]}}","status":"{{status}}"}""" + "\n");
}
