using System.Text;
using Beadswarm.EndToEnd.Tests.Support;

namespace Beadswarm.EndToEnd.Tests.Audit;

/// <summary>The audit of a tracker's file finds what is wrong with one that was broken on purpose.</summary>
public sealed class TrackerAuditTests
{
    const string ClosedAt = "2026-01-02T00:00:00Z";

    static readonly string Before = string.Concat(
        new BeadLine[] { new("a-1"), new("a-2"), new("a-3") }.Select(bead => bead.ToJson() + "\n"));

    static readonly string Landed = Status(Before, "a-1", $"closed\",\"closed_at\":\"{ClosedAt}");

    [Fact]
    public void A_tracker_that_says_what_landed_has_no_findings()
    {
        Assert.NotEqual(Before, Landed);
        Assert.Empty(Find(Landed));
    }

    [Fact]
    public void A_landed_bead_that_is_open_is_found() => Found("a-1 landed and is open", Before);

    [Fact]
    public void A_closed_bead_that_did_not_land_is_found() =>
        Found("a-2 is closed and did not land", Status(Landed, "a-2", "closed"));

    [Theory]
    [InlineData("closed", "closed", null)]
    [InlineData("open", "open", null)]
    [InlineData("closed", "open", "a-0 is closed and did not land")]
    [InlineData("open", "closed", "a-0 is open though everything below it is done")]
    public void An_epic_ends_with_the_last_of_its_children(string epic, string child, string? finding)
    {
        var before = Lines("open", "open");

        var findings = TrackerAudit.Check(
            before, Lines(epic, child), new HashSet<string>(child == "closed" ? ["a-1"] : []),
            new HashSet<string> { "a-0", "a-1" });

        Assert.Equal(finding is null ? [] : [$"tracker: {finding}"], findings);

        static byte[] Lines(string epic, string child) => Encoding.UTF8.GetBytes(
            new BeadLine("a-0") { Type = "epic", Status = epic }.ToJson() + "\n"
            + new BeadLine("a-1") { Parent = "a-0", Status = child }.ToJson() + "\n");
    }

    [Fact]
    public void A_line_that_changed_for_no_reason_is_found()
    {
        Found("the line of a-3 has changed", Without("Do a-3", "Do  a-3"));
        Found("the line of a-3 has changed", Without("{\"id\":\"a-3\"", "{ \"id\":\"a-3\""));
    }

    [Fact]
    public void A_field_that_is_not_ours_is_found_also_on_a_touched_line() =>
        Found("field title of a-1", Without("Do a-1", "Done a-1"));

    [Fact]
    public void A_lost_field_is_found() =>
        Found("field description of a-1", Without(",\"description\":\"What a-1 is about.\""));

    [Fact]
    public void A_bead_that_nobody_works_on_is_found() =>
        Found("a-2 is in_progress", Status(Landed, "a-2", "in_progress"));

    [Fact]
    public void A_closed_bead_without_its_time_is_found() =>
        Found("does not fit its closed_at", Without($",\"closed_at\":\"{ClosedAt}\""));

    [Fact]
    public void A_broken_a_doubled_and_a_lost_line_are_found()
    {
        Found("line 4 is not a bead", Landed + "{\"id\":\n");
        Found("bead a-3 is there twice", Landed + Landed.Split('\n')[2] + "\n");
        Found("added, removed or moved", Landed[..(Landed.TrimEnd('\n').LastIndexOf('\n') + 1)]);
        Found("the last line has no line end", Landed.TrimEnd('\n'));
    }

    static string Status(string text, string bead, string status) => text.Replace(
        $"What {bead} is about.\",\"status\":\"open\"", $"What {bead} is about.\",\"status\":\"{status}\"",
        StringComparison.Ordinal);

    static string Without(string text, string replacement = "")
    {
        Assert.Contains(text, Landed);
        return Landed.Replace(text, replacement, StringComparison.Ordinal);
    }

    static void Found(string expected, string after) =>
        Assert.Contains(Find(after), finding => finding.Contains(expected));

    static IEnumerable<string> Find(string after) => TrackerAudit.Check(
        Encoding.UTF8.GetBytes(Before), Encoding.UTF8.GetBytes(after), new HashSet<string> { "a-1" },
        new HashSet<string> { "a-1", "a-2" });
}
