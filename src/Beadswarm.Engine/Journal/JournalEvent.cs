using System.Text.Json.Serialization;
using Beadswarm.Beads;
using Beadswarm.Claims;

namespace Beadswarm.Journal;

/// <summary>
/// One line of the journal: what happened, to which bead, by which agent. The order of <paramref name="Sequence"/> is
/// the order of time.
/// </summary>
sealed record JournalEntry(
    long Sequence, DateTimeOffset At, long Swarm, BeadId? Bead, AgentNumber? Agent, JournalEvent Event);

/// <summary>
/// Everything that can happen. The names are stored and public: an event is never renamed, a field never removed,
/// a new field is optional. docs/reference/journal.md is generated from this hierarchy.
/// </summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(SwarmStarted), "swarm.started")]
[JsonDerivedType(typeof(GateRequired), "gate.required")]
[JsonDerivedType(typeof(SwarmStatusChanged), "swarm.status")]
[JsonDerivedType(typeof(SwarmEnded), "swarm.ended")]
[JsonDerivedType(typeof(NodeJoined), "node.joined")]
[JsonDerivedType(typeof(NodeLeft), "node.left")]
[JsonDerivedType(typeof(NodeLost), "node.lost")]
[JsonDerivedType(typeof(AgentStatusChanged), "agent.status")]
[JsonDerivedType(typeof(BeadAdded), "bead.added")]
[JsonDerivedType(typeof(BeadReady), "bead.ready")]
[JsonDerivedType(typeof(BeadWithdrawn), "bead.withdrawn")]
[JsonDerivedType(typeof(BeadRevived), "bead.revived")]
[JsonDerivedType(typeof(BeadClaimed), "bead.claimed")]
[JsonDerivedType(typeof(BeadReleased), "bead.released")]
[JsonDerivedType(typeof(BeadAdopted), "bead.adopted")]
[JsonDerivedType(typeof(LeaseExpired), "lease.expired")]
[JsonDerivedType(typeof(StageStarted), "stage.started")]
[JsonDerivedType(typeof(ProcessStarted), "process.started")]
[JsonDerivedType(typeof(ProcessesLeaked), "process.leaked")]
[JsonDerivedType(typeof(AgentUsed), "agent.used")]
[JsonDerivedType(typeof(PlanUsed), "plan.used")]
[JsonDerivedType(typeof(BudgetUnmeasured), "budget.unmeasured")]
[JsonDerivedType(typeof(RunnerLimited), "runner.limited")]
[JsonDerivedType(typeof(StageEnded), "stage.ended")]
[JsonDerivedType(typeof(BeadBlocked), "bead.blocked")]
[JsonDerivedType(typeof(GateRan), "gate.ran")]
[JsonDerivedType(typeof(GateFlaky), "gate.flaky")]
[JsonDerivedType(typeof(GateQuarantined), "gate.quarantined")]
[JsonDerivedType(typeof(BaselineLowered), "gate.baseline")]
[JsonDerivedType(typeof(ConflictForeseen), "conflict.foreseen")]
[JsonDerivedType(typeof(LandingQueued), "landing.queued")]
[JsonDerivedType(typeof(ConflictResolved), "conflict.resolved")]
[JsonDerivedType(typeof(LandingIntended), "landing.intended")]
[JsonDerivedType(typeof(LandingVoided), "landing.voided")]
[JsonDerivedType(typeof(LandingProposed), "landing.proposed")]
[JsonDerivedType(typeof(LandingIntegrated), "landing.integrated")]
[JsonDerivedType(typeof(LandingWished), "landing.wished")]
[JsonDerivedType(typeof(LandingReturned), "landing.returned")]
[JsonDerivedType(typeof(LandingLeft), "landing.left")]
[JsonDerivedType(typeof(BeadLanded), "bead.landed")]
[JsonDerivedType(typeof(QueuePaused), "queue.paused")]
[JsonDerivedType(typeof(QueueResumed), "queue.resumed")]
[JsonDerivedType(typeof(LandingLost), "landing.lost")]
[JsonDerivedType(typeof(LandingBroke), "landing.broke")]
[JsonDerivedType(typeof(TargetTested), "target.tested")]
[JsonDerivedType(typeof(TargetJudged), "target.judged")]
[JsonDerivedType(typeof(EpicCompleted), "epic.completed")]
[JsonDerivedType(typeof(TrackerTold), "tracker.told")]
[JsonDerivedType(typeof(TrackerCommitted), "tracker.committed")]
[JsonDerivedType(typeof(EffectIntended), "effect.intended")]
[JsonDerivedType(typeof(EffectDone), "effect.done")]
[JsonDerivedType(typeof(RecoveryFound), "recovery.found")]
[JsonDerivedType(typeof(ComponentHeld), "component.held")]
[JsonDerivedType(typeof(ComponentFailed), "component.failed")]
abstract record JournalEvent
{
    JournalEvent() { }

    /// <summary>An orchestrator started, or continued, a swarm.</summary>
    public sealed record SwarmStarted(
        long Epoch, string Node, int Agents, int? Target, int? Limit, bool Continued, string? FirstStage = null,
        int? Attempts = null, int? InfrastructureRetries = null, string? Branch = null, string? Remote = null)
        : JournalEvent;

    /// <summary>From this start on, what goes onto the target must have passed this gate by this recipe.</summary>
    public sealed record GateRequired(string Gate, string Recipe) : JournalEvent;

    /// <summary>The swarm's status changed.</summary>
    public sealed record SwarmStatusChanged(string Status, string? Reason) : JournalEvent;

    /// <summary>
    /// The last entry of an orchestrator that came to its end: how, what is done and left, what the swarm has
    /// used, and where the target is known to be red, how.
    /// </summary>
    public sealed record SwarmEnded(
        string End, string? Reason, int Landed, int Blocked, int Left, int Pending, int? Target, int Attempts,
        long DurationMs, int? Executions = null, int? Unpriced = null, long? Tokens = null, decimal? CostUsd = null,
        string? Red = null) : JournalEvent;

    /// <summary>A node takes part, with agents of these numbers; one that was lost and is back, too.</summary>
    public sealed record NodeJoined(string Node, string Host, int FirstAgent, int Agents, bool Holder) : JournalEvent;

    /// <summary>A node takes no part any more, because it was told so or the swarm is over.</summary>
    public sealed record NodeLeft(string Node, string Reason) : JournalEvent;

    /// <summary>Nothing was heard of a node until its lease ended; its claims end by theirs.</summary>
    public sealed record NodeLost(string Node, DateTimeOffset ExpiredAt) : JournalEvent;

    /// <summary>An agent's status changed outside of a stage.</summary>
    public sealed record AgentStatusChanged(string Status, string? Reason) : JournalEvent;

    /// <summary>A selected bead was seen for the first time.</summary>
    public sealed record BeadAdded(string Title, int Priority, bool Ready, string? Stage = null) : JournalEvent;

    /// <summary>A bead became ready, or stopped being ready, because of its dependencies, deferral or status.</summary>
    public sealed record BeadReady(bool Ready) : JournalEvent;

    /// <summary>A bead was closed, deleted or deselected by somebody else.</summary>
    public sealed record BeadWithdrawn : JournalEvent;

    /// <summary>A person asked for a blocked or completed bead again, here or in the tracker.</summary>
    public sealed record BeadRevived(
        int AttemptsAllowed, string By, string? Stage = null, int? Attempt = null, bool? Ready = null,
        DateTimeOffset? NotBefore = null, int? InfrastructureFailures = null) : JournalEvent;

    /// <summary>An agent was granted a bead.</summary>
    public sealed record BeadClaimed(
        string Stage, int Attempt, long Token, DateTimeOffset ExpiresAt, bool? External = null) : JournalEvent;

    /// <summary>A claim ended without its stage ending.</summary>
    public sealed record BeadReleased(
        string Stage, string Reason, DateTimeOffset? NotBefore, int? Attempt = null,
        int? InfrastructureFailures = null) : JournalEvent;

    /// <summary>
    /// A restarted orchestrator took a claim over from its predecessor, for the same agent, with a larger token.
    /// </summary>
    public sealed record BeadAdopted(string Stage, long Token, DateTimeOffset ExpiresAt) : JournalEvent;

    /// <summary>A lease passed by the store's clock; the bead is free and its old holder fenced.</summary>
    public sealed record LeaseExpired(
        string Stage, long Token, DateTimeOffset ExpiredAt, int? InfrastructureFailures = null,
        string? HeadCommit = null) : JournalEvent;

    /// <summary>A stage began.</summary>
    public sealed record StageStarted(long Run, string Stage, int Attempt, string Branch, string BaseCommit)
        : JournalEvent;

    /// <summary>The process of a stage was started.</summary>
    public sealed record ProcessStarted(long Run, int Pid) : JournalEvent;

    /// <summary>
    /// Processes outlived the agent of a stage and were ended; those that remain could not be, for example because they
    /// wait for a device.
    /// </summary>
    public sealed record ProcessesLeaked(long Run, string Stage, int Ended, int Remaining, string Processes)
        : JournalEvent;

    /// <summary>
    /// What the agent of a stage used, as its CLI reports it: tokens of this execution alone, the most that one call
    /// filled of the context, the conversation that can be gone on with, and the cost, where anybody knows it: the CLI,
    /// or, when it is priced, the table of prices.
    /// </summary>
    public sealed record AgentUsed(
        long Run, string Stage, int Attempt, string Runner, string? Model, int Calls, long InputTokens,
        long OutputTokens, long CacheReadTokens, long CacheWriteTokens, long? ContextMax = null,
        decimal? CostUsd = null, string? Conversation = null, bool? Priced = null) : JournalEvent;

    /// <summary>
    /// What a planner used for one answer about the bead, as its CLI reports it: the fields of <c>agent.used</c>.
    /// <c>session</c> is the name of that answer, by which it counts once.
    /// </summary>
    public sealed record PlanUsed(
        string Session, int Attempt, string Runner, string? Model, int Calls, long InputTokens, long OutputTokens,
        long CacheReadTokens, long CacheWriteTokens, long? ContextMax = null, decimal? CostUsd = null,
        bool? Priced = null) : JournalEvent;

    /// <summary>
    /// Money is limited, and what a runner costs cannot be told; written once for each runner and start.
    /// </summary>
    public sealed record BudgetUnmeasured(string Runner, string Reason) : JournalEvent;

    /// <summary>
    /// So many agents may be at work at once on an account of a vendor, as its refusals tell, none before the given
    /// time; as many as there are agents: it is not limited any more.
    /// </summary>
    public sealed record RunnerLimited(
        string Account, int AtOnce, int Agents, DateTimeOffset? Until = null, string? Reason = null) : JournalEvent;

    /// <summary>A stage ended, and what comes next: keep, free, land or block.</summary>
    public sealed record StageEnded(
        long Run, string Stage, int Attempt, string Status, string Summary, string? HeadCommit, string Next,
        long DurationMs, string? NextStage = null, int? NextAttempt = null, DateTimeOffset? NotBefore = null,
        int? InfrastructureFailures = null) : JournalEvent;

    /// <summary>Attempts or retries are used up.</summary>
    public sealed record BeadBlocked(string Reason) : JournalEvent;

    /// <summary>A gate was run by the orchestrator.</summary>
    public sealed record GateRan(
        string Gate, string Commit, string Tree, string Status, int? ExitCode, string LogSha256, long DurationMs,
        string? Recipe = null) : JournalEvent;

    /// <summary>A gate passed where it had failed, on the same tree and by the same recipe.</summary>
    public sealed record GateFlaky(string Gate, string Commit, string Tree, string Recipe) : JournalEvent;

    /// <summary>From this start on, the gate is run and recorded, and holds nothing up.</summary>
    public sealed record GateQuarantined(string Gate) : JournalEvent;

    /// <summary>A counting gate got a first or lower baseline.</summary>
    public sealed record BaselineLowered(string Gate, int Count) : JournalEvent;

    /// <summary>
    /// The bead's work, at this head, will conflict with another bead's or, where that has landed, with the target;
    /// <c>other</c> is null where no bead made that change. Written once for each two commits, to the bead that is to
    /// land later.
    /// </summary>
    public sealed record ConflictForeseen(string Head, string? Other, string OtherHead, bool Landed, string Files)
        : JournalEvent;

    /// <summary>All stages passed; the bead waits to land.</summary>
    public sealed record LandingQueued(long Landing, string HeadCommit) : JournalEvent;

    /// <summary>
    /// What is about to be landed as this candidate conflicted in a file, and that was settled as the configuration
    /// says.
    /// </summary>
    public sealed record ConflictResolved(long Landing, string Candidate, string File, string By) : JournalEvent;

    /// <summary>
    /// The target is about to be moved: to the candidate, or to the batch's commit, which takes in all that land with
    /// it.
    /// </summary>
    public sealed record LandingIntended(
        long Landing, string Base, string Candidate, string Tree, string? BatchBase = null, string? BatchCommit = null)
        : JournalEvent;

    /// <summary>The target had moved meanwhile; the landing is tried again on its new tip.</summary>
    public sealed record LandingVoided(long Landing, string Reason) : JournalEvent;

    /// <summary>Mode pull-request: it has a pull request, with this head, that waits for this.</summary>
    public sealed record LandingProposed(long Landing, int Number, string Url, string Head, string Waits)
        : JournalEvent;

    /// <summary>On the integration branch.</summary>
    public sealed record LandingIntegrated(long Landing, string Commit) : JournalEvent;

    /// <summary>A person asked something of a landing that waits: first, or eject for a reason.</summary>
    public sealed record LandingWished(long Landing, string Wish, string? Reason = null) : JournalEvent;

    /// <summary>Conflict or red gate: out of the queue, and what comes next: free or block.</summary>
    public sealed record LandingReturned(
        long Landing, string Reason, string Next, string? NextStage = null, int? NextAttempt = null,
        DateTimeOffset? NotBefore = null, int? InfrastructureFailures = null) : JournalEvent;

    /// <summary>Mode branch: left for a person.</summary>
    public sealed record LandingLeft(long Landing, string Branch) : JournalEvent;

    /// <summary>The content was observed on the target.</summary>
    public sealed record BeadLanded(long Landing, string Commit, string ObservedTip) : JournalEvent;

    /// <summary>What had landed was taken off the target by somebody else; the bead is taken up again.</summary>
    public sealed record LandingLost(long Landing, string Commit, string Reason) : JournalEvent;

    /// <summary>Since this landing a gate of the whole fails on the target; the bead is taken up again.</summary>
    public sealed record LandingBroke(long Landing, string Commit, string Reason) : JournalEvent;

    /// <summary>
    /// A commit of the target was tested as a whole, by gates of which <c>suite</c> is the hash; <c>gate</c> failed
    /// twice, null: all passed. Written once for each tree.
    /// </summary>
    public sealed record TargetTested(
        string Commit, string Tree, string Suite, string? Gate = null, string? Reason = null) : JournalEvent;

    /// <summary>
    /// What the gates of the whole say about the target's tip; <c>gate</c> is null when it is green. <c>green</c> is
    /// the last tip that was. <c>culprit</c> is the commit since which the gate fails, with its subject and the beads
    /// it landed; where there is none, <c>unknown</c> says why.
    /// </summary>
    public sealed record TargetJudged(
        string Tip, string Tree, string Suite, string? Green, string? Gate = null, string? Reason = null,
        string? Culprit = null, string? Subject = null, string? Bead = null, string? Unknown = null) : JournalEvent;

    /// <summary>A person stopped the merge queue: the target stays as it is until it is resumed.</summary>
    public sealed record QueuePaused(string? Reason) : JournalEvent;

    /// <summary>A person let the merge queue go on.</summary>
    public sealed record QueueResumed : JournalEvent;

    /// <summary>All children of an epic are closed, and the tracker is about to be told to close it too.</summary>
    public sealed record EpicCompleted : JournalEvent;

    /// <summary>The tracker was told of a change.</summary>
    public sealed record TrackerTold(string Change) : JournalEvent;

    /// <summary>The tracker's file was brought onto the target branch.</summary>
    public sealed record TrackerCommitted(string Commit) : JournalEvent;

    /// <summary>Something outside of the store is about to be changed: a workspace, a process, a branch.</summary>
    public sealed record EffectIntended(
        long Effect, string Kind, string Subject, string? From = null, string? To = null) : JournalEvent;

    /// <summary>What became of an effect: as its doer saw it, or as a later start found it.</summary>
    public sealed record EffectDone(long Effect, string Kind, string Subject, string Outcome) : JournalEvent;

    /// <summary>What a start found and did to make records and reality agree.</summary>
    public sealed record RecoveryFound(string Finding, string Action) : JournalEvent;

    /// <summary>
    /// A component waits for something outside to get out of the way: a checkout with changes, a refused push, a
    /// tracker that cannot be read. It tries again by itself; the same reason is written once.
    /// </summary>
    public sealed record ComponentHeld(string Component, string Reason) : JournalEvent;

    /// <summary>
    /// A component of the orchestrator failed and was restarted, or was parked. Each distinct reason is written at
    /// once; those that follow it soon are counted and written as one, which names some of them.
    /// </summary>
    public sealed record ComponentFailed(string Component, string Error, bool Parked, int? Count = null)
        : JournalEvent;
}
