using System.Diagnostics;
using System.Globalization;
using Beadswarm.Claims;
using Beadswarm.Pipelines;
using Beadswarm.Storage;
using Beadswarm.Storage.Postgres;
using Beadswarm.Storage.Postgres.Servers;
using Npgsql;

namespace Beadswarm.Benchmarks;

/// <summary>
/// Claims and completions per second on a PostgreSQL server, against pgbench with the same two statements and nothing
/// else: no journal, outbox and agent rows. As many nodes with one agent each, and one node with as many agents.
/// </summary>
static class PostgresClaims
{
    const int Beads = 50_000;
    const int Seconds = 5;
    const string Filled = "filled";

    // A hundred nodes have five each at most.
    const int ConnectionsMax = 550;

    static readonly int[] ClientCounts = [1, 4, 12, 30, 100];
    static readonly StageName Stage = new("contract");

    /// <summary>Nobody serves it.</summary>
    static readonly StageName Done = new("done");

    // What ClaimNext.sql is given, as pgbench writes it; then the completion by key and token.
    static readonly (string Name, string Value)[] Parameters =
    [
        ("@epoch", "1"), ("@agent", ":agent"), ("@node", "'bench'"), ("@stages", "'[\"contract\"]'"),
        ("@lease", "interval '1 minute'"), ("@now", "beadswarm.clock()"), ("@reach", ":reach"),
        ("@external", "false"), ("@only", "NULL"),
    ];

    // Rows that the statement looks at to find one that nobody else holds.
    const int ReachMin = 8;

    const string Completion =
        """
        UPDATE beadswarm.beads SET state = 'pending', stage = 'done', claimed_by = NULL, expires_at = NULL,
          updated_at = beadswarm.clock()
        WHERE id = :id AND token = :token AND claimed_by = :agent;
        """;

    public static async Task RunAsync(BenchmarkOptions options, TextWriter output)
    {
        var folder = Directory.CreateTempSubdirectory("beadswarm-bench-");
        File.SetUnixFileMode(
            folder.FullName, File.GetUnixFileMode(folder.FullName) | UnixFileMode.OtherExecute);
        var environment = new Dictionary<string, string>
        {
            ["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin",
        };
        var server = new PrivateServer(
            Path.Combine(folder.FullName, "postgres"), environment, TimeProvider.System);
        try
        {
            await server.StartAsync(CancellationToken.None);
            Execute(server.Admin, $"ALTER SYSTEM SET max_connections = {ConnectionsMax}");
            await server.StopAsync(CancellationToken.None);
            await server.StartAsync(CancellationToken.None);
            await FillAsync(server);
            await MeasureAsync(server, options, output);
        }
        finally
        {
            await server.StopAsync(CancellationToken.None);
            folder.Delete(recursive: true);
        }
    }

    static async Task MeasureAsync(PrivateServer server, BenchmarkOptions options, TextWriter output)
    {
        var table = new MarkdownTable(
            "clients", "pgbench, beads/s", "nodes of one agent, beads/s", "of pgbench", "one node, beads/s",
            "of pgbench");
        foreach (var clients in ClientCounts)
        {
            var (bare, nodes, one) = (new List<double>(), new List<double>(), new List<double>());
            for (var round = 0; round < options.Rounds; round++)
            {
                bare.Add(await FreshAsync(server, place => BareAsync(place, clients)));
                nodes.Add(await FreshAsync(server, place => StoresAsync(place, clients, agentsEach: 1)));
                one.Add(await FreshAsync(server, place => StoresAsync(place, 1, clients)));
            }

            var median = MarkdownTable.Median(bare);
            table.Add(
                clients.ToString(CultureInfo.InvariantCulture), MarkdownTable.Number(median),
                MarkdownTable.Number(MarkdownTable.Median(nodes)),
                MarkdownTable.Number(MarkdownTable.Median(nodes) / median),
                MarkdownTable.Number(MarkdownTable.Median(one)),
                MarkdownTable.Number(MarkdownTable.Median(one) / median));
        }

        await output.WriteLineAsync(
            $"### Claims in PostgreSQL\n\nDurable, {Beads} beads, {Seconds} s each, median of {options.Rounds}.\n\n"
            + table);
    }

    static async Task<double> FreshAsync(PrivateServer server, Func<PostgresAddress, Task<double>> run)
    {
        var place = AddressOf(server);
        Execute(server.Admin, $"CREATE DATABASE {place.Database} TEMPLATE {Filled}");
        try
        {
            Execute(server.Admin, "CHECKPOINT");
            return await run(place);
        }
        finally
        {
            Execute(server.Admin, $"DROP DATABASE {place.Database} WITH (FORCE)");
        }
    }

    /// <summary>What every measurement begins with.</summary>
    static async Task FillAsync(PrivateServer server)
    {
        var place = AddressOf(server).In(Filled);
        Execute(server.Admin, $"CREATE DATABASE {Filled}");
        await using var store = await OpenAsync(place);
        await BenchmarkBacklog.FillAsync(store, Beads, Stage);
        Execute(place, "VACUUM ANALYZE");
    }

    static async Task<double> StoresAsync(PostgresAddress place, int stores, int agentsEach)
    {
        var opened = await Task.WhenAll(Enumerable.Range(0, stores).Select(_ => OpenAsync(place)));
        var epoch = (await opened[0].ReadSwarmAsync(CancellationToken.None))!.Epoch; // it was begun
        var done = 0;
        var begun = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(opened.SelectMany((store, index) => Enumerable.Range(1, agentsEach).Select(async number =>
        {
            var agent = new AgentNumber((index * agentsEach) + number);
            while (TimeProvider.System.GetElapsedTime(begun).TotalSeconds < Seconds)
            {
                if (await store.ClaimNextAsync(
                    epoch, new ClaimRequest(agent, "bench", [Stage], TimeSpan.FromMinutes(1)),
                    CancellationToken.None) is not { } claim)
                {
                    continue;
                }

                await store.ReleaseAsync(
                    claim.Key, new BeadTransition.Free(Done, 1, 0, null), "done", null, CancellationToken.None);
                Interlocked.Increment(ref done);
            }
        })));
        var took = TimeProvider.System.GetElapsedTime(begun).TotalSeconds;
        foreach (var store in opened)
        {
            await store.DisposeAsync();
        }

        return done / took;
    }

    /// <summary>Counted in the database: a turn that found every head taken does nothing.</summary>
    static async Task<double> BareAsync(PostgresAddress place, int clients)
    {
        var claiming = Parameters.Aggregate(
            PostgresSession.Text("ClaimNext"),
            (text, parameter) => text.Replace(parameter.Name, parameter.Value, StringComparison.Ordinal));
        claiming = string.Join(
            '\n', claiming.Split('\n').Where(line => !line.StartsWith("--", StringComparison.Ordinal)));
        var script = Path.GetTempFileName();
        await File.WriteAllTextAsync(
            script,
            $"\\set agent :client_id + 1\n\\set reach {Math.Max(ReachMin, 2 * clients)}\n"
            + $"{claiming.TrimEnd()} \\aset\n{Completion}\n");
        var arguments = new[]
        {
            "-n", "-M", "prepared", "-c", $"{clients}", "-j", "2", "-T", $"{Seconds}", "-f", script, "-h", place.Host,
            "-U", $"{place.User}", place.Database,
        };
        using var process = Process.Start(new ProcessStartInfo(Pgbench(), arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { ["PGOPTIONS"] = "-c plan_cache_mode=force_generic_plan" }, // as the store's own sessions
        })!; // not shell execute: a process is always returned
        var (_, said) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        File.Delete(script);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"pgbench failed: {await said}");
        }

        using var connection = new NpgsqlConnection(place.ConnectionString(keepStatements: false));
        await connection.OpenAsync();
        await using var count = new NpgsqlCommand(
            "SELECT count(*) FROM beadswarm.beads WHERE token > 0 AND state = 'pending'", connection);
        return Convert.ToDouble(await count.ExecuteScalarAsync(), CultureInfo.InvariantCulture) / Seconds;
    }

    static string Pgbench() =>
        Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetFiles("/usr/lib/postgresql", "pgbench", SearchOption.AllDirectories).Order().Last()
            : "pgbench";

    static PostgresAddress AddressOf(PrivateServer server) =>
        PostgresAddress.Parse(server.Url, new Dictionary<string, string>());

    static async Task<IStore> OpenAsync(PostgresAddress place) => await PostgresStore.OpenAsync(
        place, "bench", new PostgresLimits(), TimeProvider.System, CancellationToken.None);

    static void Execute(PostgresAddress place, string sql)
    {
        using var connection = new NpgsqlConnection(place.ConnectionString(keepStatements: false));
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }
}
