using Beadswarm.Agents;

namespace Beadswarm.Simulation.Machines;

/// <summary>
/// What the folder of a session holds about its agent: the only thing a later orchestrator has of it.
/// </summary>
/// <param name="startedAt">By the wall clock of the orchestrator that started it.</param>
sealed class SimulatedSession(AgentLaunch launch, DateTimeOffset startedAt)
{
    public AgentLaunch Launch { get; } = launch;

    public string Folder => Launch.SessionFolder;

    public DateTimeOffset StartedAt { get; } = startedAt;

    public SimulatedProcess Process { get; set; } = null!;

    /// <summary>What its output and its exit say, once it has ended by itself.</summary>
    public AgentEnd? End { get; set; }

    /// <summary>What it has printed of what it uses.</summary>
    public UsageReport Usage { get; set; } = UsageReport.Unknown;

    /// <summary>When it last printed something or changed a file, since the simulation began.</summary>
    public TimeSpan ActiveAt { get; set; }

    /// <summary>It has printed more than is kept.</summary>
    public bool Floods { get; set; }

    /// <summary>It does not end when it is asked to; it has to be killed.</summary>
    public bool Stubborn { get; set; }
}
