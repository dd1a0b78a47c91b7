using Beadswarm.Beads;
using Beadswarm.Landing;
using Beadswarm.Landing.Queueing;

namespace Beadswarm.Tests.Landing.Queueing;

public sealed class QueueOrderTests
{
    static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    static readonly TimeSpan Aging = TimeSpan.FromMinutes(10);

    [Fact]
    public void The_more_urgent_one_overtakes() =>
        Assert.Equal([2, 1], Order(Aging, Entry(1, priority: 2, minute: 0), Entry(2, priority: 1, minute: 9)));

    [Fact]
    public void Whoever_has_waited_as_long_as_a_step_is_worth_is_not_overtaken() =>
        Assert.Equal([1, 2], Order(Aging, Entry(1, priority: 2, minute: 0), Entry(2, priority: 1, minute: 10)));

    [Fact]
    public void Of_one_priority_the_first_comes_first() =>
        Assert.Equal([1, 2, 3], Order(
            Aging, Entry(3, priority: 2, minute: 1), Entry(2, priority: 2, minute: 0), Entry(1, 2, minute: 0)));

    [Fact]
    public void Without_aging_the_order_is_that_of_arrival() =>
        Assert.Equal([1, 2], Order(TimeSpan.Zero, Entry(2, priority: 0, minute: 5), Entry(1, 4, minute: 0)));

    [Fact]
    public void Nobody_waits_for_ever_however_many_urgent_ones_arrive()
    {
        // One of the least priority, and a more urgent one every minute for five hours.
        var others = Enumerable.Range(1, 300).Select(minute => Entry(minute + 1, priority: 0, minute));

        var order = Order(Aging, [Entry(1, priority: 4, minute: 0), .. others]);

        Assert.InRange(Array.IndexOf(order, 1), 0, 40); // four steps of ten minutes, one arrival in each minute
    }

    [Fact]
    public void Which_of_two_comes_first_never_changes()
    {
        var random = new Random(7);
        var entries = Enumerable.Range(1, 60).Select(id => Entry(id, random.Next(5), random.Next(90))).ToArray();
        var whole = Order(Aging, entries);

        // Whoever else waits, and in whatever order they are told.
        for (var round = 0; round < 50; round++)
        {
            var some = entries.Where(_ => random.Next(2) == 0).ToArray();
            random.Shuffle(some);
            Assert.Equal(whole.Intersect(some.Select(entry => (int)entry.Id.Value)), Order(Aging, some));
        }
    }

    static int[] Order(TimeSpan aging, params LandingEntry[] entries) =>
        [.. QueueOrder.Of(entries, aging).Select(entry => (int)entry.Id.Value)];

    static LandingEntry Entry(int id, int priority, int minute) => new(
        new LandingId(id), BeadId.Parse($"x-{id}"), "", priority, 1, 3, new(1), "", "", "", "",
        new LandingState.Queued(), Start.AddMinutes(minute), Start);
}
