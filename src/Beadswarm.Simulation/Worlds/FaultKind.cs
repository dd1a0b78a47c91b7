namespace Beadswarm.Simulation.Worlds;

/// <summary>Everything that can go wrong in the simulated world without anybody having made a mistake.</summary>
enum FaultKind
{
    /// <summary>An orchestrator is killed, at any point at which it waits.</summary>
    Crash,

    /// <summary>Power fails: orchestrators, agents and gates are gone at once.</summary>
    MachineRestarts,

    /// <summary>An orchestrator takes no step for a while, maybe for longer than its leases last.</summary>
    Pause,

    /// <summary>While one sleeps another takes over, and the first wakes up and believes it is still at work.</summary>
    TakeOver,

    StoreFailsBefore,

    /// <summary>Committed, and the answer is lost.</summary>
    StoreFailsAfter,
    StoreIsSlow,

    /// <summary>The wall clock of the machine jumps.</summary>
    ClockJumps,

    /// <summary>The clock that judges leases jumps.</summary>
    StoreClockJumps,

    GitFails,

    /// <summary>Half of the files are written, then the disk has no room.</summary>
    DiskFull,

    /// <summary>The remote has decided, and nobody is told.</summary>
    PushAnswerLost,

    /// <summary>A push is given up by its sender and arrives all the same.</summary>
    PushArrivesLate,
    RemoteAway,
    RemoteRefuses,

    /// <summary>Somebody else writes the target.</summary>
    ForeignPush,

    /// <summary>Somebody else takes back what has landed.</summary>
    ForeignRevert,

    /// <summary>The user has changes, or an operation under way, in his checkout.</summary>
    CheckoutInTheWay,

    TrackerAway,

    /// <summary>The tracker's file was replaced, and the answer is an error.</summary>
    TrackerAnswerLost,

    /// <summary>A person edits, closes, reopens, adds and re-prioritises beads.</summary>
    PersonEdits,

    /// <summary>A person drains, terminates, retries and releases, each maybe twice.</summary>
    PersonCommands,

    /// <summary>A person commits on the branch of a bead that is about to land.</summary>
    PersonWorksOnBranch,

    AgentMisbehaves,
    AgentNotStarted,

    /// <summary>A good tree fails.</summary>
    GateFlaky,
    GateWithoutVerdict,
    GateSlow,

    /// <summary>One of several machines has no way to the store for a while.</summary>
    StoreAway,

    /// <summary>Somebody else pushes changed and new beads in the tracker's file.</summary>
    TrackerPush,

    /// <summary>A person puts a landing first, ejects one, or holds the whole queue for a while.</summary>
    PersonSteersQueue,
}
