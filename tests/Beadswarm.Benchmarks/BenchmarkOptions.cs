using System.Globalization;

namespace Beadswarm.Benchmarks;

/// <summary>What is to be measured, and how much of it.</summary>
sealed record BenchmarkOptions(string What, int Beads, int Agents, int Rounds, int Landings)
{
    const string All = "all";
    const string Histories = "landings";
    const int NumberMax = 100_000;
    const int LandingsMax = 100_000_000;

    public static readonly IReadOnlyList<(string Name, Func<BenchmarkOptions, TextWriter, Task> RunAsync)> Benchmarks =
    [
        ("swarm", SwarmSpeed.RunAsync),
        ("queue", QueueSpeed.RunAsync),
        ("scale", Scale.RunAsync),
        ("claims", ClaimThroughput.RunAsync),
        ("postgres", PostgresClaims.RunAsync),
        ("strain", PostgresStrain.RunAsync),
        ("queues", PostgresQueues.RunAsync),
        ("latency", Latency.RunAsync),
        ("startup", Startup.RunAsync),
        ("spawns", SpawnCount.RunAsync),
        (Histories, QueueHistories.RunAsync),
    ];

    public static string Usage =>
        $"usage: [{All}|{string.Join('|', Benchmarks.Select(benchmark => benchmark.Name))}] "
        + "[--beads N] [--agents N] [--rounds N] [--landings N]";

    /// <summary>What checks and does not measure is only done where it is asked for.</summary>
    public bool Wants(string benchmark) => What == benchmark || (What is All && benchmark is not Histories);

    /// <summary>Null when it cannot be understood.</summary>
    public static BenchmarkOptions? Parse(IReadOnlyList<string> arguments)
    {
        var options = new BenchmarkOptions(All, Beads: 200, Agents: 12, Rounds: 3, Landings: 1_000_000);
        var rest = new Queue<string>(arguments);
        while (rest.TryDequeue(out var word))
        {
            if (word is All || Benchmarks.Any(benchmark => benchmark.Name == word))
            {
                options = options with { What = word };
                continue;
            }

            if (!rest.TryDequeue(out var text)
                || !int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                || number < 1 || number > (word == "--landings" ? LandingsMax : NumberMax))
            {
                return null;
            }

            BenchmarkOptions? changed = word switch
            {
                "--beads" => options with { Beads = number },
                "--agents" => options with { Agents = number },
                "--rounds" => options with { Rounds = number },
                "--landings" => options with { Landings = number },
                _ => null,
            };
            if (changed is null)
            {
                return null;
            }

            options = changed;
        }

        return options;
    }
}
