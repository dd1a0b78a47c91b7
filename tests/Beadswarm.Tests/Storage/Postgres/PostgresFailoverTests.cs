using Beadswarm.Claims;
using Beadswarm.Storage;
using Beadswarm.Storage.Postgres;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Storage.Postgres;

/// <summary>One server takes over from another, as a replication manager lets it do.</summary>
[Trait("Speed", "slow")]
public sealed class PostgresFailoverTests : IAsyncLifetime
{
    PostgresServer _first = null!; // started before each test
    PostgresServer _second = null!;
    PostgresDatabase _database = null!;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _first = await PostgresServer.StartAsync(durable: false);
        _database = await PostgresDatabase.MakeAsync(_first);
        _second = await _first.StartFollowerAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _second.DisposeAsync();
        await _first.DisposeAsync();
    }

    [Fact]
    public async Task A_server_that_takes_over_from_one_it_followed_in_step_is_found_and_has_every_answered_claim()
    {
        await _first.WaitForFollowersAsync();
        await using var store = await OpenAsync();
        var epoch = await store.BeginAsync(beads: 60);
        var answered = new System.Collections.Concurrent.ConcurrentBag<Claim>();
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var claiming = Task.WhenAll(Enumerable.Range(1, 4).Select(async agent =>
        {
            while (await store.ClaimAsync(epoch, agent) is { } claim)
            {
                answered.Add(claim);
                first.TrySetResult();
            }
        }));

        await first.Task;
        await _first.StopAsync();
        await _second.PromoteAsync();
        await claiming;

        Assert.Equal(60, answered.Select(claim => claim.Bead).Distinct().Count());
        Assert.Equal(60, answered.Count);
        Assert.Equal(
            "60",
            await _second.ScalarAsync(_database.Name, "SELECT count(*) FROM beadswarm.beads WHERE state = 'held'"));
        await store.CheckJournalAsync();
    }

    [Fact]
    public async Task A_server_that_takes_over_without_what_was_answered_is_refused_and_says_why()
    {
        await using var store = await OpenAsync();
        var epoch = await store.BeginAsync(beads: 3);
        await _second.StopAsync();
        Assert.NotNull(await store.ClaimAsync(epoch, 1)); // which the second server never hears of
        await _first.StopAsync();
        await _second.StartAgainAsync();
        await _second.PromoteAsync();

        var refused = await Assert.ThrowsAsync<StoreException>(() => store.ClaimAsync(epoch, 2));

        Assert.False(refused.IsTransient);
        Assert.Contains("took over without the last transactions", refused.Message, StringComparison.Ordinal);
        await using var again = await OpenAsync();
        Assert.DoesNotContain(await again.ReadBeadsAsync(Token), bead => bead.State is BeadState.Held);
    }

    [Fact]
    public async Task A_server_that_only_follows_is_never_read_from_or_written_to()
    {
        var alone = PostgresAddress.Parse(
            _second.Url(_database.Name) + "&target_session_attrs=read-write", new Dictionary<string, string>());

        var refused = await Assert.ThrowsAsync<StoreException>(() => PostgresStore.OpenReadOnlyAsync(
            alone, new PostgresLimits { Patience = TimeSpan.FromMilliseconds(200) }, TimeProvider.System, Token));

        Assert.True(refused.IsTransient);
        Assert.Contains("it follows another server", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>The one that follows is named first.</summary>
    async Task<PostgresStore> OpenAsync() => await PostgresStore.OpenAsync(
        PostgresAddress.Parse(
            $"postgres://{PostgresServer.User}@/{_database.Name}?host={_second.Folder},{_first.Folder}",
            new Dictionary<string, string>()),
        "node-1", PostgresDatabase.Limits, TimeProvider.System, Token);
}
