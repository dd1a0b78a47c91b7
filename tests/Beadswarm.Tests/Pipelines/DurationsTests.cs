using Beadswarm.Pipelines;
using FsCheck;
using FsCheck.Fluent;

namespace Beadswarm.Tests.Pipelines;

public sealed class DurationsTests
{
    [Theory]
    [InlineData("90s", 90)]
    [InlineData("10m", 600)]
    [InlineData("1h30m", 5400)]
    [InlineData("2d", 172_800)]
    [InlineData("1500ms", 1.5)]
    [InlineData("0s", 0)]
    public void Duration_is_read(string text, double seconds)
    {
        Assert.True(Durations.TryParse(text, out var duration));
        Assert.Equal(TimeSpan.FromSeconds(seconds), duration);
    }

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("m")]
    [InlineData("10x")]
    [InlineData("-5s")]
    [InlineData("1.5h")]
    [InlineData("10s5m")]
    [InlineData("5m5m")]
    [InlineData("1h 30m")]
    [InlineData("999999999999d")]
    [InlineData("99999999999999999999s")]
    public void Anything_else_is_refused(string text) => Assert.False(Durations.TryParse(text, out _));

    [Fact]
    public void What_is_written_is_read_back() =>
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), milliseconds =>
        {
            var duration = TimeSpan.FromMilliseconds(milliseconds);
            return Durations.TryParse(Durations.Format(duration), out var back) && back == duration;
        }).QuickCheckThrowOnFailure();
}
