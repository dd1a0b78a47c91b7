using Beadswarm.Simulation.Git;
using Beadswarm.Simulation.Storage;
using Beadswarm.Swarms;

namespace Beadswarm.Simulation.Worlds;

/// <summary>What is different from an ordinary run of the simulation.</summary>
sealed record SimulationOptions
{
    /// <summary>Null: drawn from the seed.</summary>
    public FaultMix? Faults { get; init; }

    public StoreDefects StoreDefects { get; init; } = StoreDefects.None;

    public GitDefects GitDefects { get; init; } = new();

    /// <summary>Breaks the engine by what it is given, to show that the simulation notices.</summary>
    public Func<SwarmSurroundings, SwarmSurroundings> Sabotage { get; init; } = surroundings => surroundings;

    /// <summary>Changes the plan after it was drawn.</summary>
    public Func<WorldPlan, WorldPlan> Adjust { get; init; } = plan => plan;

    /// <summary>
    /// What must hold is checked after every step and in the end. A forecast leaves that out: it asks how long things
    /// take, a hundred times as often.
    /// </summary>
    public bool Checked { get; init; } = true;

    /// <summary>Shown the world when its run is over, however it ended.</summary>
    public Action<SimulatedWorld> Ended { get; init; } = _ => { };
}
