using System.Diagnostics;
using System.Globalization;
using Beadswarm.Storage.Postgres;

namespace Beadswarm.Benchmarks;

/// <summary>
/// Claims and completions per second on a PostgreSQL server, against pgbench with the same two statements and nothing
/// else: no journal, outbox and agent rows. As many nodes with one agent each, and one node with as many agents.
/// </summary>
static class PostgresClaims
{
    const int Beads = 50_000;
    const int Seconds = 5;
    static readonly int[] ClientCounts = [1, 4, 12, 30, 100];

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
        await using var bench = await PostgresBench.StartAsync(Beads);
        var table = new MarkdownTable(
            "clients", "pgbench, beads/s", "nodes of one agent, beads/s", "of pgbench", "one node, beads/s",
            "of pgbench");
        foreach (var clients in ClientCounts)
        {
            var (bare, nodes, one) = (new List<double>(), new List<double>(), new List<double>());
            for (var round = 0; round < options.Rounds; round++)
            {
                bare.Add(await bench.FreshAsync(place => BareAsync(place, clients)));
                nodes.Add(await bench.FreshAsync(
                    place => PostgresBench.StoresAsync(place, clients, agentsEach: 1, Seconds)));
                one.Add(await bench.FreshAsync(
                    place => PostgresBench.StoresAsync(place, 1, clients, Seconds)));
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

        return await PostgresBench.CountAsync(
            place, "SELECT count(*) FROM beadswarm.beads WHERE token > 0 AND state = 'pending'") / Seconds;
    }

    static string Pgbench() =>
        Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetFiles("/usr/lib/postgresql", "pgbench", SearchOption.AllDirectories).Order().Last()
            : "pgbench";
}
