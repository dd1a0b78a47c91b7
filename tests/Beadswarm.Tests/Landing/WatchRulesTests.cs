using Beadswarm.Landing;

namespace Beadswarm.Tests.Landing;

public sealed class WatchRulesTests
{
    [Theory]
    [InlineData("a:0>1=1 b:0>1=1", "", true, nameof(WatchFinding.Stands))] // as it landed
    [InlineData("a:0>1=0 b:0>1=7", "", true, nameof(WatchFinding.Stands))] // part of it was changed again
    [InlineData("a:0>1=0 b:0>1=0", "", true, nameof(WatchFinding.Reverted))]
    [InlineData("a:0>1=0 b:0>1=0", "", false, nameof(WatchFinding.Gone))]
    [InlineData("a:0>1=0 b:0>1=1", "", false, nameof(WatchFinding.Stands))] // rewritten history, same content
    [InlineData("a:0>1=0 b:0>1=0", "b", true, nameof(WatchFinding.Stands))] // taken back by the swarm's later work
    [InlineData("", "", true, nameof(WatchFinding.Stands))] // it changed nothing
    [InlineData("a:1>2=0", "", true, nameof(WatchFinding.Stands))] // it is as nobody knows that it was
    [InlineData("a:1>2=0<0", "", true, nameof(WatchFinding.Reverted))] // and the one before it with it
    [InlineData("a:1>0=0<0", "", true, nameof(WatchFinding.Stands))] // it had taken that one back itself
    public void A_landing_is_judged_by_its_content(string files, string later, bool contained, string finding) =>
        Assert.Equal(
            finding,
            $"{WatchRules.Judge([.. Words(files).Select(File)], Words(later).ToHashSet(), contained)}");

    static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Reads <c>path:before&gt;after=now&lt;earlier</c>, each state one letter.</summary>
    static WatchedFile File(string text) => new(
        text[..1], text.Substring(2, 1), text.Substring(4, 1), text.Substring(6, 1),
        text.Length > 8 ? [text.Substring(8, 1)] : []);
}
