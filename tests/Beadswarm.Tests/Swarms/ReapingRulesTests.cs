using Beadswarm.Swarms;

namespace Beadswarm.Tests.Swarms;

/// <summary>How long the reaper rests, in milliseconds; the lease is a minute.</summary>
public sealed class ReapingRulesTests
{
    static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(null, 0, 60_000)] // nothing is due: once per lease
    [InlineData(5_000, 0, 5_001)] // no timer ends so early that it is not due yet
    [InlineData(90_000, 0, 60_000)]
    [InlineData(null, 3, 1_000)] // somebody may not have heard that there is work
    [InlineData(400, 3, 401)]
    [InlineData(-3_600_000, 0, 1_000)] // this clock is an hour ahead of the store's: no spin until the hour is over
    [InlineData(-1, 0, 1_000)]
    public void Rests_until_something_is_due_and_never_not_at_all(int? wakeIn, int ready, int pause) => Assert.Equal(
        TimeSpan.FromMilliseconds(pause),
        ReapingRules.Pause(
            wakeIn is { } milliseconds ? Now + TimeSpan.FromMilliseconds(milliseconds) : null, ready, Now,
            TimeSpan.FromMinutes(1)));
}
