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

    [Fact]
    public async Task Who_goes_behind_comes_in_only_where_nobody_waits_and_leaves_a_place_free()
    {
        var turnstile = new Turnstile(2);
        var first = await turnstile.EnterAsync(Cancel);
        var behind = turnstile.EnterBehindAsync(Cancel);
        var second = await turnstile.EnterAsync(Cancel);
        var third = turnstile.EnterAsync(Cancel);
        Assert.False(behind.IsCompleted);

        first.Dispose();
        var place = await third;
        Assert.False(behind.IsCompleted);
        second.Dispose();
        Assert.False(behind.IsCompleted); // it would take the last one
        place.Dispose();

        using var alone = await behind;
        (await turnstile.EnterAsync(Cancel)).Dispose();
        var only = new Turnstile(1);
        (await only.EnterBehindAsync(Cancel)).Dispose();
    }
}
