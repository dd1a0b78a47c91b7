using Beadswarm.Journal;
using Beadswarm.Storage;
using Beadswarm.Storage.Postgres;
using Beadswarm.Swarms;
using Beadswarm.Tests.Support;
using Npgsql;

namespace Beadswarm.Tests.Storage.Postgres;

/// <summary>The schema: how it comes about, what it refuses, what people see of it.</summary>
public sealed class PostgresSchemaTests : IAsyncLifetime
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
    public async Task Every_earlier_version_is_brought_up_to_date_by_whoever_comes_first()
    {
        for (var version = 0; version < PostgresSchema.Version; version++)
        {
            var place = _database.Address with { Schema = $"from_{version}" };
            using (var session = PostgresSession.Open(place, keepStatements: false))
            {
                session.Script($"CREATE SCHEMA from_{version}");
                session.Script(PostgresSession.Text("MakeMigrations"));
                foreach (var done in Enumerable.Range(1, version))
                {
                    session.Script(PostgresSchema.Text(done));
                    session.Run("AddMigration", ("version", done));
                }
            }

            var stores = await Task.WhenAll(Enumerable.Range(1, 3).Select(_ => OpenAsync(place)));

            var epoch = await stores[0].BeginAsync(beads: 1);
            Assert.NotNull(await stores[1].ClaimAsync(epoch, 1));
            await stores[2].CheckJournalAsync();
            await stores.CloseAsync();
        }
    }

    [Fact]
    public async Task What_an_earlier_version_has_journalled_of_costs_is_there_once_after_the_migration()
    {
        await using (var store = await _database.OpenAsync())
        {
            await Tests.Costs.EarlierCosts.WriteAsync(store, Token);
        }

        var later = string.Concat(
            ((string[])["number", "url", "branch", "head", "waits"])
                .Select(column => $"ALTER TABLE beadswarm.landings DROP COLUMN pull_{column};"))
            + "ALTER TABLE beadswarm.landings DROP COLUMN intent_batch_base; "
            + "ALTER TABLE beadswarm.landings DROP COLUMN intent_batch;";
        await _database.ExecuteAsync(
            "DROP TABLE beadswarm.execution_costs, beadswarm.plan_costs CASCADE; DROP TABLE beadswarm.nodes; "
            + "ALTER TABLE beadswarm.agent_state DROP COLUMN node; DROP FUNCTION beadswarm.instant; "
            + $"{later} DELETE FROM beadswarm.migrations WHERE version > 4");

        await using var migrated = await _database.OpenAsync();
        await Tests.Costs.EarlierCosts.CheckAsync(migrated, Token);
    }

    [Theory]
    [InlineData("Postgres")]
    [InlineData("Sqlite")]
    public void Migrations_are_numbered_one_after_the_other(string store)
    {
        var folder = $"Beadswarm.Storage.{store}.Migrations.";
        string[] names =
        [
            .. typeof(PostgresSchema).Assembly.GetManifestResourceNames()
                .Where(name => name.StartsWith(folder, StringComparison.Ordinal))
                .Select(name => name[folder.Length..]).Order(StringComparer.Ordinal),
        ];

        Assert.NotEmpty(names);
        Assert.All(names, (name, index) => Assert.StartsWith($"{index + 1:0000}_", name, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_store_that_is_newer_than_the_program_is_refused_and_left_alone()
    {
        await _database.ExecuteAsync("INSERT INTO beadswarm.migrations (version) VALUES (99)");

        var writing = await Assert.ThrowsAsync<StoreException>(() => OpenAsync(_database.Address));
        var reading = await Assert.ThrowsAsync<StoreException>(() => PostgresStore.OpenReadOnlyAsync(
            _database.Address, PostgresDatabase.Limits, TimeProvider.System, Token));

        Assert.Contains("has schema version 99, newer than this program", writing.Message, StringComparison.Ordinal);
        Assert.Equal(writing.Message, reading.Message);
        Assert.False(writing.IsTransient);
    }

    [Fact]
    public async Task A_schema_of_another_program_is_refused_with_a_remedy()
    {
        await _database.ExecuteAsync("CREATE SCHEMA theirs; CREATE TABLE theirs.beads (x integer)");

        var refused = await Assert.ThrowsAsync<StoreException>(
            () => OpenAsync(_database.Address with { Schema = "theirs" }));

        Assert.Contains("belongs to another program", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Several_stores_live_in_one_database_each_in_its_schema()
    {
        IStore[] stores =
        [
            await OpenAsync(_database.Address),
            await OpenAsync(_database.Address with { Schema = "another" }),
        ];
        await stores[0].BeginAsync(beads: 3);
        var epoch = await stores[1].BeginAsync(beads: 2);

        Assert.Equal(2, (await stores[1].ClaimAllAsync(epoch, 1)).Count);
        Assert.Equal(3, (await stores[0].ReadStatusAsync(Token)).Ready);
        await stores.CloseAsync();
    }

    [Theory]
    [InlineData("UPDATE beadswarm.journal SET body = '{}'", "no entry is ever changed or deleted")]
    [InlineData("DELETE FROM beadswarm.journal", "no entry is ever changed or deleted")]
    [InlineData("TRUNCATE beadswarm.journal", "no entry is ever changed or deleted")]
    [InlineData("INSERT INTO beadswarm.journal VALUES (1, now(), 0, NULL, NULL, 'x', '{}')", "journal_pkey")]
    [InlineData("INSERT INTO beadswarm.journal VALUES (9, now(), 0, NULL, NULL, 'x', '{}')", "has no gaps")]
    public async Task The_journal_refuses_to_be_rewritten(string sql, string message)
    {
        await using var store = await _database.OpenAsync();
        await store.AppendAsync(null, null, new JournalEvent.RecoveryFound("a", "b"), Token);

        var refused = await Assert.ThrowsAsync<PostgresException>(() => _database.ExecuteAsync(sql));
        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_person_sees_claims_agents_progress_and_feedback_with_psql()
    {
        await using var store = await _database.OpenAsync();
        var epoch = await store.BeginAsync(beads: 3);
        var first = await store.ClaimAsync(epoch, 1);
        await store.ClaimAsync(epoch, 2);
        await store.BlockAsync(first!.Key);

        Assert.Equal(
            "x-0:1:blocked x-1:2:in_progress",
            await _database.ScalarAsync(
                "SELECT string_agg(bead_id || ':' || claimed_by || ':' || status, ' ' ORDER BY bead_id) "
                + "FROM beadswarm.bead_claims"));
        Assert.Equal(
            "2:x-1:contract:1",
            await _database.ScalarAsync(
                "SELECT string_agg(concat_ws(':', agent_id, bead_id, current_stage, implementation_attempt), ' ') "
                + "FROM beadswarm.v_active_agents"));
        Assert.Equal(
            "0 completed, 1 pending, 1 blocked, 1 working, 29 idle of 30",
            await _database.ScalarAsync(
                "SELECT format('%s completed, %s pending, %s blocked, %s working, %s idle of %s', completed, pending, "
                + "blocked, working, idle, total_agents) FROM beadswarm.v_swarm_progress"));
        Assert.Equal(
            "x-0:1:contract:feedback",
            await _database.ScalarAsync(
                "SELECT string_agg(concat_ws(':', bead_id, agent_id, stage, feedback), ' ') "
                + "FROM beadswarm.v_feedback_required"));
        Assert.Equal("x-2", await _database.ScalarAsync("SELECT bead_id FROM beadswarm.v_available_beads"));
    }

    [Fact]
    public async Task An_agents_last_update_is_kept_whoever_changes_its_row()
    {
        await using var store = await _database.OpenAsync();
        await store.BeginAsync(beads: 0);
        await _database.ExecuteAsync(
            "UPDATE beadswarm.agent_state SET reason = 'by hand', last_update = 'epoch' WHERE agent_id = 1");

        Assert.Equal(
            "True",
            await _database.ScalarAsync(
                "SELECT last_update > clock_timestamp() - interval '1 hour' FROM beadswarm.agent_state "
                + "WHERE agent_id = 1"));
    }

    [Fact]
    public async Task A_still_store_shows_one_moment_however_much_is_written()
    {
        await using var store = await _database.OpenAsync();
        await store.AppendAsync(null, null, new JournalEvent.RecoveryFound("a", "b"), Token);
        await using var still = await PostgresStore.OpenStillAsync(
            _database.Address, PostgresDatabase.Limits, TimeProvider.System, Token);
        Assert.Single(await still.ReadJournalAsync(0, null, 10, Token));

        await store.AppendAsync(null, null, new JournalEvent.RecoveryFound("c", "d"), Token);

        Assert.Single(await still.ReadJournalAsync(0, null, 10, Token));
        Assert.Equal(2, (await store.ReadJournalAsync(0, null, 10, Token)).Count);
        var refused = await Assert.ThrowsAsync<StoreException>(
            () => still.AppendAsync(null, null, new JournalEvent.RecoveryFound("a", "b"), Token));
        Assert.Contains("for reading only", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_claim_scans_nothing_of_a_hundred_thousand_beads_and_changes_one_row()
    {
        await using var store = await _database.OpenAsync();
        var epoch = await store.BeginAsync(beads: 0);
        await AddBeadsAsync();
        await _database.ExecuteAsync("ANALYZE beadswarm.beads");
        await store.ClaimAsync(epoch, 1);

        var plan = await PlanAsync(
            "ClaimNext", ("epoch", "bigint", $"{epoch.Value}"), ("stages", "text", "'[\"contract\", \"implement\"]'"),
            ("lease", "interval", "'1 min'"), ("agent", "integer", "2"), ("node", "text", "'n'"),
            ("reach", "bigint", "8"), ("external", "boolean", "false"), ("only", "text", "NULL"));

        Assert.DoesNotContain("Seq Scan on beads", plan, StringComparison.Ordinal);
        foreach (var index in (string[])["beads_begun", "beads_fresh", "beads_pkey"])
        {
            Assert.Contains(index, plan, StringComparison.Ordinal);
        }

        // One lock on the way to one row, in a query that runs once: no condition can run it again.
        Assert.Equal(2, plan.Split("LockRows").Length);
        Assert.DoesNotContain("LockRows", plan.Split("CTE chosen")[0], StringComparison.Ordinal);
        Assert.Equal(
            "2", await _database.ScalarAsync("SELECT count(*) FROM beadswarm.beads WHERE state = 'held'"));
    }

    [Fact]
    public async Task A_claim_is_held_by_its_key_alone_however_little_seems_to_be_held()
    {
        await using var store = await _database.OpenAsync();
        var epoch = await store.BeginAsync(beads: 0);
        await AddBeadsAsync();
        await _database.ExecuteAsync("ANALYZE beadswarm.beads");
        var claim = await store.ClaimAsync(epoch, 1);

        var plan = await PlanAsync(
            "HoldClaim", ("bead", "text", $"'{claim!.Bead}'"), ("agent", "integer", "1"), ("token", "bigint", "1"));

        // Beside an open snapshot the indexes of what is held have an entry for every claim since it was taken.
        Assert.Contains("beads_pkey", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("beads_holder", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("beads_lease", plan, StringComparison.Ordinal);
        Assert.Contains("actual rows=1", plan.Split('\n')[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plan_made_while_there_was_hardly_a_bead_scans_nothing_when_there_are_a_hundred_thousand()
    {
        await using (var store = await _database.OpenAsync())
        {
            var epoch = await store.BeginAsync(beads: 20);
            await ClaimAsync(store, epoch, 1, 10);
            await AddBeadsAsync();
            await ClaimAsync(store, epoch, 11, 20);
        }

        // What a session has read is counted when it ends.
        Assert.InRange(
            long.Parse(
                await _database.ScalarAsync(
                    "SELECT seq_tup_read FROM pg_stat_user_tables WHERE relid = 'beadswarm.beads'::regclass"),
                System.Globalization.CultureInfo.InvariantCulture),
            0, 99_999);

        async Task ClaimAsync(IStore store, SwarmEpoch epoch, int first, int last)
        {
            for (var agent = first; agent <= last; agent++)
            {
                Assert.NotNull(await store.ClaimAsync(epoch, agent));
            }
        }
    }

    Task AddBeadsAsync() => _database.ExecuteAsync(
        """
        INSERT INTO beadswarm.beads (id, title, priority, unblocks, created_at, ordinal, rank, ready, state, stage,
          attempt, attempts_allowed, updated_at)
        SELECT 'grown-' || n, 'title', n % 5, n % 7, now() - n * interval '1 s', n, 0, true, 'pending', 'contract', 1,
          3, now()
        FROM generate_series(1, 100000) n
        """);

    static async Task<IStore> OpenAsync(PostgresAddress place) => await PostgresStore.OpenAsync(
        place, "node-1", PostgresDatabase.Limits, TimeProvider.System, Token);

    /// <summary>The plan that a prepared statement comes to: one that knows no values.</summary>
    async Task<string> PlanAsync(string name, params (string Name, string Type, string Value)[] arguments)
    {
        await using var connection = await _database.Server.OpenAsync(_database.Name);
        var statement = System.Text.RegularExpressions.Regex.Replace(
            PostgresSession.Text(name), @"@(\w+)", match => match.Groups[1].Value switch
            {
                "now" => "beadswarm.instant()",
                var argument => $"${Array.FindIndex(arguments, given => given.Name == argument) + 1}",
            });
        await using var prepare = new NpgsqlCommand(
            "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; "
            + "SELECT set_config('beadswarm.instant', (extract(epoch FROM now()) * 1000000)::bigint::text, false); "
            + $"PREPARE it ({string.Join(", ", arguments.Select(argument => argument.Type))}) AS {statement}",
            connection);
        await prepare.ExecuteNonQueryAsync(Token);
        await using var explain = new NpgsqlCommand(
            "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) EXECUTE it ("
            + $"{string.Join(", ", arguments.Select(argument => argument.Value))})", connection);
        await using var reader = await explain.ExecuteReaderAsync(Token);
        var lines = new List<string>();
        while (await reader.ReadAsync(Token))
        {
            lines.Add(reader.GetString(0));
        }

        return string.Join('\n', lines);
    }
}
