using Beadswarm.Simulation;

namespace Beadswarm.Tests.Simulation;

/// <summary>A simulation that finds nothing proves nothing: each of these broken worlds must be noticed.</summary>
public sealed class SabotageTests
{
    /// <summary>From the first that is known to find it on: what is changed elsewhere may move it a little.</summary>
    const int SeedsMax = 12;

    public static TheoryData<string> Defects => [.. Sabotages.All.Select(one => one.Name)];

    [Theory]
    [MemberData(nameof(Defects))]
    public void Every_defect_that_is_built_in_is_noticed(string defect)
    {
        var sabotage = Sabotages.All.Single(one => one.Name == defect);
        var reports = Seeds(sabotage).Select(seed => SimulatedSwarm.Run(seed, sabotage.Broken));

        // By an invariant, and not because the world could not go on.
        var found = reports.FirstOrDefault(report => report.Invariant is not null);
        Assert.True(found is not null, $"{SeedsMax} seeds from {sabotage.Seed} on find nothing");
    }

    [Theory]
    [MemberData(nameof(Defects))]
    public void Without_the_defect_the_same_world_is_sound(string defect)
    {
        var sabotage = Sabotages.All.Single(one => one.Name == defect);
        if (Sabotages.All.First(one => one.Sound == sabotage.Sound && one.Seed == sabotage.Seed) != sabotage)
        {
            return; // the same world as another one's
        }

        var report = SimulatedSwarm.Run(sabotage.Seed, sabotage.Sound);
        Assert.True(report.Failure is null, report.Failure);
    }

    static IEnumerable<long> Seeds(Sabotage sabotage) =>
        Enumerable.Range(0, SeedsMax).Select(further => sabotage.Seed + further);
}
