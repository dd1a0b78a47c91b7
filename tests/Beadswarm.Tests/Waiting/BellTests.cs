using Beadswarm.Tests.Support;
using Beadswarm.Waiting;

namespace Beadswarm.Tests.Waiting;

public sealed class BellTests
{
    readonly Bell _bell = new();
    readonly FakeTime _time = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_ring_between_listening_and_waiting_is_not_lost()
    {
        var heard = _bell.Listen();
        _bell.Ring();

        await _bell.WaitAsync(heard, Cancel);
        Assert.True(await _bell.WaitAsync(heard, TimeSpan.FromDays(1), _time, Cancel));
    }

    [Fact]
    public async Task Everybody_who_waits_is_woken_by_one_ring_and_not_by_an_earlier_one()
    {
        _bell.Ring();
        var heard = _bell.Listen();
        var waits = Enumerable.Range(0, 3).Select(_ => _bell.WaitAsync(heard, Cancel)).ToArray();
        Assert.All(waits, wait => Assert.False(wait.IsCompleted));

        _bell.Ring();

        await Task.WhenAll(waits);
    }

    [Fact]
    public async Task Waiting_ends_unrung_when_its_time_is_over()
    {
        var wait = _bell.WaitAsync(_bell.Listen(), TimeSpan.FromSeconds(5), _time, Cancel);

        _time.Advance(TimeSpan.FromSeconds(5));

        Assert.False(await wait);
    }

    [Fact]
    public async Task Waiting_can_be_given_up()
    {
        using var enough = new CancellationTokenSource();
        var wait = _bell.WaitAsync(_bell.Listen(), enough.Token);

        await enough.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => wait);
        _bell.Ring();
    }
}
