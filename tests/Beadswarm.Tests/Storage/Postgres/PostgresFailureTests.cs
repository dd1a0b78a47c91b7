using Beadswarm.Claims;
using Beadswarm.Journal;
using Beadswarm.Storage;
using Beadswarm.Storage.Postgres;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Storage.Postgres;

/// <summary>The server, or the way to it, fails in the middle: nothing is lost, nothing is done twice.</summary>
public sealed class PostgresFailureTests : IAsyncLifetime
{
    PostgresDatabase _database = null!; // made before each test

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _database = await PostgresDatabase.MakeAsync();

    public ValueTask DisposeAsync()
    {
        _database.Drop();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public Task A_commit_whose_answer_was_lost_is_found_and_not_done_again() =>
        CheckCutAsync(CuttingProxy.Cut.AfterTheServerCommitted);

    [Fact]
    public Task A_commit_that_never_reached_the_server_is_done_once() =>
        CheckCutAsync(CuttingProxy.Cut.BeforeTheServerHears);

    [Fact]
    public async Task Connections_that_the_server_ends_are_made_anew_and_every_claim_is_granted_once()
    {
        await using var store = await _database.OpenAsync();
        var epoch = await store.BeginAsync(beads: 60);
        var claiming = Task.WhenAll(Enumerable.Range(1, 6).Select(agent => store.ClaimAllAsync(epoch, agent)));
        for (var round = 0; round < 10; round++)
        {
            await _database.ScalarAsync(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                + "WHERE datname = current_database() AND pid <> pg_backend_pid()");
        }

        var claims = (await claiming).SelectMany(list => list).ToArray();

        Assert.Equal(60, claims.Select(claim => claim.Bead).Distinct().Count());
        Assert.Equal(60, claims.Length);
        Assert.All(claims, claim => Assert.Equal(1, claim.Key.Token.Value));
        await store.CheckJournalAsync();
    }

    [Fact]
    public async Task A_server_that_has_become_read_only_is_waited_for()
    {
        await using var store = await _database.OpenAsync();
        var epoch = await store.BeginAsync(beads: 1);
        await _database.ExecuteAsync($"ALTER DATABASE {_database.Name} SET default_transaction_read_only = on");
        await _database.ScalarAsync(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            + "WHERE datname = current_database() AND pid <> pg_backend_pid()");
        var claiming = store.ClaimAsync(epoch, 1);
        await _database.Server.ExecuteAsync(
            "postgres", $"ALTER DATABASE {_database.Name} RESET default_transaction_read_only");

        Assert.NotNull(await claiming);
        await store.CheckJournalAsync();
    }

    [Fact]
    public async Task A_server_that_has_no_connection_left_is_waited_for()
    {
        const string Role = "few";
        var server = _database.Server;
        await server.ExecuteAsync(
            "postgres",
            $"DO $$ BEGIN CREATE ROLE {Role} LOGIN CONNECTION LIMIT 2; EXCEPTION WHEN duplicate_object THEN END $$");
        await _database.ExecuteAsync(
            $"GRANT USAGE ON SCHEMA beadswarm TO {Role}; "
            + $"GRANT ALL ON ALL TABLES IN SCHEMA beadswarm TO {Role}; "
            + $"GRANT ALL ON ALL SEQUENCES IN SCHEMA beadswarm TO {Role}");
        await using var store = await OpenAsync(server.Url(_database.Name, Role)); // one connection, which writes
        await using var other = new Npgsql.NpgsqlConnection(
            PostgresAddress.Parse(server.Url(_database.Name, Role), new Dictionary<string, string>())
                .ConnectionString(keepStatements: false));
        await other.OpenAsync(Token);

        var impatient = await Assert.ThrowsAsync<StoreException>(() => PostgresStore.OpenAsync(
            PostgresAddress.Parse(server.Url(_database.Name, Role), new Dictionary<string, string>()), "node-2",
            new PostgresLimits { Patience = TimeSpan.FromMilliseconds(200) }, TimeProvider.System, Token));
        Assert.True(impatient.IsTransient);
        Assert.Contains("has no connection left", impatient.Message, StringComparison.Ordinal);

        var reading = store.ReadBeadsAsync(Token);
        await other.CloseAsync();
        Assert.Empty(await reading);
    }

    [Fact]
    [Trait("Speed", "slow")]
    public async Task A_server_whose_disk_is_full_is_waited_for_and_nothing_is_acknowledged_meanwhile()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root may mount");
        using var folder = new TemporaryFolder();
        var disk = Directory.CreateDirectory(folder["disk"]).FullName;
        await Shell.MustAsync(folder.Path, "mount", "-t", "tmpfs", "-o", "size=48m,mode=700", "beadswarm-test", disk);
        try
        {
            await Shell.MustAsync(folder.Path, "chown", PostgresServer.OtherUser(), folder.Path, disk);
            await using var server = await PostgresServer.StartAsync(durable: false);
            await server.ExecuteAsync("postgres", $"CREATE TABLESPACE small_disk LOCATION '{disk}'");
            await server.ExecuteAsync("postgres", "CREATE DATABASE on_small_disk TABLESPACE small_disk");
            await FillAsync(server.Address("on_small_disk"), Path.Combine(disk, "ballast"));
        }
        finally
        {
            await Shell.MustAsync(folder.Path, "umount", "--lazy", disk);
        }
    }

    static void Fill(string ballast)
    {
        using var file = new FileStream(ballast, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            for (var block = new byte[4096]; ;)
            {
                file.Write(block);
            }
        }
        catch (IOException)
        {
            // There is no room any more, which is what it was for.
        }
    }

    static async Task FillAsync(PostgresAddress place, string ballast)
    {
        await using var store = await PostgresStore.OpenAsync(
            place, "node-1", PostgresDatabase.Limits, TimeProvider.System, Token);
        await using var impatient = await PostgresStore.OpenAsync(
            place, "node-2", new PostgresLimits { Patience = TimeSpan.FromMilliseconds(200) }, TimeProvider.System,
            Token);
        await store.BeginAsync(beads: 2);
        static Task SayAsync(IStore store) => store.AppendAsync(
            null, null, new JournalEvent.ComponentHeld("test", new string('x', 1500)), Token);
        Fill(ballast);
        var kept = 0;
        StoreException? refused = null;
        while (refused is null && kept < 10_000)
        {
            try
            {
                await SayAsync(impatient);
                kept++;
            }
            catch (StoreException full)
            {
                refused = full;
            }
        }

        Assert.True(refused?.IsTransient);
        Assert.Contains("is full: nothing more can be recorded", refused!.Message, StringComparison.Ordinal);
        var saying = SayAsync(store);
        File.Delete(ballast);
        await saying;
        var journal = await store.CheckJournalAsync();
        Assert.Equal(kept + 1, journal.Count(entry => entry.Event is JournalEvent.ComponentHeld));
    }

    [Fact]
    public async Task A_database_that_does_not_exist_and_a_wrong_password_are_refused_at_once_and_say_what_to_do()
    {
        await CheckRefusedAsync(_database.Server.Url("nowhere"), "there is no database 'nowhere'");
        await _database.Server.ExecuteAsync(
            "postgres",
            "DO $$ BEGIN CREATE ROLE locked LOGIN PASSWORD 'right'; EXCEPTION WHEN duplicate_object THEN END $$");
        var url = _database.Server.Url(_database.Name, "locked:wr0ng-s3cret");
        await CheckRefusedAsync(url, "does not let 'locked' in");
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_named_after_the_patience_is_used_up()
    {
        var place = PostgresAddress.Parse(
            "postgres://me:s3cret@/swarm?host=/nowhere/at/all", new Dictionary<string, string>());
        var limits = new PostgresLimits { Patience = TimeSpan.FromMilliseconds(200) };

        var refused = await Assert.ThrowsAsync<StoreException>(
            () => PostgresStore.OpenAsync(place, "node-1", limits, TimeProvider.System, Token));

        Assert.True(refused.IsTransient);
        Assert.Contains("does not answer", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", $"{refused}", StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Speed", "slow")]
    public async Task A_server_that_crashes_keeps_every_answered_claim_and_the_store_goes_on()
    {
        await using var server = await PostgresServer.StartAsync(durable: true);
        var database = await PostgresDatabase.MakeAsync(server);
        await using var store = await database.OpenAsync();
        var epoch = await store.BeginAsync(beads: 200);
        var answered = new System.Collections.Concurrent.ConcurrentBag<Claim>();
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var claiming = Task.WhenAll(Enumerable.Range(1, 8).Select(async agent =>
        {
            while (await store.ClaimAsync(epoch, agent) is { } claim)
            {
                answered.Add(claim);
                first.TrySetResult();
            }
        }));

        await first.Task;
        await server.RestartAsync();
        await claiming;

        Assert.Equal(200, answered.Select(claim => claim.Bead).Distinct().Count());
        Assert.Equal(200, answered.Count);
        await store.CheckJournalAsync();
    }

    [Fact]
    [Trait("Speed", "slow")]
    public async Task A_server_that_wants_encryption_gets_it_and_a_certificate_of_somebody_else_is_refused()
    {
        var certificate = new ServerCertificate();
        using var folder = new TemporaryFolder();
        certificate.Write(folder["ours.crt"], folder["ours.key"]);
        new ServerCertificate().Write(folder["other.crt"], folder["other.key"]);
        await using var server = await PostgresServer.StartAsync(durable: false, certificate);
        var url = $"postgres://{PostgresServer.User}@127.0.0.1:{server.Port}/postgres?sslmode=";

        await CheckRefusedAsync(url + "disable", "check user, password (PGPASSWORD, PGPASSFILE) and sslmode");
        await CheckRefusedAsync(
            $"{url}verify-full&sslrootcert={folder["other.crt"]}", "check sslmode and sslrootcert");
        await using var store = await OpenAsync($"{url}verify-full&sslrootcert={folder["ours.crt"]}");
        Assert.NotNull(await store.ClaimAsync(await store.BeginAsync(beads: 1), 1));
    }

    [Fact]
    public async Task Behind_a_pooler_in_transaction_mode_many_stores_share_few_connections_and_grant_once()
    {
        await using var pooler = await Pooler.StartAsync(_database.Server);
        var stores = new List<IStore>();
        for (var number = 0; number < 4; number++)
        {
            stores.Add(await OpenAsync(pooler.Url(_database.Name)));
        }

        var epoch = await stores[0].BeginAsync(beads: 60);
        var claims = (await Task.WhenAll(Enumerable.Range(1, 12).Select(
            agent => stores[agent % stores.Count].ClaimAllAsync(epoch, agent)))).SelectMany(list => list).ToArray();

        Assert.Equal(60, claims.Select(claim => claim.Bead).Distinct().Count());
        Assert.Equal(60, claims.Length);
        Assert.InRange(
            int.Parse(
                await _database.ScalarAsync(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND "
                    + "pid <> pg_backend_pid()"),
                System.Globalization.CultureInfo.InvariantCulture),
            1, Pooler.ConnectionsMax);
        await stores[0].CheckJournalAsync();
        foreach (var store in stores)
        {
            await store.DisposeAsync();
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task A_machine_whose_clock_is_wrong_by_an_hour_neither_takes_nor_keeps_nor_pauses_wrongly(int hours)
    {
        var wrong = new WrongTime(TimeSpan.FromHours(hours));
        await using var there = await PostgresStore.OpenAsync(
            _database.Address, "wrong", PostgresDatabase.Limits, wrong, Token);
        await using var here = await _database.OpenAsync();
        var epoch = await here.BeginAsync(beads: 1);
        var claim = Assert.IsType<Claim>(await there.ClaimAsync(epoch, 1));
        Assert.InRange(claim.ExpiresAt, DateTimeOffset.UtcNow, DateTimeOffset.UtcNow.AddMinutes(10));
        Assert.Null(await here.ClaimAsync(epoch, 2));
        Assert.Empty(await here.ReapExpiredAsync(epoch, [], Token));

        await PauseAsync(there, claim, wrong.GetUtcNow());
        var again = Assert.IsType<Claim>(await here.ClaimAsync(epoch, 2));

        await PauseAsync(there, again, wrong.GetUtcNow().AddMinutes(30));
        Assert.Null(await here.ClaimAsync(epoch, 2));
        var bead = Assert.Single(await here.ReadBeadsAsync(Token));
        Assert.InRange(
            ((BeadState.Pending)bead.State).NotBefore!.Value, DateTimeOffset.UtcNow.AddMinutes(20),
            DateTimeOffset.UtcNow.AddMinutes(40));
    }

    static Task PauseAsync(IStore store, Claim claim, DateTimeOffset until) => store.ReleaseAsync(
        claim.Key, new BeadTransition.Free(claim.Stage, claim.Attempt, 0, until), "it pauses", null, Token);

    static async Task<IStore> OpenAsync(string url) => await PostgresStore.OpenAsync(
        PostgresAddress.Parse(url, new Dictionary<string, string>()), "node-1", PostgresDatabase.Limits,
        TimeProvider.System, Token);

    sealed class WrongTime(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
    }

    async Task CheckCutAsync(CuttingProxy.Cut cut)
    {
        await using var proxy = new CuttingProxy(_database.Server.Socket);
        var place = PostgresAddress.Parse(
            $"postgres://{PostgresServer.User}@/{_database.Name}?host={Uri.EscapeDataString(proxy.Folder)}"
            + "&pooler=transaction", new Dictionary<string, string>());
        await using var store = await PostgresStore.OpenAsync(
            place, "node-1", PostgresDatabase.Limits, TimeProvider.System, Token);
        var epoch = await store.BeginAsync(beads: 3);

        proxy.CutNext(cut);
        var claim = await store.ClaimAsync(epoch, 1);

        Assert.Equal(1, proxy.Cuts);
        Assert.Equal(1, claim!.Key.Token.Value);
        Assert.Equal("x-0", claim.Bead.Value);
        Assert.Equal(1, (await store.ReadBeadsAsync(Token)).Count(bead => bead.State is BeadState.Held));
        var journal = await store.CheckJournalAsync();
        Assert.Single(journal, entry => entry.Event is JournalEvent.BeadClaimed);
        Assert.NotNull(await store.ClaimAsync(epoch, 2));
    }

    static async Task CheckRefusedAsync(string url, string message)
    {
        var place = PostgresAddress.Parse(url, new Dictionary<string, string>());
        var refused = await Assert.ThrowsAsync<StoreException>(
            () => PostgresStore.OpenAsync(place, "node-1", PostgresDatabase.Limits, TimeProvider.System, Token));

        Assert.False(refused.IsTransient);
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wr0ng-s3cret", $"{refused}", StringComparison.Ordinal);
    }
}
