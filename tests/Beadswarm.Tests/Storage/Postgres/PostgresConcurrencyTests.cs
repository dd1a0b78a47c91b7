using Beadswarm.Claims;
using Beadswarm.Journal;
using Beadswarm.Pipelines;
using Beadswarm.Storage;
using Beadswarm.Storage.Postgres;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Storage.Postgres;

/// <summary>
/// Many connections on one store at once. The defects of the naive form (a claim that does not change the row that it
/// selects, 18% of the claims of twelve clients lost, one blocked bead that stops everybody) are among these.
/// </summary>
public sealed class PostgresConcurrencyTests : IAsyncLifetime
{
    const int Nodes = 12;

    PostgresDatabase _database = null!; // made before each test
    IStore[] _stores = [];

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await PostgresDatabase.MakeAsync();
        _stores = await _database.OpenManyAsync(Nodes);
    }

    public async ValueTask DisposeAsync()
    {
        await _stores.CloseAsync();
        _database.Drop();
    }

    [Fact]
    public async Task Twelve_claimers_are_granted_every_bead_exactly_once_and_none_fails()
    {
        var epoch = await _stores[0].BeginAsync(beads: 300);

        var claims = (await Task.WhenAll(_stores.Select((store, n) => store.ClaimAllAsync(epoch, n + 1))))
            .SelectMany(list => list).ToArray();

        Assert.Equal(300, claims.Length);
        Assert.Equal(300, claims.Select(claim => claim.Bead).Distinct().Count());
        Assert.All(claims, claim => Assert.Equal(1, claim.Key.Token.Value));
        var journal = await _stores[0].CheckJournalAsync();
        Assert.Equal(300, journal.Count(entry => entry.Event is JournalEvent.BeadClaimed));
    }

    [Fact]
    public async Task A_blocked_bead_at_the_head_starves_nobody()
    {
        var epoch = await _stores[0].BeginAsync(beads: 13);
        var head = await _stores[0].ClaimAsync(epoch, 1);
        await _stores[0].BlockAsync(head!.Key);

        var claims = await Task.WhenAll(_stores.Select((store, n) => store.ClaimAsync(epoch, n + 1)));

        Assert.Equal(12, claims.Select(claim => claim!.Bead).Distinct().Count());
        Assert.DoesNotContain(head.Bead, claims.Select(claim => claim!.Bead));
    }

    [Theory]
    [InlineData(7, null)]
    [InlineData(null, 7)]
    public async Task Target_and_limit_are_exact_however_many_claim_at_once(int? target, int? limit)
    {
        var epoch = await _stores[0].BeginAsync(beads: 60, target, limit);

        var claims = await Task.WhenAll(_stores.Select((store, n) => store.ClaimAllAsync(epoch, n + 1)));

        Assert.Equal(7, claims.Sum(list => list.Count));
    }

    [Fact]
    public async Task Entries_of_the_journal_have_no_gaps_and_follow_commits_when_all_write_at_once()
    {
        var epoch = await _stores[0].BeginAsync(beads: 48);

        await Task.WhenAll(_stores.Select(async (store, n) =>
        {
            for (var i = 0; i < 4; i++)
            {
                var claim = await store.ClaimAsync(epoch, n + 1);
                var seen = await store.ReadJournalAsync(0, null, int.MaxValue, Token);
                await store.BlockAsync(claim!.Key);
                var later = await store.ReadJournalAsync(0, null, int.MaxValue, Token);

                // What was once read stays where it was, and nothing is written before it.
                Assert.Equal(seen.Select(entry => entry.Event), later.Take(seen.Count).Select(entry => entry.Event));
            }
        }));

        await _stores[0].CheckJournalAsync();
        Assert.Equal(
            48, (await _stores[0].ReadBeadsAsync(Token)).Count(bead => bead.State is BeadState.Blocked));
    }

    [Fact]
    public async Task An_expired_lease_is_taken_over_by_one_and_a_late_renewal_is_told()
    {
        var epoch = await _stores[0].BeginAsync(beads: 1);
        var old = await _stores[0].ClaimAsync(epoch, 1);
        await _database.ExecuteAsync("UPDATE beadswarm.beads SET expires_at = clock_timestamp() - interval '1 ms'");

        var claims = await Task.WhenAll(_stores.Select((store, n) => store.ClaimAsync(epoch, n + 1)));
        var lost = await _stores[0].RenewAsync([old!.Key], TimeSpan.FromMinutes(1), Token);

        Assert.Equal(2, Assert.Single(claims, claim => claim is not null)!.Key.Token.Value);
        Assert.Equal([old.Key], lost);
        await _stores[0].CheckJournalAsync();
    }

    [Fact]
    public async Task Beginning_again_fences_whoever_began_before_in_the_middle_of_everything()
    {
        var old = await _stores[0].BeginAsync(beads: 200);
        var claiming = Task.WhenAll(_stores.Skip(1).Select((store, n) => store.ClaimAllAsync(old, n + 2)));

        var swarm = await _stores[0].BeginSwarmAsync(
            new Beadswarm.Storage.SwarmBegin(
                "node-1", null, null, Beadswarm.Configuration.SelectOrder.Triage, new StageName("contract"), [], true),
            Token);
        var held = (await _stores[0].ReadBeadsAsync(Token)).Count(bead => bead.State is BeadState.Held);
        await claiming;

        Assert.NotEqual(old, swarm.Epoch);
        Assert.Equal(held, (await _stores[0].ReadBeadsAsync(Token)).Count(bead => bead.State is BeadState.Held));
        await _stores[0].CheckJournalAsync();
    }

    [Fact]
    public async Task Claims_that_wait_together_are_committed_together()
    {
        var epoch = await _stores[0].BeginAsync(beads: 60);
        var before = long.Parse(await CommitsAsync(), System.Globalization.CultureInfo.InvariantCulture);

        var claims = await Task.WhenAll(Enumerable.Range(1, 30).Select(n => _stores[0].ClaimAsync(epoch, n)));

        Assert.Equal(30, claims.Select(claim => claim!.Bead).Distinct().Count());
        var after = long.Parse(await CommitsAsync(), System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(after - before, 1, 29);
    }

    [Fact]
    public async Task A_claim_and_its_end_ask_the_server_twice_each()
    {
        await using var proxy = new CuttingProxy(_database.Server.Socket);
        var place = PostgresAddress.Parse(
            $"postgres://{PostgresServer.User}@/{_database.Name}?host={Uri.EscapeDataString(proxy.Folder)}",
            new Dictionary<string, string>());
        await using var store = await PostgresStore.OpenAsync(
            place, "node-1", PostgresDatabase.Limits, TimeProvider.System, Token);
        var epoch = await store.BeginAsync(beads: 1);

        var before = proxy.RoundTrips;
        var claim = await store.ClaimAsync(epoch, 1);
        var claimed = proxy.RoundTrips;
        await store.ReleaseAsync(
            claim!.Key, new BeadTransition.Free(PostgresSwarm.Contract, 1, 0, null), "done", null, Token);

        Assert.Equal((2, 2), (claimed - before, proxy.RoundTrips - claimed));
    }

    [Fact]
    public async Task A_failing_operation_does_not_spoil_its_neighbours_in_the_same_commit()
    {
        var good = Enumerable.Range(0, 50).Select(n => _stores[0].AppendAsync(
            null, null, new JournalEvent.RecoveryFound($"{n}", "b"), Token)).ToArray();
        var bad = Enumerable.Range(0, 5).Select(_ => _stores[0].ReturnLandingAsync(
            default, default, "?", new BeadTransition.Land(), [], Token)).ToArray();

        await Task.WhenAll(good);
        foreach (var task in bad)
        {
            await Assert.ThrowsAsync<ArgumentException>(() => task);
        }

        Assert.Equal(50, (await _stores[0].CheckJournalAsync()).Count);
    }

    Task<string> CommitsAsync() => _database.ScalarAsync("SELECT max(last) FROM beadswarm.writers");
}
