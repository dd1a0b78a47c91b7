using Beadswarm.Waiting;

namespace Beadswarm.Tests.Waiting;

public sealed class TurnstileTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_more_are_let_in_than_there_are_places_and_the_others_follow_in_order()
    {
        var turnstile = new Turnstile(2);
        using var first = await turnstile.EnterAsync(Cancel);
        var second = await turnstile.EnterAsync(Cancel);
        var third = turnstile.EnterAsync(Cancel);
        var fourth = turnstile.EnterAsync(Cancel);
        Assert.False(third.IsCompleted);

        second.Dispose();
        second.Dispose();

        using var place = await third;
        Assert.False(fourth.IsCompleted);
        first.Dispose();
        (await fourth).Dispose();
    }

    [Fact]
    public async Task Who_gives_up_waiting_takes_no_place_away()
    {
        var turnstile = new Turnstile(1);
        using var enough = new CancellationTokenSource();
        var inside = await turnstile.EnterAsync(Cancel);
        var gaveUp = turnstile.EnterAsync(enough.Token);

        await enough.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gaveUp);
        inside.Dispose();
        (await turnstile.EnterAsync(Cancel)).Dispose();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => turnstile.EnterAsync(enough.Token));
    }
}
