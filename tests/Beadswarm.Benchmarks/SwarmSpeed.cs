using static Beadswarm.Benchmarks.MarkdownTable;

namespace Beadswarm.Benchmarks;

/// <summary>The whole swarm against the plain shell loop, on the same beads with an agent that takes no time.</summary>
static class SwarmSpeed
{
    public static async Task RunAsync(BenchmarkOptions options, TextWriter output)
    {
        SwarmProgram program;
        using (var sandbox = new Sandbox())
        {
            program = await SwarmProgram.FindAsync(sandbox);
        }

        var loops = new List<Measurement>();
        var swarms = new List<Measurement>();
        for (var round = 0; round < options.Rounds; round++)
        {
            // In turns, so that whatever else the machine does meets both.
            loops.Add(await LoopAsync(options));
            swarms.Add(await SwarmAsync(program, options, Stages.ImplementOnly));
        }

        var pipeline = await SwarmAsync(program, options, Stages.Default);
        var baseline = Median(loops.Select(Seconds));
        var table = new MarkdownTable(
            $"{options.Beads} beads, {options.Agents} agents", "s", "s, each round", "beads/s", "CPU ms/bead",
            "of the loop's time");
        void Row(string name, IReadOnlyList<Measurement> runs)
        {
            var seconds = Median(runs.Select(Seconds));
            var cpu = Median(runs.Select(run => run.Cpu.TotalMilliseconds)) / options.Beads;
            table.Add(
                name, Number(seconds), string.Join(", ", runs.Select(run => Number(Seconds(run)))),
                Number(options.Beads / seconds), Number(cpu), Number(seconds / baseline));
        }

        Row("shell loop: one test of each bead", loops);
        Row("swarm, one stage: bead and merged tree tested", swarms);
        Row("swarm, four stages (for information)", [pipeline]);
        await output.WriteLineAsync($"### Swarm and shell loop\n\nThe swarm is {program.Name}.\n\n{table}");
    }

    static double Seconds(Measurement run) => run.Wall.TotalSeconds;

    static async Task<Measurement> LoopAsync(BenchmarkOptions options)
    {
        using var sandbox = new Sandbox();
        var project = new BenchmarkProject(sandbox, options.Beads);
        await project.MakeAsync(":");
        var run = await new ShellLoop(sandbox, project).RunAsync(options.Agents);
        await project.RequireAllLandedAsync();
        return run;
    }

    static async Task<Measurement> SwarmAsync(SwarmProgram program, BenchmarkOptions options, Stages stages)
    {
        using var sandbox = new Sandbox();
        var project = new BenchmarkProject(sandbox, options.Beads);
        await project.MakeAsync(":");
        project.Configure(options.Agents, stages);
        var run = await program.RunAsync(sandbox, project);
        await project.RequireAllLandedAsync();
        return run;
    }
}
