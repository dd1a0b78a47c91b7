using System.Globalization;
using static Beadswarm.Benchmarks.MarkdownTable;

namespace Beadswarm.Benchmarks;

/// <summary>What the orchestrator itself costs, with ever more agents that are all alive at once.</summary>
static class Scale
{
    const int BeadsPerAgent = 4;
    static readonly int[] AgentCounts = [12, 30, 100];

    public static async Task RunAsync(BenchmarkOptions options, TextWriter output)
    {
        var table = new MarkdownTable(
            "agents", "beads", "s", "orchestrator CPU ms/bead", "of all CPU", "resident MiB, median", "peak");
        var name = "";
        foreach (var agents in AgentCounts)
        {
            var beads = agents * BeadsPerAgent;
            var runs = new List<Measurement>();
            for (var round = 0; round < options.Rounds; round++)
            {
                using var sandbox = new Sandbox();
                var program = await SwarmProgram.FindAsync(sandbox);
                name = program.Name;
                runs.Add(await RunAsync(sandbox, program, agents, beads));
            }

            table.Add(
                agents.ToString(CultureInfo.InvariantCulture), beads.ToString(CultureInfo.InvariantCulture),
                Number(Median(runs.Select(run => run.Wall.TotalSeconds))),
                Number(Median(runs.Select(run => run.OwnCpu.TotalMilliseconds / beads))),
                Median(runs.Select(run => run.OwnCpu / run.Cpu)).ToString("P0", CultureInfo.InvariantCulture),
                Number(Median(runs.SelectMany(run => run.ResidentBytes).Select(MiB))),
                Number(runs.SelectMany(run => run.ResidentBytes).Max(MiB)));
        }

        await output.WriteLineAsync(
            $"### The orchestrator's own cost\n\nThe process of {name} alone, without its children.\n\n{table}");
    }

    static async Task<Measurement> RunAsync(Sandbox sandbox, SwarmProgram program, int agents, int beads)
    {
        var project = new BenchmarkProject(sandbox, beads);
        // Long enough that every agent has one alive while the orchestrator watches them.
        await project.MakeAsync("sleep 2");
        project.Configure(agents, Stages.ImplementOnly);
        var run = await program.RunAsync(sandbox, project);
        await project.RequireAllLandedAsync();
        return run;
    }

    static double MiB(long bytes) => bytes / (1024.0 * 1024.0);
}
