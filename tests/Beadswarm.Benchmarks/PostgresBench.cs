using System.Globalization;
using Beadswarm.Claims;
using Beadswarm.Pipelines;
using Beadswarm.Storage;
using Beadswarm.Storage.Postgres;
using Beadswarm.Storage.Postgres.Servers;
using Npgsql;

namespace Beadswarm.Benchmarks;

/// <summary>
/// A server of the benchmark's own, with a database that every measurement gets a fresh copy of, and what agents do
/// there: claim a bead, and hand it on to a stage that nobody serves.
/// </summary>
sealed class PostgresBench : IAsyncDisposable
{
    const string Filled = "filled";

    // A hundred nodes have five each at most.
    const int ConnectionsMax = 550;

    // What a node does first it does with code that is not compiled yet; pgbench has nothing of the kind.
    static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(2);

    static readonly StageName Stage = new("contract");

    /// <summary>Nobody serves it.</summary>
    static readonly StageName Done = new("done");

    readonly DirectoryInfo _folder;
    readonly PrivateServer _server;

    PostgresBench(DirectoryInfo folder, PrivateServer server)
    {
        _folder = folder;
        _server = server;
    }

    public static async Task<PostgresBench> StartAsync(int beads)
    {
        var folder = Directory.CreateTempSubdirectory("beadswarm-bench-");
        File.SetUnixFileMode(
            folder.FullName, File.GetUnixFileMode(folder.FullName) | UnixFileMode.OtherExecute);
        var environment = new Dictionary<string, string>
        {
            ["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin",
        };
        var bench = new PostgresBench(folder, new PrivateServer(
            Path.Combine(folder.FullName, "postgres"), environment, TimeProvider.System));
        try
        {
            await bench._server.StartAsync(CancellationToken.None);
            Execute(bench._server.Admin, $"ALTER SYSTEM SET max_connections = {ConnectionsMax}");
            await bench._server.StopAsync(CancellationToken.None);
            await bench._server.StartAsync(CancellationToken.None);
            var place = bench.Place.In(Filled);
            Execute(bench._server.Admin, $"CREATE DATABASE {Filled}");
            await using var store = await OpenAsync(place);
            await BenchmarkBacklog.FillAsync(store, beads, Stage);
            Execute(place, "VACUUM ANALYZE");
            return bench;
        }
        catch
        {
            await bench.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(CancellationToken.None);
        _folder.Delete(recursive: true);
    }

    /// <summary>Measures in a database in which nothing has been done yet.</summary>
    public Task<double> FreshAsync(Func<PostgresAddress, Task<double>> run) => InAsync(Filled, run);

    /// <summary>Measures in a database in which nothing is yet.</summary>
    public Task<T> EmptyAsync<T>(Func<PostgresAddress, Task<T>> run) => InAsync("template1", run);

    async Task<T> InAsync<T>(string template, Func<PostgresAddress, Task<T>> run)
    {
        Execute(_server.Admin, $"CREATE DATABASE {Place.Database} TEMPLATE {template}");
        try
        {
            Execute(_server.Admin, "CHECKPOINT");
            return await run(Place);
        }
        finally
        {
            Execute(_server.Admin, $"DROP DATABASE {Place.Database} WITH (FORCE)");
        }
    }

    /// <summary>Beads claimed and handed on in a second, by so many nodes with so many agents each.</summary>
    public static async Task<double> StoresAsync(PostgresAddress place, int stores, int agentsEach, int seconds)
    {
        // One after the other, as nodes come: all at once want more processes than the server starts in time.
        var opened = new List<IStore>();
        while (opened.Count < stores)
        {
            opened.Add(await OpenAsync(place));
        }

        var epoch = (await opened[0].ReadSwarmAsync(CancellationToken.None))!.Epoch; // it was begun
        var done = 0;
        var begun = TimeProvider.System.GetTimestamp();
        var end = WarmUp + TimeSpan.FromSeconds(seconds);
        await Task.WhenAll(opened.SelectMany((store, index) => Enumerable.Range(1, agentsEach).Select(async number =>
        {
            var agent = new AgentNumber((index * agentsEach) + number);
            while (TimeProvider.System.GetElapsedTime(begun) is var elapsed && elapsed < end)
            {
                if (await store.ClaimNextAsync(
                    epoch, new ClaimRequest(agent, "bench", [Stage], TimeSpan.FromMinutes(1)),
                    CancellationToken.None) is not { } claim)
                {
                    continue;
                }

                await store.ReleaseAsync(
                    claim.Key, new BeadTransition.Free(Done, 1, 0, null), "done", null, CancellationToken.None);
                if (elapsed >= WarmUp)
                {
                    Interlocked.Increment(ref done);
                }
            }
        })));
        var took = TimeProvider.System.GetElapsedTime(begun) - WarmUp;
        foreach (var store in opened)
        {
            await store.DisposeAsync();
        }

        return done / took.TotalSeconds;
    }

    public static void Execute(PostgresAddress place, string sql)
    {
        using var connection = new NpgsqlConnection(place.ConnectionString(keepStatements: false));
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        command.ExecuteNonQuery();
    }

    public static async Task<double> CountAsync(PostgresAddress place, string sql)
    {
        await using var connection = new NpgsqlConnection(place.ConnectionString(keepStatements: false));
        await connection.OpenAsync();
        await using var count = new NpgsqlCommand(sql, connection);
        return Convert.ToDouble(await count.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    PostgresAddress Place => PostgresAddress.Parse(_server.Url, new Dictionary<string, string>());

    static async Task<IStore> OpenAsync(PostgresAddress place) => await PostgresStore.OpenAsync(
        place, "bench", new PostgresLimits(), TimeProvider.System, CancellationToken.None);
}
