using Beadswarm.EndToEnd.Tests.Audit;
using Beadswarm.EndToEnd.Tests.Support;

namespace Beadswarm.EndToEnd.Tests.Chaos;

/// <summary>kill -9 where a seed says: of agents, and of one orchestrator after the other until all is done.</summary>
[Trait("Speed", "slow")]
public sealed class RandomDeathTests
{
    const int More = 3;

    /// <summary>Far more than any of the seeds needs.</summary>
    const int StartsMax = 100;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_swarm_whose_agents_are_killed_ends_as_if_they_had_not_been(int seed)
    {
        const int KillsMax = 6;
        using var repository = ChaosScenario.Repository(new ChaosTerms { More = More });
        var before = Baseline.Take(repository);
        var random = new Random(seed);
        var doomed = new List<(int Pid, int Lines)>();
        var kills = 0;
        await using var run = RunningSwarm.Start(repository);
        while (await run.NextAsync() is { } line)
        {
            if (line.GetProperty("type").GetString() == "process.started" && random.Next(3) == 0 && kills < KillsMax)
            {
                kills++;
                doomed.Add((line.GetProperty("pid").GetInt32(), random.Next(3)));
            }

            doomed.Where(agent => agent.Lines == 0).ToList().ForEach(agent => Machine.Signal(agent.Pid, 9));
            doomed = [.. doomed.Where(agent => agent.Lines > 0).Select(agent => (agent.Pid, agent.Lines - 1))];
        }

        Assert.Equal(3 + More, Summary.Of(await run.EndAsync()).Landed);
        Assert.True(kills > 1, $"seed {seed} killed {kills}");
        await Undisturbed.RequireAsync(repository, before, More);
    }

    [Fact]
    public async Task A_swarm_that_dies_again_and_again_ends_as_if_it_had_not()
    {
        const int LinesMin = 5, LinesMax = 40;
        using var repository = ChaosScenario.Repository(new ChaosTerms { More = More });
        var before = Baseline.Take(repository);
        var random = new Random(3);
        var starts = 1;
        for (var ended = false; !ended; starts++)
        {
            Assert.True(starts < StartsMax, "it dies and dies and does not get on");
            await using var run = RunningSwarm.Start(repository);
            for (var left = random.Next(LinesMin, LinesMax); left > 0 && !ended; left--)
            {
                ended = await run.NextAsync() is null;
            }

            if (!ended)
            {
                await run.KillAsync();
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{starts} starts");
        await Undisturbed.RequireAsync(repository, before, More);
    }
}
