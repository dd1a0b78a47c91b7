using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Control;
using Beadswarm.Gates;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Planning;
using Beadswarm.Processes;
using Beadswarm.Storage;
using Beadswarm.Workspaces;

namespace Beadswarm.Swarms;

/// <summary>
/// Everything outside of the orchestrator that it works with, opened and held for it: a machine with its processes, git
/// and files, or the simulation's. Beyond these, the time and the configuration, it knows nothing of the world.
/// </summary>
sealed record SwarmSurroundings : IAsyncDisposable
{
    /// <summary>The name of this host among those that take part.</summary>
    public required string Node { get; init; }
    public required SwarmPaths Paths { get; init; }
    public required IMachine Machine { get; init; }
    public required IStore Store { get; init; }

    /// <summary>Where several nodes can work the store together: how. Null: one orchestrator alone can.</summary>
    public Membership? Membership { get; init; }
    public required IBeadTracker Tracker { get; init; }
    public required IWorkspaces Workspaces { get; init; }
    public required IAgentHost Agents { get; init; }
    public required IGateCommands Gates { get; init; }

    /// <summary>The branch that beads complete on; what a dead lander left half done there is settled.</summary>
    public required ILandingRepository Target { get; init; }

    /// <summary>What others did to the tracker's file, into the file of this checkout.</summary>
    public TrackerMerge Merge => field ??= new(Tracker, Target, Paths.Repository);

    /// <summary>Mode integration: the branch that beads land on first.</summary>
    public ILandingRepository? Integration { get; init; }

    /// <summary>Mode branch: makes a bead's branch visible to a person, and says under which name.</summary>
    public required Func<LandingEntry, CancellationToken, Task<string>> PublishAsync { get; init; }

    /// <summary>Mode pull-request: the forge and the branches on it.</summary>
    public ForgeParts? Forge { get; init; }

    /// <summary>The user's own prompt templates, by path relative to the repository; null when there is none.</summary>
    public required Func<string, string?> ReadTemplate { get; init; }

    /// <summary>Lets others ask the running swarm, until what is returned is disposed of.</summary>
    public required Func<ControlCommands, IAsyncDisposable> Serve { get; init; }

    /// <summary>What had to be cleared away before anything could be opened, and how; for the journal.</summary>
    public IReadOnlyList<JournalEvent.RecoveryFound> Cleared { get; init; } = [];

    /// <summary>Where jitter comes from.</summary>
    public required Random Random { get; init; }

    /// <summary>Removes logs when there are too many; to be called now and then. Where there are no files, nothing.
    /// </summary>
    public Func<CancellationToken, Task> TidyLogsAsync { get; init; } = _ => Task.CompletedTask;

    /// <summary>
    /// Hands on what planners used whose planning was killed; to be called now and then. Where there are none, nothing.
    /// </summary>
    public Func<Func<PlanUse, CancellationToken, Task<bool>>, CancellationToken, Task> SettlePlansAsync { get; init; } =
        (_, _) => Task.CompletedTask;

    /// <summary>Lets go of everything, the exclusive right to this repository last.</summary>
    public required Func<ValueTask> CloseAsync { get; init; }

    /// <summary>Where beads land first.</summary>
    public ILandingRepository LandsOn => Integration ?? Target;

    public ValueTask DisposeAsync() => CloseAsync();
}
