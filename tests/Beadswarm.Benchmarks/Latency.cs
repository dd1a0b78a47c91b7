using Beadswarm.Journal;
using Beadswarm.Storage;
using Beadswarm.Swarms;
using static Beadswarm.Benchmarks.MarkdownTable;

namespace Beadswarm.Benchmarks;

/// <summary>
/// How long a bead waits for its agent: from the landing of what it waited for until it is ready, and from there until
/// the agent's process is started, by the store's clock. Next to <c>git worktree add</c>, which is part of that.
/// </summary>
static class Latency
{
    const int Beads = 30;
    const int Agents = 4;
    const int PageMax = 1000;
    const double Late = 0.95;

    public static async Task RunAsync(BenchmarkOptions options, TextWriter output)
    {
        await using var bench = await PostgresBench.StartAsync(beads: 1);
        var (inFile, inServer, alone) = (new List<Wait>(), new List<Wait>(), new List<double>());
        for (var round = 0; round < options.Rounds; round++)
        {
            inFile.AddRange(await MeasureAsync(null, alone));
            inServer.AddRange(await bench.EmptyAsync(
                place => MeasureAsync(new StorePlace.InServer(place), alone)));
        }

        var table = new MarkdownTable(
            "store", "landed to ready, ms", "ready to started, ms", "95 of 100 within", "of `git worktree add`");
        foreach (var (name, waits) in new[] { ("SQLite", inFile), ("PostgreSQL", inServer) })
        {
            var started = waits.Select(wait => wait.ToStarted).Order().ToArray();
            table.Add(
                name, Number(Median(waits.Select(wait => wait.ToReady))), Number(Median(started)),
                Number(started[(int)(Late * (started.Length - 1))]), Number(Median(started) / Median(alone)));
        }

        await output.WriteLineAsync(
            $"### From ready to started\n\nA chain of {Beads} beads, {Agents} agents, median of {options.Rounds} runs; "
            + $"`git worktree add` alone takes {Number(Median(alone))} ms.\n\n{table}");
    }

    /// <param name="place">Null: the repository's own file.</param>
    /// <param name="alone">Gets what a work tree takes by itself, in the same repository.</param>
    static async Task<IReadOnlyList<Wait>> MeasureAsync(StorePlace? place, List<double> alone)
    {
        using var sandbox = new Sandbox();
        var program = await SwarmProgram.FindAsync(sandbox);
        var project = new BenchmarkProject(sandbox, Beads) { Chained = true };
        await project.MakeAsync(":");
        project.Configure(Agents, Stages.ImplementOnly, place?.ToString());
        await program.RunAsync(sandbox, project);
        await project.RequireAllLandedAsync();
        for (var number = 0; number < Agents; number++)
        {
            var tree = await sandbox.RunAsync(
                project.Checkout, "git", "worktree", "add", "-q", "--detach", sandbox[$"tree-{number}"]);
            alone.Add(tree.Wall.TotalMilliseconds);
        }

        return Waits(await JournalAsync(place ?? new StorePlace.InFile(new SwarmPaths(project.Checkout).Store)));
    }

    static IReadOnlyList<Wait> Waits(IReadOnlyList<JournalEntry> journal)
    {
        var waits = new List<Wait>();
        var (landed, ready) = (journal[0], journal[0]);
        foreach (var entry in journal)
        {
            switch (entry.Event)
            {
                case JournalEvent.BeadLanded:
                    landed = entry;
                    break;
                case JournalEvent.BeadReady { Ready: true }:
                    ready = entry;
                    break;
                case JournalEvent.ProcessStarted when ready.Bead == entry.Bead:
                    waits.Add(new Wait(
                        (ready.At - landed.At).TotalMilliseconds, (entry.At - ready.At).TotalMilliseconds));
                    break;
            }
        }

        return waits.Count == Beads - 1
            ? waits // the first was ready when it came
            : throw new InvalidOperationException($"{waits.Count} of {Beads} beads were seen to begin");
    }

    static async Task<IReadOnlyList<JournalEntry>> JournalAsync(StorePlace place)
    {
        await using var store = await place.OpenReadOnlyAsync(TimeProvider.System, CancellationToken.None)
            ?? throw new InvalidOperationException($"{place} is not there");
        var journal = new List<JournalEntry>();
        while (await store.ReadJournalAsync(
            journal.Count == 0 ? 0 : journal[^1].Sequence, null, PageMax, CancellationToken.None)
            is { Count: > 0 } page)
        {
            journal.AddRange(page);
        }

        return journal;
    }

    /// <summary>In milliseconds.</summary>
    readonly record struct Wait(double ToReady, double ToStarted);
}
