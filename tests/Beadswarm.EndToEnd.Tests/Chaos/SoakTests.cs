using System.Globalization;
using Beadswarm.EndToEnd.Tests.Audit;
using Beadswarm.EndToEnd.Tests.Support;

namespace Beadswarm.EndToEnd.Tests.Chaos;

/// <summary>Everything at once, at random by seed, for as long as somebody wants.</summary>
public sealed class SoakTests
{
    const int More = 5;

    /// <summary>Enough for a round; what is left of it goes undisturbed, so that it ends.</summary>
    const int FaultsMax = 20;

    /// <summary>One fault for about so many lines of the journal.</summary>
    const int LinesPerFault = 9;

    const int StartsMax = 60;

    readonly SortedDictionary<Fault, int> _figures = [];
    int _starts, _beads, _lost, _doubled;

    [Fact(Explicit = true)]
    public async Task A_swarm_to_which_everything_happens_loses_nothing_and_doubles_nothing()
    {
        var began = TimeProvider.System.GetTimestamp();
        var (rounds, findings) = (0, new List<string>());
        for (var seed = ChaosRequest.Seed; TimeProvider.System.GetElapsedTime(began) < ChaosRequest.Duration; seed++)
        {
            try
            {
                rounds++;
                await RoundAsync(seed);
            }
            catch (Xunit.Sdk.XunitException finding)
            {
                findings.Add($"seed {seed}: {finding.Message}");
            }

            Say($"seed {seed}: {Figures(rounds, findings.Count)}");
        }

        var lasted = TimeProvider.System.GetElapsedTime(began);
        Say($"{Figures(rounds, findings.Count)} in {lasted.TotalMinutes:0.0} minutes");
        Assert.True(findings.Count == 0, string.Join("\n\n", findings));
    }

    async Task RoundAsync(int seed)
    {
        using var repository = ChaosScenario.Repository(new ChaosTerms
        {
            More = More,
            DiskMegabytes = 96,
            Limits = "diskFreeGbMin: 0.02, lease: 5s, idleTimeout: 4s, ",
        });
        if (seed % 2 == 0)
        {
            repository.AddOrigin();
        }

        var random = new Random(seed);
        await using var faults = new Faults(repository, random, _figures);
        var before = Baseline.Take(repository);
        var left = FaultsMax;
        for (var (start, exitCode) = (1, -1); exitCode != 0; start++)
        {
            Assert.True(start < StartsMax, $"it does not get on: exit code {exitCode}");
            _starts++;
            (exitCode, left) = await LiveAsync(repository, faults, random, left);
        }

        Count(repository);
        await Undisturbed.RequireButAttemptsAsync(repository, before, More);
    }

    /// <summary>One life of an orchestrator: its exit code, and how many faults are left.</summary>
    static async Task<(int ExitCode, int Left)> LiveAsync(
        GitRepository repository, Faults faults, Random random, int left)
    {
        await using var run = RunningSwarm.Start(repository);
        while (await run.NextAsync() is not null)
        {
            if (left > 0 && random.Next(LinesPerFault) == 0)
            {
                left--;
                if (!await faults.StrikeAsync((Fault)random.Next(Enum.GetValues<Fault>().Length), run))
                {
                    return (-1, left);
                }
            }
        }

        return ((await run.EndAsync()).ExitCode, left);
    }

    void Count(GitRepository repository)
    {
        var landed = repository.Git("log", "--format=%(trailers:key=Bead,valueonly)", "main")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);
        _beads += 3 + More;
        _lost += 3 + More - landed.Distinct().Count();
        _doubled += landed.Length - landed.Distinct().Count();
    }

    string Figures(int rounds, int findings) => string.Create(
        CultureInfo.InvariantCulture,
        $"{rounds} rounds, {_starts} starts, {_beads} beads, {_figures.Values.Sum()} faults "
        + $"({string.Join(", ", _figures.Select(pair => $"{pair.Key} {pair.Value}"))}), {_lost} lost, "
        + $"{_doubled} doubled, {findings} differences");

    static void Say(string what) => TestContext.Current.TestOutputHelper?.WriteLine(what);
}
