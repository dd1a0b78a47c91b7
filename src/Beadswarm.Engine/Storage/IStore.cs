using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Gates;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Swarms;

namespace Beadswarm.Storage;

/// <summary>
/// The durable memory of a swarm and the only authority on who owns what. Every method is one transaction; a method
/// that changes something appends its journal entries in that same transaction; when it returns, the change survives
/// power loss. The store's clock decides whether a lease has expired. A write on behalf of a claim whose token is
/// stale, whose lease has expired or whose bead has moved on answers <see cref="WriteOutcome.Fenced"/> and changes
/// nothing; so does a write of the orchestrator whose <see cref="SwarmEpoch"/> is not the current one.
/// </summary>
interface IStore : IStoreReader, IAsyncDisposable
{
    // ---- the swarm

    /// <summary>
    /// Starts a swarm, or continues the unfinished one, under a new epoch that fences every earlier orchestrator.
    /// Claims of agents survive: their processes may be living.
    /// </summary>
    Task<SwarmRecord> BeginSwarmAsync(SwarmBegin begin, CancellationToken cancellationToken);

    Task<WriteOutcome> SetSwarmStatusAsync(
        SwarmEpoch epoch, SwarmStatus status, string? reason, CancellationToken cancellationToken);

    /// <summary>Changes an agent's status outside of claiming and stages: waiting, parked.</summary>
    Task<WriteOutcome> SetAgentStatusAsync(
        SwarmEpoch epoch, AgentNumber agent, AgentStatus status, string? reason, CancellationToken cancellationToken);

    // ---- intake

    /// <summary>
    /// Makes the store agree with the tracker: unknown beads are added, known ones get their title, priority, order and
    /// readiness, and waiting or blocked beads that are not in the list any more are withdrawn.
    /// A blocked, left or completed bead that the tracker lists as ready again is revived with a further allowance of
    /// attempts. A bead of which a change still waits in the outbox keeps readiness and state: the tracker does not
    /// know yet. So <paramref name="entries"/> must hold every selected bead that is not closed, ready or not, read
    /// after the last confirmed change. A stale epoch changes nothing and counts nothing.
    /// </summary>
    Task<IntakeResult> UpdateBacklogAsync(
        SwarmEpoch epoch, IReadOnlyList<BacklogEntry> entries, int attemptsAllowed,
        CancellationToken cancellationToken);

    // ---- claims

    /// <summary>
    /// Selects, marks and returns the next bead for this agent in one statement: ready, waiting at a served stage and
    /// not snoozed, or held under an expired lease. Beads already begun come before new ones; then priority, what it
    /// unblocks (most first), age, id; <see cref="BeadWork.Ordinal"/> before all of these when the swarm follows the
    /// tracker's order. A new bead is begun only while the swarm's target and limit allow it. A bead that is no
    /// longer ready waits, also when it was begun. Null when there is nothing to do now, the swarm takes no new work
    /// or the epoch is stale. Taking over an expired lease ends the stage that was open under it as interrupted and
    /// counts one infrastructure failure: the caller compares <see cref="Claim.InfrastructureFailures"/> with its
    /// limit.
    /// </summary>
    Task<Claim?> ClaimNextAsync(SwarmEpoch epoch, ClaimRequest request, CancellationToken cancellationToken);

    /// <summary>Extends leases. Returns the claims that are lost and must be given up.</summary>
    Task<IReadOnlyList<ClaimKey>> RenewAsync(
        IReadOnlyList<ClaimKey> claims, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>
    /// Grants a new claim to the agent of an old one, expired or not, as long as nobody else was granted the bead
    /// since: how a restarted orchestrator takes a living agent over. The token grows, so the old key, and with it
    /// the earlier orchestrator, is fenced; the open stage stays open. Null when it is too late.
    /// </summary>
    Task<Claim?> AdoptClaimAsync(
        SwarmEpoch epoch, ClaimKey old, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>
    /// Gives a bead back without a stage having ended: shutdown, a lost workspace. While the swarm stops, and for every
    /// waiting bead when it has stopped or completed, the tracker is told to open it again: nobody works on it any
    /// more.
    /// </summary>
    /// <param name="answer">To the request of an external agent, kept with the release.</param>
    Task<WriteOutcome> ReleaseAsync(
        ClaimKey claim, BeadTransition.Free to, string reason, RequestAnswer? answer,
        CancellationToken cancellationToken);

    /// <summary>
    /// Frees every claim whose lease has expired, keeping attempt and stage, ends its open stage as interrupted and
    /// counts one infrastructure failure. The old holder is fenced from here on; end its process before, it is
    /// forgotten after. Those of external agents are returned and stay as they are: see
    /// <see cref="ReapExternalAsync"/>.
    /// </summary>
    Task<IReadOnlyList<ExpiredClaim>> ReapExpiredAsync(
        SwarmEpoch epoch, IReadOnlyList<AgentNumber> except, CancellationToken cancellationToken);

    /// <summary>
    /// Frees the claim of an external agent whose lease has expired, like any other, once its work was saved. Fenced
    /// when the claim is another one by now, or its lease was renewed.
    /// </summary>
    /// <param name="head">Where its work was saved: the bead goes on from there. Null: there was none.</param>
    Task<WriteOutcome> ReapExternalAsync(
        SwarmEpoch epoch, ClaimKey claim, SavedHead? head, CancellationToken cancellationToken);

    /// <summary>What a request of an external agent came to; null when it was not done.</summary>
    Task<DoneRequest?> FindRequestAsync(RequestId id, CancellationToken cancellationToken);

    // ---- stages

    /// <summary>Records that a stage begins. Null when fenced.</summary>
    Task<StageRunId?> StartStageAsync(ClaimKey claim, StageStart start, CancellationToken cancellationToken);

    /// <summary>Records the process of a stage, so that a restarted orchestrator can adopt it.</summary>
    Task<WriteOutcome> RecordProcessAsync(
        ClaimKey claim, StageRunId run, AgentProcess process, CancellationToken cancellationToken);

    /// <summary>
    /// Keeps what the agent of an execution used, whatever became of the claim: what is spent is spent. Fenced also
    /// when that was recorded before: an execution counts once, as it was told first.
    /// </summary>
    Task<WriteOutcome> RecordUsageAsync(
        BeadId bead, AgentNumber agent, JournalEvent.AgentUsed used, CancellationToken cancellationToken);

    /// <summary>
    /// Keeps what a planner used for one answer: it counts to the newest swarm and to this day. The bead need not be
    /// known here. Fenced when that session was recorded before: it counts once, as it was told first.
    /// </summary>
    Task<WriteOutcome> RecordPlanAsync(
        BeadId bead, JournalEvent.PlanUsed used, CancellationToken cancellationToken);

    /// <summary>Ends a stage, keeps its artifacts, and moves the bead, all at once.</summary>
    Task<WriteOutcome> FinishStageAsync(
        ClaimKey claim, StageFinish finish, BeadTransition transition, CancellationToken cancellationToken);

    /// <summary>
    /// Executions that have begun and not ended, with the process of each: what recovery compares with reality.
    /// </summary>
    Task<IReadOnlyList<OpenStage>> ReadOpenStagesAsync(CancellationToken cancellationToken);

    // ---- gates

    Task<GateResult?> FindGateResultAsync(string tree, string recipe, CancellationToken cancellationToken);

    Task RecordGateResultAsync(BeadId? bead, GateResult result, CancellationToken cancellationToken);

    /// <summary>The count that a counting gate must not exceed, or null before its first run.</summary>
    Task<int?> ReadBaselineAsync(string gate, CancellationToken cancellationToken);

    /// <summary>Sets the first baseline or lowers it; a higher value than the stored one is ignored.</summary>
    Task LowerBaselineAsync(string gate, int count, CancellationToken cancellationToken);

    // ---- landing

    /// <summary>Records, before the target is touched, what it is to become: of all of them, or of none.</summary>
    /// <param name="landings">In the order in which each is merged onto the one before.</param>
    Task<WriteOutcome> IntendLandingsAsync(
        SwarmEpoch epoch, IReadOnlyList<IntendedLanding> landings, CancellationToken cancellationToken);

    /// <summary>The intent did not come about (another writer won): back to queued.</summary>
    Task<WriteOutcome> VoidLandingAsync(
        SwarmEpoch epoch, LandingId landing, string reason, CancellationToken cancellationToken);

    /// <summary>
    /// Mode pull-request: what is known of the pull request of a queued landing, the first time and whenever it
    /// changes.
    /// </summary>
    Task<WriteOutcome> ProposeLandingAsync(
        SwarmEpoch epoch, LandingId landing, PullRequest pull, CancellationToken cancellationToken);

    /// <summary>Mode integration: on the integration branch, not yet on the target.</summary>
    Task<WriteOutcome> RecordIntegratedAsync(
        SwarmEpoch epoch, LandingId landing, string commit, CancellationToken cancellationToken);

    /// <summary>
    /// The content was observed on the target: the bead is completed and its closing enters the outbox.
    /// </summary>
    Task<WriteOutcome> CompleteLandingAsync(
        SwarmEpoch epoch, LandingId landing, LandingProof proof, CancellationToken cancellationToken);

    /// <summary>
    /// Mode branch: finished, left on its branch for a person; the tracker is told so by a note.
    /// </summary>
    Task<WriteOutcome> LeaveLandingAsync(
        SwarmEpoch epoch, LandingId landing, string branch, CancellationToken cancellationToken);

    /// <summary>Conflict or red gate: out of the queue, back to a stage (or blocked), with the feedback.</summary>
    Task<WriteOutcome> ReturnLandingAsync(
        SwarmEpoch epoch, LandingId landing, string reason, BeadTransition transition,
        IReadOnlyList<NewArtifact> artifacts, CancellationToken cancellationToken);

    /// <summary>
    /// Something is wrong with what had landed: its completed bead is taken up again, from the target as it is, with a
    /// further allowance of attempts, and the tracker is told to open it again. Fenced when the bead is not completed
    /// by this landing.
    /// </summary>
    Task<WriteOutcome> ReopenLandedAsync(
        SwarmEpoch epoch, LandingId landing, LandingFault fault, string reason, BeadTransition.Free to,
        int furtherAttempts, IReadOnlyList<NewArtifact> artifacts, CancellationToken cancellationToken);

    // ---- effects: what is done outside of the store and has no row of its own

    /// <summary>Records what is about to be done. Null when the epoch is stale: then it must not be done.</summary>
    Task<EffectId?> IntendEffectAsync(SwarmEpoch epoch, NewEffect effect, CancellationToken cancellationToken);

    /// <summary>Records what became of it. Fenced also when that was recorded before.</summary>
    Task<WriteOutcome> SettleEffectAsync(
        SwarmEpoch epoch, EffectId effect, string outcome, CancellationToken cancellationToken);

    /// <summary>
    /// What was intended and has not been settled, oldest first: while an orchestrator works, what it is in the middle
    /// of; at a start, what its predecessor was.
    /// </summary>
    Task<IReadOnlyList<OpenEffect>> ReadOpenEffectsAsync(CancellationToken cancellationToken);

    // ---- the tracker's outbox: changes decided here, applied there, at least once and idempotent

    Task<IReadOnlyList<OutboxEntry>> ReadOutboxAsync(CancellationToken cancellationToken);

    Task ConfirmOutboxAsync(SwarmEpoch epoch, IReadOnlyList<long> ids, CancellationToken cancellationToken);

    // ---- a person's hand

    /// <summary>
    /// Blocked → pending at the stage that failures lead back to, with a further allowance of attempts from
    /// <c>to.Attempt</c> on. The tracker is told to open it again.
    /// </summary>
    Task<WriteOutcome> RetryAsync(
        BeadId bead, BeadTransition.Free to, int furtherAttempts, CancellationToken cancellationToken);

    /// <summary>
    /// Takes a bead from whoever holds it; the holder is fenced and the tracker told to open it again. What a node
    /// holds that has joined is free for others only when that lease would have ended: until it hears, its agent goes
    /// on.
    /// </summary>
    Task<WriteOutcome> ForceReleaseAsync(BeadId bead, string reason, CancellationToken cancellationToken);

    /// <summary>
    /// Keeps what a person asks of a bead that waits to land, until it has landed or left the queue; a later wish
    /// replaces an earlier one. Fenced when it does not wait, or has reached the integration branch.
    /// </summary>
    Task<WriteOutcome> WishAsync(BeadId bead, LandingWish wish, CancellationToken cancellationToken);

    /// <summary>Stops the merge queue for as long as nobody resumes it. Fenced when it is stopped already.</summary>
    Task<WriteOutcome> PauseQueueAsync(string? reason, CancellationToken cancellationToken);

    /// <summary>Fenced when the queue is at work already.</summary>
    Task<WriteOutcome> ResumeQueueAsync(CancellationToken cancellationToken);

    /// <summary>The newest entries of one kind, the newest first.</summary>
    Task<IReadOnlyList<JournalEntry>> ReadLatestAsync<TEvent>(int limit, CancellationToken cancellationToken)
        where TEvent : JournalEvent;

    /// <summary>Appends an entry that belongs to no other change, for example what recovery found.</summary>
    Task AppendAsync(BeadId? bead, AgentNumber? agent, JournalEvent entry, CancellationToken cancellationToken);
}
