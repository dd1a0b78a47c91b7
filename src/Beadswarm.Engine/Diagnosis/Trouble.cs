using Beadswarm.Beads;
using Beadswarm.Processes;
using Beadswarm.Workspaces;

namespace Beadswarm.Diagnosis;

/// <summary>How much a trouble matters.</summary>
enum TroubleSeverity
{
    /// <summary>Worth knowing; nothing has to be done.</summary>
    Note,

    /// <summary>A run works, and something is lost or wasted.</summary>
    Warning,

    /// <summary>A run cannot start, or cannot end well.</summary>
    Error,
}

/// <summary>One thing that is wrong, told so that a tired person can act on it.</summary>
/// <param name="Id">Stable name of the kind of trouble, for scripts: <c>tracker.two-files</c>.</param>
/// <param name="Value">What was found, where it is short enough to show.</param>
/// <param name="Remedy">What to do where <see cref="Repair"/> is null, and what it does where it is not.</param>
/// <param name="Repair">What <c>--fix</c> does; null where only a person can know.</param>
sealed record Trouble(
    string Id, TroubleSeverity Severity, string What, string? Value, string Remedy, Repair? Repair = null);

/// <summary>
/// Something that makes a trouble go away and cannot do harm: each is the same done twice as once, and none loses work.
/// </summary>
abstract record Repair
{
    Repair() { }

    /// <summary>Whether it must wait until no swarm works on the repository.</summary>
    public bool NeedsQuiet => this is not Reopen;

    /// <summary>Changes the tracker as the swarm itself does.</summary>
    public sealed record Reopen(IReadOnlyList<BeadId> Beads) : Repair;

    /// <summary>Removes a file that holds nothing but a claim of somebody who is gone.</summary>
    public sealed record DeleteFile(string Path) : Repair;

    /// <summary>Gives a file another name beside the old one, where nobody takes it for what it was.</summary>
    public sealed record MoveAside(string Path, string To) : Repair;

    /// <summary>Ends exactly the processes that were found, which belong to a stage that is over.</summary>
    public sealed record EndProcesses(IReadOnlyList<ProcessIdentity> Processes) : Repair;

    /// <summary>Puts away what a crash left in the hub, unless work would be gone with it.</summary>
    public sealed record PutAway(Orphan Orphan) : Repair;

    /// <summary>Tells git to ignore the swarm's folder, in this clone alone.</summary>
    public sealed record IgnoreFolder(string Folder) : Repair;
}
