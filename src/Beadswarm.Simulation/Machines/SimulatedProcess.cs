using Beadswarm.Processes;
using Beadswarm.Simulation.Scheduling;
using Beadswarm.Waiting;

namespace Beadswarm.Simulation.Machines;

/// <summary>
/// A program that runs on the simulated machine: an agent, something it left running, or a gate. It lives on when
/// whoever started it dies, and is gone at once when it is killed.
/// </summary>
sealed class SimulatedProcess(SimulatedNode node, ProcessIdentity identity, string tag, string command)
{
    public ProcessIdentity Identity { get; } = identity;

    /// <summary>What it was started under; everything it starts itself carries it too.</summary>
    public string Tag { get; } = tag;

    public string Command { get; } = command;

    public SimulatedNode Node { get; } = node;

    public bool Running => Node.Alive;

    /// <summary>How it ended; null while it runs, and when nobody could write it down.</summary>
    public ChildExit? Exit { get; private set; }

    /// <summary>Rings when it has ended, and when it does something that its watcher must see at once.</summary>
    public Bell Changed { get; } = new();

    public LeakedProcess AsLeak => new(Identity.Pid, Command);

    /// <summary>It is gone from here on.</summary>
    /// <param name="exit">Null: its end is recorded nowhere.</param>
    internal void End(ChildExit? exit)
    {
        Exit = exit;
        Node.Kill();
        Changed.Ring();
    }
}
