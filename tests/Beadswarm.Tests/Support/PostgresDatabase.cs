using Beadswarm.Storage;
using Beadswarm.Storage.Postgres;

namespace Beadswarm.Tests.Support;

/// <summary>A database of one test's own in the tests' server, with the store's schema in it.</summary>
sealed class PostgresDatabase
{
    /// <summary>Waits a minute at most where a test stops the server, and comes back fast.</summary>
    public static readonly PostgresLimits Limits = new()
    {
        Patience = TimeSpan.FromSeconds(60),
        PauseMin = TimeSpan.FromMilliseconds(10),
        PauseMax = TimeSpan.FromMilliseconds(200),
    };

    FakeTime? _time;

    PostgresDatabase(PostgresServer server, string name)
    {
        Server = server;
        Name = name;
    }

    public PostgresServer Server { get; }

    public string Name { get; }

    public PostgresAddress Address => Server.Address(Name);

    public static async Task<PostgresDatabase> MakeAsync(PostgresServer? server = null)
    {
        server ??= await PostgresServer.SharedAsync();
        return new PostgresDatabase(server, await server.MakeDatabaseAsync("template_store", MigrateAsync));
    }

    /// <summary>Its clock is the test's: it stands still until the test moves it.</summary>
    public static async Task<PostgresDatabase> MakeAsync(FakeTime time)
    {
        var server = await PostgresServer.SharedAsync();
        var database = new PostgresDatabase(server, await server.MakeDatabaseAsync("template_still", async address =>
        {
            await MigrateAsync(address);
            await server.ExecuteAsync(
                address.Database,
                """
                CREATE TABLE public.test_clock (at timestamptz NOT NULL);
                INSERT INTO public.test_clock VALUES ('epoch');
                CREATE OR REPLACE FUNCTION beadswarm.clock() RETURNS timestamptz LANGUAGE sql VOLATILE
                  AS 'SELECT at FROM public.test_clock'
                """);
        }));
        database._time = time;
        database.SetClock(time.GetUtcNow());
        time.Moved = database.SetClock;
        return database;
    }

    /// <summary>With a clock that shows what the server's does; its pauses are real.</summary>
    public async Task<IStore> OpenAsync(string node = "node-1") => await PostgresStore.OpenAsync(
        Address, node, Limits, _time is null ? TimeProvider.System : new ClockOf(_time),
        TestContext.Current.CancellationToken);

    public Task ExecuteAsync(string sql) => Server.ExecuteAsync(Name, sql);

    public Task<string> ScalarAsync(string sql) => Server.ScalarAsync(Name, sql);

    public void Drop() => Server.Execute("postgres", $"DROP DATABASE IF EXISTS {Name} WITH (FORCE)");

    static async Task MigrateAsync(PostgresAddress address) =>
        await (await PostgresStore.OpenAsync(
            address, "template", Limits, TimeProvider.System, CancellationToken.None)).DisposeAsync();

    void SetClock(DateTimeOffset at) => Server.Execute(
        Name,
        string.Create(
            System.Globalization.CultureInfo.InvariantCulture, $"UPDATE public.test_clock SET at = '{at:O}'"));

    sealed class ClockOf(FakeTime time) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => time.GetUtcNow();
    }
}
