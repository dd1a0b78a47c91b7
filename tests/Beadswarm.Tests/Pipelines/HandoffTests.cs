using Beadswarm.Pipelines;
using Beadswarm.Swarms;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Pipelines;

public sealed class HandoffTests
{
    [Fact]
    public void Handoff_says_why_it_stopped_what_is_done_and_what_was_said_last() => Snapshot.Match(
        new Handoff(2, 3, "Reached maximum number of turns (40)\n# not a heading", "aaaa", "bbbb")
        {
            Changes = [("added", "src/new.cs"), ("changed", "src/old.cs"), ("deleted", "src/gone.cs")],
            LastWords = "Still open:\n```\nthe empty case\n```",
        }.ToMarkdown());

    [Fact]
    public void Handoff_of_nothing_says_so_and_is_bounded()
    {
        Assert.Contains(
            "Nothing has been changed so far.", new Handoff(1, 3, "r", "a", "b").ToMarkdown(),
            StringComparison.Ordinal);

        var large = new Handoff(1, 3, new string('x', 100_000), "a", "b")
        {
            Changes = [.. Enumerable.Range(0, 5000).Select(i => ("added", $"{i}"))],
            LastWords = new string('y', 1_000_000),
        };
        Assert.InRange(large.ToMarkdown().Length, 1000, 10_000);
    }

    [Theory]
    [InlineData("handoff-implement-2.md", true)]
    [InlineData("handoff-implement-1.md", false)]
    [InlineData("handoff-contract-2.md", false)]
    [InlineData("feedback.md", true)]
    [InlineData("contract.md", true)]
    public void Document_is_given_to_the_stage_it_was_written_for(string name, bool expected) =>
        Assert.Equal(expected, StageDocuments.Concerns(name, StageName.Implement, 2));
}
