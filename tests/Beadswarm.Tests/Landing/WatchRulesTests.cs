using Beadswarm.Landing;

namespace Beadswarm.Tests.Landing;

public sealed class WatchRulesTests
{
    [Theory]
    [InlineData("a b", "a b", "", true, nameof(WatchFinding.Stands))] // as it landed
    [InlineData("a b", "b x", "", true, nameof(WatchFinding.Stands))] // part of it was changed again
    [InlineData("a b", "x", "", true, nameof(WatchFinding.Reverted))]
    [InlineData("a b", "", "", false, nameof(WatchFinding.Gone))]
    [InlineData("a b", "b", "", false, nameof(WatchFinding.Stands))] // rewritten history, same content
    [InlineData("a b", "x", "b", true, nameof(WatchFinding.Stands))] // taken back by the swarm's own later work
    [InlineData("", "x", "", true, nameof(WatchFinding.Stands))] // it changed nothing
    public void A_landing_is_judged_by_its_content(
        string changed, string differing, string later, bool contained, string finding) =>
        Assert.Equal(
            finding, $"{WatchRules.Judge(Files(changed), Files(differing), Files(later), contained)}");

    static HashSet<string> Files(string names) =>
        [.. names.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
}
