using System.Globalization;

namespace Beadswarm.Benchmarks;

/// <summary>What is to be measured, and how much of it.</summary>
sealed record BenchmarkOptions(string What, int Beads, int Agents, int Rounds)
{
    const string All = "all";
    const int NumberMax = 100_000;

    public static readonly IReadOnlyList<(string Name, Func<BenchmarkOptions, TextWriter, Task> RunAsync)> Benchmarks =
    [
        ("swarm", SwarmSpeed.RunAsync),
        ("queue", QueueSpeed.RunAsync),
        ("scale", Scale.RunAsync),
        ("claims", ClaimThroughput.RunAsync),
        ("postgres", PostgresClaims.RunAsync),
        ("startup", Startup.RunAsync),
        ("spawns", SpawnCount.RunAsync),
    ];

    public static string Usage =>
        $"usage: [{All}|{string.Join('|', Benchmarks.Select(benchmark => benchmark.Name))}] "
        + "[--beads N] [--agents N] [--rounds N]";

    public bool Wants(string benchmark) => What is All || What == benchmark;

    /// <summary>Null when it cannot be understood.</summary>
    public static BenchmarkOptions? Parse(IReadOnlyList<string> arguments)
    {
        var options = new BenchmarkOptions(All, Beads: 200, Agents: 12, Rounds: 3);
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
                || number is < 1 or > NumberMax)
            {
                return null;
            }

            BenchmarkOptions? changed = word switch
            {
                "--beads" => options with { Beads = number },
                "--agents" => options with { Agents = number },
                "--rounds" => options with { Rounds = number },
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
