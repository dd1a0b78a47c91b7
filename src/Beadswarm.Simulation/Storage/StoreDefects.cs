namespace Beadswarm.Simulation.Storage;

/// <summary>
/// Ways in which a store can be wrong: all off, unless a test shows that the simulation notices. Each breaks one
/// promise of <see cref="Beadswarm.Storage.IStore"/> and nothing else.
/// </summary>
sealed record StoreDefects
{
    public static readonly StoreDefects None = new();

    /// <summary>A write on behalf of a claim is let through as long as anybody holds the bead.</summary>
    public bool NoFencing { get; init; }

    /// <summary>A write of an orchestrator is let through although a newer one has begun.</summary>
    public bool NoEpochCheck { get; init; }

    /// <summary>A claim, a renewal and a reaping go by the clock of the machine that asks for them.</summary>
    public bool LeaseJudgedByCallersClock { get; init; }

    /// <summary>A held bead is granted to the next agent as if its lease had expired.</summary>
    public bool ClaimIgnoresHolder { get; init; }

    /// <summary>The token of a claim that ended is granted again with the next one.</summary>
    public bool TokenReusedAfterRelease { get; init; }

    /// <summary>A takeover, an adoption and a reaping start attempt and infrastructure failures anew.</summary>
    public bool CounterResetOnRecovery { get; init; }

    /// <summary>A bead that waits for its dependencies is granted like one that is ready.</summary>
    public bool ReadinessIgnored { get; init; }

    /// <summary>New beads are begun beyond the swarm's target and limit.</summary>
    public bool BoundsIgnored { get; init; }

    /// <summary>Journal entries are written after the commit, so that a crash in between loses them.</summary>
    public bool JournalOutsideTransaction { get; init; }

    /// <summary>That a lease has expired is not written down.</summary>
    public bool ExpiryNotJournalled { get; init; }

    /// <summary>Only every eighth commit reaches the disk: a loss of power loses what was answered since.</summary>
    public bool AnsweredBeforeDurable { get; init; }

    /// <summary>Confirming deletes everything from the outbox, also what came in after it was read.</summary>
    public bool OutboxConfirmedWhole { get; init; }

    /// <summary>An intake believes the tracker about beads of which a change still waits in the outbox.</summary>
    public bool IntakeTrustsTracker { get; init; }

    /// <summary>The verdict of a gate on one tree is found for every other tree.</summary>
    public bool GateFoundByRecipeAlone { get; init; }

    /// <summary>Whoever takes the swarm over goes on in the epoch of its predecessor.</summary>
    public bool TakeOverKeepsEpoch { get; init; }

    /// <summary>The intent of a landing is answered and not kept, so that nobody looks whether it came about.</summary>
    public bool IntentForgotten { get; init; }

    /// <summary>A landing counts as landed, and its bead as completed, when it is intended.</summary>
    public bool LandedWhenIntended { get; init; }
}
