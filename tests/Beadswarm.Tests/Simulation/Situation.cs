using Beadswarm.Beads;
using Beadswarm.Configuration;
using Beadswarm.Simulation.Agents;
using Beadswarm.Simulation.Worlds;

namespace Beadswarm.Tests.Simulation;

/// <summary>
/// Worlds in which one kind of trouble is frequent and everything else is quick, so that whoever is not up to it is
/// found out within seconds.
/// </summary>
static class Situation
{
    const int BeadsUsual = 8;

    /// <summary>Nothing goes wrong; two of three beads wait for the one before.</summary>
    public static readonly SimulationOptions Plain = Of(FaultMix.None, plan => plan);

    /// <summary>Like <see cref="Plain"/>, and only three beads may be begun.</summary>
    public static readonly SimulationOptions Bounded = Of(
        FaultMix.None, plan => plan with
        {
            Config = plan.Config with { Select = plan.Config.Select with { Limit = 3 } },
        });

    /// <summary>All beads change the same file, and many first tries are broken.</summary>
    public static readonly SimulationOptions Crowded = Of(
        FaultMix.Of(FaultKind.AgentMisbehaves), plan => plan with
        {
            Beads = [.. plan.Beads.Select(planned => planned with { Shared = WorkRules.SharedPath("1") })],
            Habits = new AgentHabits(0.2, [AgentConduct.Lies, AgentConduct.Fails], 0.3),
        });

    /// <summary>Each change passes the gates by itself, and no two of them do together.</summary>
    public static readonly SimulationOptions Clashing = Of(
        FaultMix.None, plan => plan with
        {
            Beads = [.. plan.Beads.Select(planned => planned with { Clash = WorkRules.Clash + "1" })],
        });

    /// <summary>Agents leave their work in every wrong place.</summary>
    public static readonly SimulationOptions Untidy = Of(
        FaultMix.Of(FaultKind.AgentMisbehaves), plan => plan with
        {
            Habits = new AgentHabits(
                0.5, [AgentConduct.LeavesUncommitted, AgentConduct.CommitsElsewhere, AgentConduct.CommitsDetached,
                    AgentConduct.Crashes, AgentConduct.GivesUp],
                0.2),
        });

    /// <summary>Agents fail until their beads are blocked, and a person asks for further attempts.</summary>
    public static readonly SimulationOptions Stubborn = Of(
        Often(8, FaultKind.AgentMisbehaves, FaultKind.PersonCommands, FaultKind.PersonEdits), plan => plan with
        {
            Habits = new AgentHabits(0.5, [AgentConduct.Fails, AgentConduct.Lies, AgentConduct.GivesUp], 0.3),
        });

    /// <summary>Agents do badly, and their orchestrators fall asleep over it and are replaced.</summary>
    public static readonly SimulationOptions Abandoned = Of(
        Often(4, FaultKind.TakeOver, FaultKind.AgentMisbehaves), plan => plan with
        {
            Habits = new AgentHabits(
                0.5, [AgentConduct.CommitsElsewhere, AgentConduct.LeavesUncommitted, AgentConduct.Fails], 0.3),
        });

    /// <summary>Beads wait in numbers for the one test that may run, and land together, while processes die.</summary>
    public static readonly SimulationOptions Together = Of(
        Often(8, FaultKind.Crash, FaultKind.ForeignPush), InBatches);

    /// <summary>Like <see cref="Together"/>, onto an integration branch, and tests take as long as agents do.</summary>
    public static readonly SimulationOptions Integrated = Of(
        Often(8, FaultKind.Crash, FaultKind.ForeignPush), plan => InBatches(plan with
        {
            Config = plan.Config with
            {
                Landing = plan.Config.Landing with { Mode = LandingMode.Integration },
                Pools = [.. plan.Config.Pools.Select(pool => pool with { Agents = 4 })],
                Limits = plan.Config.Limits with { GatesMax = 8 },
            },
            Pace = plan.Pace with { Gate = plan.Pace.Stage },
        }));

    /// <summary>The orchestrator is killed every minute or two.</summary>
    public static readonly SimulationOptions Deadly = Of(Often(8, FaultKind.Crash), plan => plan);

    /// <summary>Like <see cref="Deadly"/>, and agents cost money, of which there is little.</summary>
    public static readonly SimulationOptions Dear = Of(Often(8, FaultKind.Crash), plan => plan with
    {
        Vendor = new SimulatedVendor(Places: 6, UsdPerStage: 1, BudgetUsd: 3),
        Config = plan.Config with { Runners = WorldPlanning.AskingVendor },
    });

    /// <summary>Power fails again and again.</summary>
    public static readonly SimulationOptions Dark = Of(Often(15, FaultKind.MachineRestarts), plan => plan);

    /// <summary>Orchestrators fall asleep at any step, others take over, and then they wake up.</summary>
    public static readonly SimulationOptions Drowsy = Of(Often(6, FaultKind.TakeOver), plan => plan);

    /// <summary>Like <see cref="Drowsy"/>, much more often, and every answer of the store may take seconds.</summary>
    public static readonly SimulationOptions Fought = Of(
        Often(30, FaultKind.TakeOver, FaultKind.StoreIsSlow), plan => plan);

    /// <summary>Like <see cref="Fought"/>, over a remote, where pushes arrive late or without an answer.</summary>
    public static readonly SimulationOptions FoughtOver = Of(
        Often(30, FaultKind.TakeOver, FaultKind.StoreIsSlow, FaultKind.PushArrivesLate, FaultKind.PushAnswerLost),
        OnRemote);

    /// <summary>Like <see cref="Drowsy"/>, and the clock of the machine jumps.</summary>
    public static readonly SimulationOptions Timeless = Of(
        Often(6, FaultKind.TakeOver, FaultKind.ClockJumps), plan => plan);

    /// <summary>Somebody else pushes several times a minute.</summary>
    public static readonly SimulationOptions Busy = Of(Often(20, FaultKind.ForeignPush), OnRemote);

    /// <summary>Others push, the orchestrator is killed, and the target is tested as a whole.</summary>
    public static readonly SimulationOptions Watched = Of(
        Often(10, FaultKind.ForeignPush, FaultKind.Crash), plan => plan with
        {
            Config = plan.Config with
            {
                Landing = plan.Config.Landing with
                {
                    WatchGates = [.. plan.Config.Gates.Keys],
                    WatchEvery = TimeSpan.FromMinutes(2),
                },
            },
        });

    /// <summary>Every tenth answer of the store takes seconds.</summary>
    public static readonly SimulationOptions Slow = Of(Often(20, FaultKind.StoreIsSlow), plan => plan);

    /// <summary>People work on the branches of beads that are about to land.</summary>
    public static readonly SimulationOptions Shared = Of(Often(40, FaultKind.PersonWorksOnBranch), plan => plan);

    /// <summary>A remote that is away, that answers late and not at all, and that others push to.</summary>
    public static readonly SimulationOptions Distant = Of(
        Often(4, FaultKind.RemoteAway, FaultKind.PushAnswerLost, FaultKind.PushArrivesLate, FaultKind.ForeignPush),
        OnRemote);

    /// <summary>The tracker cannot be reached for minutes, and what is told comes through without an answer.</summary>
    public static readonly SimulationOptions Deaf = Of(
        Often(6, FaultKind.TrackerAway, FaultKind.TrackerAnswerLost), plan => plan);

    /// <summary>
    /// Three machines work one swarm: each may lose its store, be killed, or fall asleep for longer than its lease.
    /// </summary>
    public static readonly SimulationOptions Joined = Of(
        Often(4, FaultKind.Crash, FaultKind.Pause, FaultKind.StoreAway), plan => WorldPlanning.WithNodes(plan, 3));

    /// <summary>Three machines work one swarm, and nothing happens to any of them.</summary>
    public static readonly SimulationOptions Beside = Of(
        Often(2, FaultKind.ForeignPush), plan => WorldPlanning.WithNodes(plan, 3));

    /// <summary>Others push changed and new beads in the tracker's file, and the orchestrator is killed.</summary>
    public static readonly SimulationOptions Strange = Of(
        Often(8, FaultKind.TrackerPush, FaultKind.Crash), plan => WorldPlanning.WithNodes(plan, 1));

    /// <summary>People put landings first, eject them, and hold the queue, and the orchestrator is killed.</summary>
    public static readonly SimulationOptions Steered = Of(
        Often(8, FaultKind.PersonSteersQueue, FaultKind.Crash), plan => plan);

    /// <summary>One of the above, for who asks by name.</summary>
    public static SimulationOptions Named(string name) =>
        typeof(Situation).GetField(name)?.GetValue(null) as SimulationOptions
            ?? throw new ArgumentException($"no situation is called '{name}'", nameof(name));

    public static FaultMix Often(double eagerness, params FaultKind[] kinds) =>
        FaultMix.Of(kinds) with { Eagerness = eagerness };

    static SimulationOptions Of(FaultMix faults, Func<WorldPlan, WorldPlan> special) => new()
    {
        Faults = faults,
        Adjust = plan => special(plan with
        {
            Config = plan.Config with
            {
                Select = new SelectConfig(),
                Landing = plan.Config.Landing with { Mode = LandingMode.Queue, Remote = null, Squash = false },
                Limits = plan.Config.Limits with { Lease = TimeSpan.FromSeconds(20) },
            },
            Beads = [.. Enumerable.Range(1, BeadsUsual).Select(Bead)],
            Pace = new Pace(TimeSpan.FromMinutes(1), TimeSpan.FromSeconds(4), 0.3),
            FaultyTime = TimeSpan.FromMinutes(30),
            CalmTimeMax = TimeSpan.FromHours(6),
        }),
    };

    static WorldPlan InBatches(WorldPlan plan) => plan with
    {
        Config = plan.Config with { Landing = plan.Config.Landing with { Tests = 1, Batch = 4 } },
        Beads = [.. plan.Beads.Select(planned => planned with { Bead = planned.Bead with { Dependencies = [] } })],
    };

    static WorldPlan OnRemote(WorldPlan plan) => plan with
    {
        Config = plan.Config with { Landing = plan.Config.Landing with { Remote = "origin" } },
    };

    static PlannedBead Bead(int number)
    {
        BeadDependency[] dependencies = number % 3 != 1
            ? [new BeadDependency($"bd-{number - 1}", "blocks", null)]
            : [];
        return new PlannedBead(
            WorldPlanning.Some($"bd-{number}", $"change number {number}", number % 3, dependencies), null, null);
    }
}
