using Beadswarm.Supervision;

namespace Beadswarm.Tests.Supervision;

/// <summary>Restarts have a delay and an intensity. Failures are given as seconds before now.</summary>
public sealed class RestartRulesTests
{
    static readonly TimeSpan Uptime = TimeSpan.FromDays(1);

    static readonly RestartLimits Limits =
        new(3, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3));

    [Theory]
    [InlineData("1.0", 0)]
    [InlineData("2.0", 5, 0)]
    [InlineData("3.0", 9, 5, 0)]
    [InlineData("park", 12, 9, 5, 0)]
    [InlineData("1.0", 200, 150, 100, 61, 0)]
    [InlineData("park", 60, 30, 20, 0)]
    public void Delays_double_up_to_their_limit_and_too_many_failures_park(string expected, params int[] failures) =>
        Assert.Equal(expected, Decide(1, failures));

    [Fact]
    public void Jitter_takes_up_to_half_of_the_delay_away() => Assert.Equal("0.5", Decide(0, 0));

    [Fact]
    public void No_allowance_parks_at_the_first_failure() => Assert.IsType<RestartDecision.Park>(
        RestartRules.Decide([Uptime], Uptime, Limits with { Max = 0 }, 1));

    [Theory]
    [InlineData(6, 2, false)]
    [InlineData(7, 2, true)]
    [InlineData(3, 0, false)]
    [InlineData(4, 0, true)]
    public void More_failures_than_every_agent_may_have_are_a_meltdown(int failures, int agents, bool meltdown) =>
        Assert.Equal(
            meltdown,
            MeltdownRules.OfComponents([.. Enumerable.Repeat(Uptime, failures)], Limits, agents, "x") is not null);

    static string Decide(double jitter, params int[] failures) =>
        RestartRules.Decide(
            [.. failures.Select(seconds => Uptime - TimeSpan.FromSeconds(seconds))], Uptime, Limits, jitter) switch
        {
            RestartDecision.Restart restart =>
                restart.After.TotalSeconds.ToString("0.0", System.Globalization.CultureInfo.InvariantCulture),
            RestartDecision.Hold => "hold",
            RestartDecision.Park => "park",
        };
}
