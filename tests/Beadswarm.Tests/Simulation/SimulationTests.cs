using Beadswarm.Simulation;
using Beadswarm.Simulation.Worlds;

namespace Beadswarm.Tests.Simulation;

/// <summary>
/// The whole engine in a world of memory, where whatever can fail does, in an order drawn from a seed.
/// </summary>
public sealed class SimulationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    [InlineData(11)]
    [InlineData(12)]
    public void Whatever_fails_nothing_is_lost_and_nothing_lands_twice(long seed)
    {
        var report = SimulatedSwarm.Run(seed, new SimulationOptions());

        Assert.True(report.Failure is null, $"seed {seed}: {report}\n{report.Failure}");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void The_same_seed_gives_the_same_run(long seed) =>
        Assert.Equal(
            SimulatedSwarm.Run(seed, new SimulationOptions()).Hash,
            SimulatedSwarm.Run(seed, new SimulationOptions()).Hash);
}
