using System.Globalization;
using Beadswarm.Landing.Queueing;
using Beadswarm.Simulation.Queues;

namespace Beadswarm.Benchmarks;

/// <summary>
/// The merge queue's rules in generated histories, until so many changes have landed: the target may not be red once,
/// and every change lands or is returned once. The first history in which something does not hold ends it, by its seed.
/// </summary>
static class QueueHistories
{
    public static async Task RunAsync(BenchmarkOptions options, TextWriter output)
    {
        var began = TimeProvider.System.GetTimestamp();
        var (seed, landed, steps, together, tests, red, conflicting) = (0L, 0L, 0L, 0L, 0L, 0L, 0L);
        while (landed < options.Landings)
        {
            var (load, settings) = QueueLoad.Draw(++seed);
            var figures = new QueueSimulation(load, settings, seed)
            {
                Observer = (action, _) =>
                {
                    if (action is QueueAction.Land { Candidate.Members.Length: var members })
                    {
                        steps++;
                        together += members > 1 ? members : 0;
                    }
                },
            }.Run();
            if (figures.Landed + figures.ReturnedRed + figures.ReturnedConflicting != load.Changes)
            {
                throw new QueueRuleBrokenException($"seed {seed}: a change has neither landed nor been returned");
            }

            landed += figures.Landed;
            tests += figures.Tests;
            red += figures.ReturnedRed;
            conflicting += figures.ReturnedConflicting;
        }

        var table = new MarkdownTable(
            "histories", "landed", "of these together", "steps of the target", "tests", "returned red",
            "returned for a conflict", "s");
        var seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        table.Add([
            Count(seed), Count(landed), Count(together), Count(steps), Count(tests), Count(red),
            Count(conflicting), MarkdownTable.Number(seconds),
        ]);
        await output.WriteLineAsync(table.ToString());
    }

    static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture).Replace(',', ' ');
}
