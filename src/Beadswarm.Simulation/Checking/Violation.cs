namespace Beadswarm.Simulation.Checking;

/// <summary>
/// What must always hold, by the numbers of the invariants in ARCHITECTURE.md, and for those that go beyond them by a
/// name.
/// </summary>
static class Invariant
{
    public const string OneHolder = "1: at most one live claim per bead";
    public const string TokensGrow = "1: tokens grow and are never granted again";
    public const string StaleWrite = "1: a write by a stale token, or of a replaced orchestrator, changes nothing";
    public const string NewEpoch = "1: whoever holds the swarm has an epoch of its own";
    public const string OneAtWork = "1: at most one agent at work on a bead";
    public const string NothingLost = "2: no work is lost";
    public const string Shared = "2: what the store names can be had by every node";
    public const string LandedBeforeDone = "3: completed only when its content is on the target";
    public const string LandsOnce = "3: it lands once";
    public const string Green = "4: every commit of the swarm on the target passed the gates as exactly that tree";
    public const string OwnContentOnly = "4: a landing changes what its bead changed, and nothing else";
    public const string OtherSideKept = "4: a landing takes back nothing that another bead brought";
    public const string TargetGoesForward = "4: the target only moves forward";
    public const string OneLander = "4: only the newest lander moves the target";
    public const string IntendedFirst = "6: intended before it is done";
    public const string JournalIsComplete = "6: the tables are what the journal says";
    public const string JournalGrows = "6: what the journal has once held it holds for ever";
    public const string CountersGrow = "7: attempts and infrastructure failures only ever grow";
    public const string WithinBudget = "7: what is used stays within the budget, and nothing is counted twice";
    public const string Bounded = "7: every loop has a limit";
    public const string LeaseByStore = "8: the store's clock decides whether a lease has expired";
    public const string OneAgentAtWork = "10: a workspace is one agent's alone";
    public const string ProcessesGone = "10: no process outlives its stage";
    public const string ReadyOnly = "claims: only what is ready, within target and limit";
    public const string Progress = "progress: without faults the swarm comes to its end";
    public const string AskedAgain = "13: what has ended begins again only when somebody asks";
    public const string ToldWhenDone = "13: a change counts as told when the tracker has it";
    public const string Audited = "the audit finds nothing";
    public const string OthersBeadsKept = "13: what others push in the tracker's file stays on the target";
    public const string TrackerAgrees = "13: the tracker says what the swarm has done";
    public const string Settled = "12: nothing is left half done";
}

/// <summary>An invariant does not hold.</summary>
sealed class ViolationException(string invariant, string what) : Exception($"{invariant}\n  {what}")
{
    public string Invariant { get; } = invariant;
}
