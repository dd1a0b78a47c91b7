using Beadswarm.Claims;
using Beadswarm.Journal;
using Beadswarm.Storage;
using Beadswarm.Storage.Sqlite;
using Beadswarm.Tests.Support;
using Microsoft.Data.Sqlite;

namespace Beadswarm.Tests.Storage;

/// <summary>What only SQLite has: a file, its schema, its plans, its failures.</summary>
public sealed class SqliteFileTests : IDisposable
{
    readonly TemporaryFolder _folder = new();
    readonly FakeTime _time = new();

    static CancellationToken Token => TestContext.Current.CancellationToken;

    string File => _folder["swarm.db"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Schema_after_the_last_migration()
    {
        await using var store = await OpenAsync();
        using var session = SqliteSession.Open(File, writable: false, TimeProvider.System);

        Snapshot.Match(string.Join(";\n\n", session.All("SelectSchema", row => row.GetString(0))));
        Assert.Equal((long)SqliteSchema.Version, session.Scalar("PRAGMA user_version"));
        Assert.Equal("wal", session.Scalar("PRAGMA journal_mode"));
    }

    [Fact]
    public async Task Migrating_twice_is_migrating_once_and_what_was_stored_stays()
    {
        await using (var store = await OpenAsync())
        {
            await store.AppendAsync(null, null, new JournalEvent.RecoveryFound("a", "b"), Token);
        }

        await using var again = await OpenAsync();
        Assert.Single(await again.ReadJournalAsync(0, null, 10, Token));
    }

    [Fact]
    public async Task What_an_earlier_version_has_journalled_of_costs_is_there_once_after_the_migration()
    {
        await using (var store = await OpenAsync())
        {
            await Costs.EarlierCosts.WriteAsync(store, Token);
        }

        var later = string.Concat(
            ((string[])["number", "url", "branch", "head", "waits"])
                .Select(column => $"ALTER TABLE landing DROP COLUMN pull_{column};"))
            + "ALTER TABLE landing DROP COLUMN intent_batch_base; ALTER TABLE landing DROP COLUMN intent_batch;";
        Execute($"DROP VIEW cost; DROP TABLE plan_cost; DROP TABLE execution_cost; {later} PRAGMA user_version = 5");

        await using var migrated = await OpenAsync();
        await Costs.EarlierCosts.CheckAsync(migrated, Token);
    }

    [Fact]
    public async Task Only_its_owner_may_read_the_file()
    {
        await using var store = await OpenAsync();
        await store.AppendAsync(null, null, new JournalEvent.RecoveryFound("a", "b"), Token);

        foreach (var file in Directory.GetFiles(_folder.Path))
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(file));
        }
    }

    [Fact]
    public async Task A_store_that_is_newer_than_the_program_is_refused_and_left_alone()
    {
        await (await OpenAsync()).DisposeAsync();
        Execute("PRAGMA user_version = 99");

        var writing = await Assert.ThrowsAsync<StoreException>(OpenAsync);
        var reading = await Assert.ThrowsAsync<StoreException>(OpenReadOnlyAsync);

        Assert.Contains("has schema version 99, newer than this program", writing.Message, StringComparison.Ordinal);
        Assert.Equal(writing.Message, reading.Message);
        Assert.False(writing.IsTransient);
    }

    [Fact]
    public async Task A_damaged_file_and_a_file_of_another_program_are_refused_with_a_remedy()
    {
        await System.IO.File.WriteAllTextAsync(File, new string('x', 5000), Token);
        await CheckRefusedAsync("move it away");

        System.IO.File.Delete(File);
        Execute("CREATE TABLE theirs (x)", SqliteOpenMode.ReadWriteCreate);
        await CheckRefusedAsync("of another program");
    }

    [Fact]
    public async Task A_page_that_was_overwritten_is_noticed_when_the_store_is_opened()
    {
        await (await OpenAsync()).DisposeAsync();
        using (var file = System.IO.File.OpenWrite(File))
        {
            file.Position = 8192;
            file.Write(new byte[4096 * 3]);
        }

        await CheckRefusedAsync("is damaged");
    }

    [Fact]
    public async Task Another_process_reads_beside_the_owner_and_cannot_write()
    {
        await Assert.ThrowsAsync<StoreException>(OpenReadOnlyAsync);
        await using var store = await OpenAsync();
        await using var reader = await OpenReadOnlyAsync();
        await store.AppendAsync(null, null, new JournalEvent.RecoveryFound("a", "b"), Token);

        Assert.Single(await reader.ReadJournalAsync(0, null, 10, Token));
        var refused = await Assert.ThrowsAsync<StoreException>(
            () => reader.AppendAsync(null, null, new JournalEvent.RecoveryFound("a", "b"), Token));
        Assert.Contains("for reading only", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_still_store_shows_one_moment_however_much_is_written()
    {
        await using var store = await OpenAsync();
        await store.AppendAsync(null, null, new JournalEvent.RecoveryFound("a", "b"), Token);
        await using var still = await SqliteStore.OpenStillAsync(File, _time, Token);
        Assert.Single(await still.ReadJournalAsync(0, null, 10, Token));

        await store.AppendAsync(null, null, new JournalEvent.RecoveryFound("c", "d"), Token);

        Assert.Single(await still.ReadJournalAsync(0, null, 10, Token));
        Assert.Equal(2, (await store.ReadJournalAsync(0, null, 10, Token)).Count);
    }

    [Theory]
    [InlineData("UPDATE journal SET body = '{}'", "no entry is ever changed")]
    [InlineData("DELETE FROM journal", "no entry is ever deleted")]
    [InlineData("INSERT OR REPLACE INTO journal VALUES (1, 0, 0, NULL, NULL, 'x', '{}')", "no entry is ever replaced")]
    [InlineData("INSERT INTO journal VALUES (9, 0, 0, NULL, NULL, 'x', '{}')", "has no gaps")]
    public async Task The_journal_refuses_to_be_rewritten(string sql, string message)
    {
        await using var store = await OpenAsync();
        await store.AppendAsync(null, null, new JournalEvent.RecoveryFound("a", "b"), Token);

        Assert.Contains(
            message, Assert.Throws<SqliteException>(() => Execute(sql)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_journal_entry_that_cannot_be_read_is_named_with_a_remedy()
    {
        await using var store = await OpenAsync();
        await store.AppendAsync(null, null, new JournalEvent.RecoveryFound("a", "b"), Token);
        Execute(
            "DROP TRIGGER journal_refuses_update; "
            + """UPDATE journal SET body = '{"type":"bead.invented"}' WHERE sequence = 1""");

        var refused = await Assert.ThrowsAsync<StoreException>(() => store.ReadJournalAsync(0, null, 10, Token));

        Assert.Contains("entry 1 of the journal cannot be read", refused.Message, StringComparison.Ordinal);
        Assert.Contains("another version", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_claim_scans_no_table()
    {
        await using var store = await OpenAsync();
        Assert.Equal([], Plan("ClaimNext").Where(line => line.StartsWith("SCAN bead", StringComparison.Ordinal)));
        Assert.Contains(Plan("ClaimNext"), line => line.Contains("bead_begun", StringComparison.Ordinal));
        Assert.Contains(Plan("ClaimNext"), line => line.Contains("bead_fresh", StringComparison.Ordinal));
        Assert.Contains(Plan("ClaimNext"), line => line.Contains("bead_lease", StringComparison.Ordinal));
        // One sort of the few heads is meant; the heads themselves come sorted from their index.
        Assert.Single(Plan("ClaimNext"), line => line.Contains("TEMP B-TREE", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_failing_operation_does_not_spoil_its_neighbours_in_the_same_commit()
    {
        await using var store = await OpenAsync();
        var good = Enumerable.Range(0, 50).Select(n =>
            store.AppendAsync(null, null, new JournalEvent.RecoveryFound($"{n}", "b"), Token)).ToArray();
        var bad = Enumerable.Range(0, 50).Select(_ => store.ReturnLandingAsync(
            default, default, "?", new BeadTransition.Land(), [], Token)).ToArray();

        await Task.WhenAll(good);
        foreach (var task in bad)
        {
            await Assert.ThrowsAsync<ArgumentException>(() => task);
        }

        Assert.Equal(50, (await store.ReadJournalAsync(0, null, 1000, Token)).Count);
    }

    [Fact]
    public async Task On_a_full_disk_nothing_is_acknowledged_and_the_store_goes_on_afterwards()
    {
        await using var store = await OpenAsync();
        // The writer's own connection obeys this limit as it would a full disk: SQLITE_FULL.
        await store.LimitPagesAsync(60, Token);
        var acknowledged = 0;
        var failure = await Assert.ThrowsAsync<StoreException>(async () =>
        {
            for (; acknowledged < 10_000; acknowledged++)
            {
                await store.AppendAsync(null, null, new JournalEvent.RecoveryFound(new string('x', 500), "b"), Token);
            }
        });

        Assert.True(failure.IsTransient);
        Assert.Contains("disk is full", failure.Message, StringComparison.Ordinal);
        Assert.Equal(acknowledged, (await store.ReadJournalAsync(0, null, int.MaxValue, Token)).Count);
        await store.LimitPagesAsync(100_000, Token);
        await store.AppendAsync(null, null, new JournalEvent.RecoveryFound("a", "b"), Token);
        Assert.Equal(acknowledged + 1, (await store.ReadJournalAsync(0, null, int.MaxValue, Token)).Count);
    }

    [Fact]
    public async Task An_operation_that_was_cancelled_before_it_began_is_not_run()
    {
        await using var store = await OpenAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.AppendAsync(
            null, null, new JournalEvent.RecoveryFound("a", "b"), new CancellationToken(canceled: true)));

        Assert.Empty(await store.ReadJournalAsync(0, null, 10, Token));
    }

    async Task CheckRefusedAsync(string message)
    {
        var refusal = await Assert.ThrowsAsync<StoreException>(OpenAsync);
        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
    }

    Task<SqliteStore> OpenAsync() => SqliteStore.OpenAsync(File, _time, Token);

    Task<SqliteStore> OpenReadOnlyAsync() => SqliteStore.OpenReadOnlyAsync(File, _time, Token);

    void Execute(string sql, SqliteOpenMode mode = SqliteOpenMode.ReadWrite)
    {
        _ = SqliteLibrary.Version;
        using var connection = new SqliteConnection($"Data Source={File};Mode={mode};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    List<string> Plan(string statement)
    {
        using var connection = new SqliteConnection($"Data Source={File};Mode=ReadOnly;Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "EXPLAIN QUERY PLAN " + SqliteSession.Text(statement);
        foreach (var name in (string[])["epoch", "agent", "node", "stages", "lease", "now"])
        {
            command.Parameters.AddWithValue("$" + name, name == "stages" ? "[]" : 1);
        }

        using var reader = command.ExecuteReader();
        var lines = new List<string>();
        while (reader.Read())
        {
            lines.Add(reader.GetString(3));
        }

        return lines;
    }
}
