using Beadswarm.Storage;
using Beadswarm.Storage.Postgres;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Storage.Postgres;

/// <summary>Nodes on a real server.</summary>
public sealed class NodeRegistryTests : NodeConformance
{
    PostgresDatabase _database = null!; // made before each test

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        _database.Drop();
    }

    private protected override async Task<IStore> OpenAsync(FakeTime time)
    {
        _database = await PostgresDatabase.MakeAsync(time);
        return await PostgresStore.OpenAsync(
            _database.Address, "node", PostgresDatabase.Limits, TimeProvider.System, Token);
    }

    [Fact]
    public async Task Whoever_listens_hears_at_once_what_others_announce_also_after_its_connection_was_cut()
    {
        await using var other = await PostgresStore.OpenAsync(
            _database.Address, "other", PostgresDatabase.Limits, TimeProvider.System, Token);
        var heard = new SemaphoreSlim(0);
        var listening = other.Listen(() => heard.Release());
        await heard.WaitAsync(Token); // it listens now
        ((INodeRegistry)Store).Announce(TimeSpan.Zero);

        await EnterAsync("a");
        await heard.WaitAsync(Token);
        await _database.ScalarAsync(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'");
        await heard.WaitAsync(Token); // it listens again

        other.Announce(TimeSpan.Zero);
        await EnterAsync("b", store: other);
        await listening.DisposeAsync();
        Assert.Equal(0, heard.CurrentCount); // its own are no news
    }

    [Fact]
    public async Task Of_many_that_begin_at_the_same_time_one_holds_the_swarm()
    {
        var stores = await _database.OpenManyAsync(6);
        var entries = await Task.WhenAll(stores.Select((store, n) => EnterAsync($"clone-{n}", store: store)));

        Assert.Single(entries.OfType<NodeEntry.Holds>());
        Assert.Equal(5, entries.OfType<NodeEntry.Joined>().Select(joined => joined.Agents.First).Distinct().Count());
        await stores.CloseAsync();
    }
}
