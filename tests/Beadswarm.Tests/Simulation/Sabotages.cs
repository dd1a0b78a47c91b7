using Beadswarm.Simulation.Git;
using Beadswarm.Simulation.Storage;
using Beadswarm.Simulation.Worlds;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Simulation;

/// <summary>A world with a defect.</summary>
/// <param name="Sound">The situation that brings it to light, without the defect.</param>
/// <param name="Break">Builds the defect in.</param>
/// <param name="Seed">The first that finds it.</param>
sealed record Sabotage(
    string Name, SimulationOptions Sound, Func<SimulationOptions, SimulationOptions> Break, long Seed)
{
    public SimulationOptions Broken => Break(Sound);
}

/// <summary>Everything that is broken on purpose.</summary>
static class Sabotages
{
    public static readonly IReadOnlyList<Sabotage> All =
    [
        Store(nameof(StoreDefects.ClaimIgnoresHolder), Situation.Plain, new() { ClaimIgnoresHolder = true }),
        Store(
            nameof(StoreDefects.TokenReusedAfterRelease), Situation.Stubborn, new() { TokenReusedAfterRelease = true }),
        Store(nameof(StoreDefects.CounterResetOnRecovery), Situation.Deadly, new() { CounterResetOnRecovery = true }),
        Store(nameof(StoreDefects.ReadinessIgnored), Situation.Plain, new() { ReadinessIgnored = true }),
        Store(nameof(StoreDefects.BoundsIgnored), Situation.Bounded, new() { BoundsIgnored = true }),
        Store(
            nameof(StoreDefects.JournalOutsideTransaction), Situation.Deadly,
            new() { JournalOutsideTransaction = true }),
        Store(nameof(StoreDefects.ExpiryNotJournalled), Situation.Drowsy, new() { ExpiryNotJournalled = true }),
        Store(nameof(StoreDefects.AnsweredBeforeDurable), Situation.Dark, new() { AnsweredBeforeDurable = true }),
        Store(
            nameof(StoreDefects.GateFoundByRecipeAlone), Situation.Crowded, new() { GateFoundByRecipeAlone = true }),
        Store(nameof(StoreDefects.IntentForgotten), Situation.Plain, new() { IntentForgotten = true }),
        Store(nameof(StoreDefects.LandedWhenIntended), Situation.Plain, new() { LandedWhenIntended = true }),
        Store(nameof(StoreDefects.NoFencing), Situation.Drowsy, new() { NoFencing = true }),
        Store(nameof(StoreDefects.NoEpochCheck), Situation.Drowsy, new() { NoEpochCheck = true }),
        Store(
            nameof(StoreDefects.LeaseJudgedByCallersClock), Situation.Timeless,
            new() { LeaseJudgedByCallersClock = true }),
        Store(nameof(StoreDefects.TakeOverKeepsEpoch), Situation.Joined, new() { TakeOverKeepsEpoch = true }),
        Store(
            nameof(StoreDefects.OutboxConfirmedWhole), Situation.Slow, new() { OutboxConfirmedWhole = true }),
        Store(
            nameof(StoreDefects.IntakeTrustsTracker), Situation.Slow, new() { IntakeTrustsTracker = true }, seed: 2),
        Git(nameof(GitDefects.NoCompareAndSwap), Situation.Busy, new() { NoCompareAndSwap = true }, seed: 18),
        Git(nameof(GitDefects.NoEpochFence), Situation.Fought, new() { NoEpochFence = true }, seed: 9),
        Git(nameof(GitDefects.ObserveAlwaysPresent), Situation.Distant, new() { ObserveAlwaysPresent = true }),
        Git(
            nameof(GitDefects.RemovalWithoutReachability), Situation.Shared,
            new() { RemovalWithoutReachability = true }),
        Git(nameof(GitDefects.LeftoversDropped), Situation.Untidy, new() { LeftoversDropped = true }),
        Git(nameof(GitDefects.MergeDropsOneSide), Situation.Crowded, new() { MergeDropsOneSide = true }),
        Git(
            nameof(GitDefects.AdvanceReportsMovedWithoutMoving), Situation.Plain,
            new() { AdvanceReportsMovedWithoutMoving = true }),
        Git(nameof(GitDefects.WrongTreeLanded), Situation.Plain, new() { WrongTreeLanded = true }),
        Git(nameof(GitDefects.JoinDropsLast), Situation.Together, new() { JoinDropsLast = true }),
        Git(nameof(GitDefects.RestartDropsCommits), Situation.Abandoned, new() { RestartDropsCommits = true }, seed: 3),
        Git(nameof(GitDefects.CheckoutLeavesFiles), Situation.Clashing, new() { CheckoutLeavesFiles = true }),
        Engine(nameof(EngineSabotage.KeepsWorkToItself), Situation.Beside, EngineSabotage.KeepsWorkToItself),
        Engine(nameof(EngineSabotage.JoinedKeepWhatTheyLost), Situation.Beside, EngineSabotage.JoinedKeepWhatTheyLost),
        Engine(nameof(EngineSabotage.LooksForOthersOnce), Situation.Joined, EngineSabotage.LooksForOthersOnce),
        Engine(nameof(EngineSabotage.OverwritesOthersBeads), Situation.Strange, EngineSabotage.OverwritesOthersBeads),
        Engine(nameof(EngineSabotage.ClosesBeforeLanding), Situation.Plain, EngineSabotage.ClosesBeforeLanding),
        // Either fence alone holds such a lander back: only without both does it get through.
        new(
            "Engine." + nameof(EngineSabotage.LandsWithoutIntent), Situation.Fought,
            sound => sound with
            {
                Sabotage = EngineSabotage.LandsWithoutIntent, GitDefects = new() { NoEpochFence = true },
            }, 9),
        Engine(nameof(EngineSabotage.ConfirmsBeforeTelling), Situation.Plain, EngineSabotage.ConfirmsBeforeTelling),
        Engine(nameof(EngineSabotage.ForgetsAChange), Situation.Plain, EngineSabotage.ForgetsAChange),
        Engine(
            nameof(EngineSabotage.TakesRedForGreen), Situation.Crowded, EngineSabotage.TakesRedForGreen),
        Engine(nameof(EngineSabotage.BelievesAgents), Situation.Plain, EngineSabotage.BelievesAgents),
        Engine(nameof(EngineSabotage.TrustsLeasesForEver), Situation.Plain, EngineSabotage.TrustsLeasesForEver),
        Engine(
            nameof(EngineSabotage.CompletesWithoutObserving), Situation.Plain,
            EngineSabotage.CompletesWithoutObserving),
        Engine(nameof(EngineSabotage.LeavesOrphans), Situation.Deadly, EngineSabotage.LeavesOrphans),
        Engine(nameof(EngineSabotage.SharesAWorkspace), Situation.Plain, EngineSabotage.SharesAWorkspace),
        Engine(nameof(EngineSabotage.CountsAttemptsAnew), Situation.Stubborn, EngineSabotage.CountsAttemptsAnew),
        Engine(
            nameof(EngineSabotage.BlocksWithoutDossier), Situation.Stubborn,
            EngineSabotage.BlocksWithoutDossier, seed: 3),
        Engine(nameof(EngineSabotage.TakesAnothersWork), Situation.Plain, EngineSabotage.TakesAnothersWork),
        Engine(nameof(EngineSabotage.TakesSilenceForYes), Situation.Distant, EngineSabotage.TakesSilenceForYes),
        Engine(nameof(EngineSabotage.ForgetsWhatWasSpent), Situation.Dear, EngineSabotage.ForgetsWhatWasSpent),
    ];

    static Sabotage Store(string name, SimulationOptions situation, StoreDefects defects, long seed = 1) =>
        new("Store." + name, situation, sound => sound with { StoreDefects = defects }, seed);

    static Sabotage Git(string name, SimulationOptions situation, GitDefects defects, long seed = 1) =>
        new("Git." + name, situation, sound => sound with { GitDefects = defects }, seed);

    static Sabotage Engine(
        string name, SimulationOptions situation, Func<SwarmSurroundings, SwarmSurroundings> defect, long seed = 1) =>
        new("Engine." + name, situation, sound => sound with { Sabotage = defect }, seed);
}
