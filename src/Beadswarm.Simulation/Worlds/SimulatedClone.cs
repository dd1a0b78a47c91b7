using System.Globalization;
using Beadswarm.Simulation.Git;
using Beadswarm.Simulation.Machines;
using Beadswarm.Storage;

namespace Beadswarm.Simulation.Worlds;

/// <summary>
/// A clone of the repository on a machine of its own: everything there that outlives an orchestrator. Most worlds have
/// one; where there are several, the orchestrator of each is a node of the same swarm.
/// </summary>
sealed class SimulatedClone
{
    readonly SimulatedWorld _world;

    /// <param name="number">From 1.</param>
    public SimulatedClone(SimulatedWorld world, int number, SimulatedClone? first)
    {
        _world = world;
        var plan = world.Plan;
        Host = number == 1 ? "machine" : string.Create(CultureInfo.InvariantCulture, $"machine-{number}");
        Repository = number == 1 ? "/simulated" : string.Create(CultureInfo.InvariantCulture, $"/simulated-{number}");
        (string Path, string? Text)[] files = [("README.md", "hello\n"), ("shared/1.txt", "one\n")];
        Git = new SimulatedGit(new SimulatedGitSetup
        {
            SwarmFolder = Repository + "/.beadswarm",
            HasRemote = plan.HasRemote,
            Beside = first?.Git,
            When = world.Outside.Clock.GetUtcNow(),
            Files = plan.TrackerInGit ? [.. files, (SimulatedBacklog.Path, "")] : files,
        });
        Backlog = new SimulatedBacklog(Git, plan.Dialect, world.Outside.Clock);
        Disk = new SimulatedDisk(Git);
        Machine = new SimulatedMachine(world.Scheduler, world.Fail);
        Backlog.Put([.. plan.Beads.Select(planned => planned.Bead)]);
    }

    public string Host { get; }

    public string Repository { get; }

    public SimulatedGit Git { get; }

    public SimulatedBacklog Backlog { get; }

    public SimulatedDisk Disk { get; }

    public SimulatedMachine Machine { get; }

    /// <summary>How wrong the wall clock of the machine is.</summary>
    public TimeSpan Skew { get; private set; }

    /// <summary>The store is on another machine, and no packet gets there.</summary>
    public bool StoreAway { get; set; }

    /// <summary>How the clone says what it is to the nodes of other ones.</summary>
    public NodeCard Card => new(
        Repository, Host, 1, "boot", Git.Remote?.Refs.Place, _world.Plan.Config.Landing.Target);

    /// <summary>Its orchestrators, oldest first.</summary>
    public IEnumerable<SimulatedOrchestrator> Orchestrators =>
        _world.Orchestrators.Where(orchestrator => orchestrator.Clone == this);

    public void SetClock(TimeSpan skew)
    {
        Skew = skew;
        foreach (var orchestrator in Orchestrators)
        {
            orchestrator.Node.Clock.Skew = skew;
        }
    }
}
