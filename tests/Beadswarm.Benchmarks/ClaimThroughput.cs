using System.Globalization;
using System.Threading.Channels;
using Beadswarm.Claims;
using Beadswarm.Pipelines;
using Beadswarm.Storage.Sqlite;

namespace Beadswarm.Benchmarks;

/// <summary>
/// Durable claims per second of the store, against bare SQLite with the same claiming statement and the same group
/// commit, without journal, outbox and agent rows: what is paid for the record of what happened.
/// </summary>
static class ClaimThroughput
{
    const int Beads = 20_000;

    static readonly int[] ClientCounts = [1, 12, 32];
    static readonly StageName Stage = new("contract");

    public static async Task RunAsync(BenchmarkOptions options, TextWriter output)
    {
        var table = new MarkdownTable("clients", "bare SQLite, claims/s", "store, claims/s", "store of bare");
        foreach (var clients in ClientCounts)
        {
            var (bare, store) = (new List<double>(), new List<double>());
            for (var round = 0; round < options.Rounds; round++)
            {
                bare.Add(await MeasureAsync(clients, BareAsync));
                store.Add(await MeasureAsync(clients, StoreAsync));
            }

            var (bareMedian, storeMedian) = (MarkdownTable.Median(bare), MarkdownTable.Median(store));
            table.Add(
                clients.ToString(CultureInfo.InvariantCulture), MarkdownTable.Number(bareMedian),
                MarkdownTable.Number(storeMedian), MarkdownTable.Number(storeMedian / bareMedian));
        }

        await output.WriteLineAsync(
            $"### Claims\n\nDurable (`synchronous=FULL`), {Beads} beads, median of {options.Rounds}.\n\n{table}");
    }

    static async Task<double> MeasureAsync(int clients, Func<string, int, Task<(int Claims, TimeSpan Took)>> run)
    {
        var folder = Directory.CreateTempSubdirectory("beadswarm-bench-");
        try
        {
            var path = Path.Combine(folder.FullName, "swarm.db");
            await using (var store = await SqliteStore.OpenAsync(path, TimeProvider.System, CancellationToken.None))
            {
                await BenchmarkBacklog.FillAsync(store, Beads, Stage);
            }

            var (claims, took) = await run(path, clients);
            return claims / took.TotalSeconds;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    static async Task<(int Claims, TimeSpan Took)> StoreAsync(string path, int clients)
    {
        await using var store = await SqliteStore.OpenAsync(path, TimeProvider.System, CancellationToken.None);
        var swarm = await store.ReadSwarmAsync(CancellationToken.None)
            ?? throw new InvalidOperationException("the swarm was not begun");
        return await DriveAsync(clients, async agent => await store.ClaimNextAsync(
            swarm.Epoch, new ClaimRequest(new AgentNumber(agent), "bench", [Stage], TimeSpan.FromMinutes(1)),
            CancellationToken.None) is not null);
    }

    static async Task<(int Claims, TimeSpan Took)> BareAsync(string path, int clients)
    {
        var queue = Channel.CreateBounded<(int Agent, TaskCompletionSource<bool> Answer)>(SqliteWriter.QueuedMax);
        var writer = Task.Run(() => WriteBareAsync(path, queue.Reader));
        var result = await DriveAsync(clients, async agent =>
        {
            var answer = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            await queue.Writer.WriteAsync((agent, answer));
            return await answer.Task;
        });
        queue.Writer.Complete();
        await writer;
        return result;
    }

    static async Task WriteBareAsync(string path, ChannelReader<(int Agent, TaskCompletionSource<bool> Answer)> queue)
    {
        using var session = SqliteSession.Open(path, writable: true, TimeProvider.System);
        session.Script("PRAGMA synchronous = FULL");
        var batch = new List<(TaskCompletionSource<bool> Answer, bool Claimed)>();
        while (await queue.WaitToReadAsync())
        {
            session.Script("BEGIN IMMEDIATE");
            while (batch.Count < SqliteWriter.BatchMax && queue.TryRead(out var request))
            {
                batch.Add((request.Answer, session.First(
                    "ClaimNext", row => row.GetString(0), ("epoch", 1L), ("agent", request.Agent), ("node", "bench"),
                    ("stages", "[\"contract\"]"), ("lease", TimeSpan.FromMinutes(1)),
                    ("now", TimeProvider.System.GetUtcNow())) is not null));
            }

            session.Script("COMMIT");
            batch.ForEach(answered => answered.Answer.SetResult(answered.Claimed));
            batch.Clear();
        }
    }

    static async Task<(int Claims, TimeSpan Took)> DriveAsync(int clients, Func<int, Task<bool>> claimAsync)
    {
        // One client waits for the disk at every claim, so it is given fewer.
        var quota = clients == 1 ? 2000 : Beads / clients;
        var begun = TimeProvider.System.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(1, clients).Select(async agent =>
        {
            for (var n = 0; n < quota; n++)
            {
                if (!await claimAsync(agent))
                {
                    throw new InvalidOperationException("the beads ran out before the claims");
                }
            }
        }));
        return (quota * clients, TimeProvider.System.GetElapsedTime(begun));
    }
}
