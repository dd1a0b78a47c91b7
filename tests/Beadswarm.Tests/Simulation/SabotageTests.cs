using Beadswarm.Simulation;
using Beadswarm.Simulation.Storage;
using Beadswarm.Simulation.Worlds;

namespace Beadswarm.Tests.Simulation;

/// <summary>A simulation that finds nothing proves nothing: each of these broken worlds must be noticed.</summary>
public sealed class SabotageTests
{
    const int SeedsMax = 16;

    static readonly Dictionary<string, SimulationOptions> Broken = new()
    {
        [nameof(StoreDefects.ClaimIgnoresHolder)] = Store(new StoreDefects { ClaimIgnoresHolder = true }),
        [nameof(StoreDefects.TokenReusedAfterRelease)] = Store(new StoreDefects { TokenReusedAfterRelease = true }),
        [nameof(StoreDefects.CounterResetOnRecovery)] = Store(new StoreDefects { CounterResetOnRecovery = true }),
        [nameof(StoreDefects.ReadinessIgnored)] = Store(new StoreDefects { ReadinessIgnored = true }),
        [nameof(StoreDefects.JournalOutsideTransaction)] = Store(new StoreDefects { JournalOutsideTransaction = true }),
        [nameof(StoreDefects.GateFoundByRecipeAlone)] = Store(new StoreDefects { GateFoundByRecipeAlone = true }),
        [nameof(StoreDefects.IntentForgotten)] = Store(new StoreDefects { IntentForgotten = true }),
        [nameof(StoreDefects.LandedWhenIntended)] = Store(new StoreDefects { LandedWhenIntended = true }),
    };

    public static TheoryData<string> Defects => [.. Broken.Keys];

    [Theory]
    [MemberData(nameof(Defects))]
    public void Every_defect_that_is_built_in_is_noticed(string defect) =>
        Assert.True(
            Enumerable.Range(1, SeedsMax).Any(seed => SimulatedSwarm.Run(seed, Broken[defect]).Failure is not null),
            $"{defect} went unnoticed in {SeedsMax} seeds");

    static SimulationOptions Store(StoreDefects defects) => new() { StoreDefects = defects };
}
