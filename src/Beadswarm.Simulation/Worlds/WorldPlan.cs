using Beadswarm.Beads;
using Beadswarm.Configuration;
using Beadswarm.Pipelines;
using Beadswarm.Simulation.Agents;
using Beadswarm.Simulation.Scheduling;

namespace Beadswarm.Simulation.Worlds;

/// <summary>A bead of a simulated backlog, and what is special about the work on it.</summary>
/// <param name="Clash">A line that its file has, and that no other file may have with it.</param>
/// <param name="Shared">A file beside its own that others change too.</param>
sealed record PlannedBead(Bead Bead, string? Clash, string? Shared);

/// <summary>How long things take in the simulated world.</summary>
/// <param name="Stage">Median of an agent's work on a stage.</param>
/// <param name="Gate">Median of a gate.</param>
/// <param name="Spread">Standard deviation of the logarithm of both.</param>
sealed record Pace(TimeSpan Stage, TimeSpan Gate, double Spread)
{
    /// <summary>What was measured in a real swarm, and then counts instead.</summary>
    public MeasuredPace? Measured { get; init; }

    public TimeSpan OfStage(StageName stage, Chance chance) =>
        Measured is { } measured ? measured.OfStage(stage, chance) : chance.Lognormal(Stage, Spread);

    public TimeSpan OfGate(string gate, Chance chance) =>
        Measured is { } measured ? measured.OfGate(gate, chance) : chance.Lognormal(Gate, Spread);
}

/// <summary>A vendor of models that lets so many agents through at once, and takes money.</summary>
/// <param name="UsdPerStage">Of an execution that comes to its end, on the average.</param>
/// <param name="BudgetUsd">
/// What the swarm may use at first; whoever keeps it running adds to it. Null: anything.
/// </param>
sealed record SimulatedVendor(int Places, decimal UsdPerStage, decimal? BudgetUsd);

/// <summary>Everything about one run that is decided before it begins.</summary>
sealed record WorldPlan
{
    public required long Seed { get; init; }
    public required SwarmConfig Config { get; init; }
    public required TrackerDialect Dialect { get; init; }
    public required IReadOnlyList<PlannedBead> Beads { get; init; }

    /// <summary>How many clones there are, each on a machine of its own; more than one share a remote.</summary>
    public int Clones { get; init; } = 1;

    /// <summary>Git tracks the tracker's file.</summary>
    public required bool TrackerInGit { get; init; }
    public required Pace Pace { get; init; }
    public required AgentHabits Habits { get; init; }

    /// <summary>Whom the agents ask; null: they need nobody, and nothing is known of what they use.</summary>
    public SimulatedVendor? Vendor { get; init; }
    public required FaultMix Faults { get; init; }

    /// <summary>For how long things go wrong; afterwards the swarm must come to its end.</summary>
    public required TimeSpan FaultyTime { get; init; }

    /// <summary>How long it may then take.</summary>
    public required TimeSpan CalmTimeMax { get; init; }
    public required SchedulingOptions Scheduling { get; init; }

    /// <summary>The longest that a single step out of an orchestrator takes.</summary>
    public TimeSpan LatencyMax { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>An agent that works shows a sign of life at least this often.</summary>
    public TimeSpan SilenceMax { get; init; } = TimeSpan.FromSeconds(40);

    public bool HasRemote => Config.Landing.Remote is not null;

    /// <summary>A bead that was planned; null for one that a person added meanwhile.</summary>
    public PlannedBead? Find(BeadId id) => Beads.FirstOrDefault(planned => planned.Bead.Id == id);
}
