using Beadswarm.Simulation;

namespace Beadswarm.Tests.Simulation;

public sealed class ChanceTests
{
    [Fact]
    public void A_seed_and_a_purpose_always_give_the_same_numbers()
    {
        Assert.Equal(Draw(7, "faults"), Draw(7, "faults"));
        Assert.NotEqual(Draw(7, "faults"), Draw(8, "faults"));
        Assert.NotEqual(Draw(7, "faults"), Draw(7, "order"));

        static ulong[] Draw(long seed, string purpose)
        {
            var chance = new Chance(seed, purpose);
            return [.. Enumerable.Range(0, 10).Select(_ => chance.Next())];
        }
    }

    [Fact]
    public void Seeds_that_are_neighbours_begin_differently()
    {
        var first = Enumerable.Range(0, 1000).Select(seed => new Chance(seed, "faults").Fraction()).ToArray();

        Assert.InRange(first.Average(), 0.45, 0.55);
        Assert.InRange(first.Count(fraction => fraction < 0.1), 60, 140);
    }

    [Fact]
    public void Durations_lie_around_their_median_and_are_never_nothing()
    {
        var chance = new Chance(1, "durations");
        var drawn = Enumerable.Range(0, 2001).Select(_ => chance.Lognormal(TimeSpan.FromMinutes(4), 0.6)).Order()
            .ToArray();

        Assert.InRange(drawn[1000].TotalMinutes, 3.7, 4.3);
        Assert.True(drawn[0] > TimeSpan.Zero);
        Assert.True(drawn[^1] > TimeSpan.FromMinutes(15));
    }

    [Fact]
    public void Bounds_are_held()
    {
        var chance = new Chance(1, "bounds");

        Assert.All(Enumerable.Range(0, 1000), _ => Assert.InRange(chance.Between(3, 5), 3, 5));
        Assert.All(Enumerable.Range(0, 1000), _ => Assert.InRange(
            chance.Between(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2)).TotalSeconds, 1, 2));
        Assert.DoesNotContain(true, Enumerable.Range(0, 100).Select(_ => chance.Happens(0)));
        Assert.DoesNotContain(false, Enumerable.Range(0, 100).Select(_ => chance.Happens(1)));
    }
}
