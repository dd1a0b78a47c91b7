using Beadswarm.Landing.Queueing;
using Beadswarm.Simulation.Queues;

namespace Beadswarm.Benchmarks;

/// <summary>
/// The merge queue's rules on made-up changes under a virtual clock, next to an oracle that knows every outcome and
/// tests each good change once, and to the same rules one at a time and without speculation. No time of this machine is
/// in the figures: the same everywhere.
/// </summary>
static class QueueSpeed
{
    const int Changes = 3000;
    const int Seeds = 3;
    const double Flaky = 0.01;

    static readonly TimeSpan Test = TimeSpan.FromMinutes(5);
    static readonly double[] Loads = [0.3, 0.65, 1.25];
    static readonly double[] FailureRates = [0, 0.02, 0.05, 0.1, 0.2];
    static readonly double[] ConflictRates = [0.05, 0.2];
    static readonly int[] SlotCounts = [1, 2, 4, 8];

    static readonly (string Name, Func<int, QueueSettings> Of)[] Policies =
    [
        ("one at a time", _ => new QueueSettings(1, 1, 1)),
        ("batch and bisect", _ => new QueueSettings(1, 2, 8)),
        ("each its own tree", slots => new QueueSettings(slots, 2 * slots, 1)),
        ("batches", slots => new QueueSettings(slots, 2 * slots, 16)),
    ];

    public static async Task RunAsync(BenchmarkOptions _, TextWriter output)
    {
        var table = new MarkdownTable(
            "slots, load, bad, conflicts", "rules", "P50", "P95", "landed/h", "tests/landing", "falsely returned");
        foreach (var (slots, load, bad, conflicts) in Cases())
        {
            var stream = new QueueLoad(load * slots * 60 / Test.TotalMinutes, Changes, Test)
            {
                Bad = bad,
                Flaky = Flaky,
                Conflicting = conflicts,
            };
            foreach (var (name, settings) in Policies)
            {
                var figures = Measure(stream, settings(slots), slots);
                table.Add([$"{slots}, {load}, {bad:P0}, {conflicts:P0}", name, .. figures]);
            }
        }

        await output.WriteLineAsync(table.ToString());
    }

    static IEnumerable<(int Slots, double Load, double Bad, double Conflicts)> Cases() =>
        (from slots in SlotCounts from load in Loads from bad in FailureRates select (slots, load, bad, 0.0))
        .Concat(from slots in SlotCounts from conflicts in ConflictRates select (slots, 0.65, 0.05, conflicts));

    /// <summary>Relative to the oracle, which has the same slots and knows of no conflicts.</summary>
    static string[] Measure(QueueLoad load, QueueSettings settings, int slots)
    {
        var (own, oracle) = (new List<QueueFigures>(), new List<QueueFigures>());
        for (var seed = 1; seed <= Seeds; seed++)
        {
            var simulation = new QueueSimulation(load, settings, seed);
            own.Add(simulation.Run());
            oracle.Add(simulation.Stream.Oracle(slots));
        }

        double Ratio(Func<QueueFigures, double> figure) => own.Sum(figure) / oracle.Sum(figure);
        return
        [
            MarkdownTable.Number(Ratio(figures => figures.Percentile(0.5).TotalMinutes)),
            MarkdownTable.Number(Ratio(figures => figures.Percentile(0.95).TotalMinutes)),
            MarkdownTable.Number(Ratio(figures => figures.LandedPerHour)),
            MarkdownTable.Number((double)own.Sum(figures => figures.Tests) / own.Sum(figures => figures.Landed)),
            MarkdownTable.Number(100.0 * own.Sum(figures => figures.FalselyReturned) / (Seeds * load.Changes)) + " %",
        ];
    }
}
