using System.Data.Common;
using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Costs;
using Beadswarm.Gates;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Swarms;

namespace Beadswarm.Storage.Sql;

/// <summary>
/// A store in a database: every operation of <see cref="IStore"/> as a transaction of statements. A driver says how
/// transactions run and keeps the statements in its dialect; what they amount to is the same in every driver.
/// </summary>
abstract class SqlStore : IStore
{
    /// <summary>An instant that was reckoned by this machine's clock, as the store's clock has it.</summary>
    /// <param name="now">By the store's clock.</param>
    protected abstract DateTimeOffset ByStore(DateTimeOffset at, DateTimeOffset now);

    BeadTransition ByStore(BeadTransition transition, StoreInstant now) =>
        transition is BeadTransition.Free free ? ByStore(free, now) : transition;

    BeadTransition.Free ByStore(BeadTransition.Free free, StoreInstant now) =>
        free.NotBefore is { } at ? free with { NotBefore = ByStore(at, now) } : free;

    public Task<SwarmRecord> BeginSwarmAsync(SwarmBegin begin, CancellationToken cancellationToken) =>
        Write(
            (session, now) => SwarmOperations.Begin(session, now, begin), cancellationToken, SqlTurn.Alone);

    public Task<WriteOutcome> SetSwarmStatusAsync(
        SwarmEpoch epoch, SwarmStatus status, string? reason, CancellationToken cancellationToken) =>
        Write(
            (session, now) => SwarmOperations.SetStatus(session, now, epoch, status, reason), cancellationToken,
            SqlTurn.Alone);

    public Task<SwarmRecord?> ReadSwarmAsync(CancellationToken cancellationToken) =>
        Read(session => session.First("SelectSwarm", Rows.Swarm), cancellationToken);

    public Task<WriteOutcome> SetAgentStatusAsync(
        SwarmEpoch epoch, AgentNumber agent, AgentStatus status, string? reason, CancellationToken cancellationToken) =>
        Write(
            (session, now) => SwarmOperations.SetAgentStatus(session, now, epoch, agent, status, reason),
            cancellationToken);

    public Task<IntakeResult> UpdateBacklogAsync(
        SwarmEpoch epoch, IReadOnlyList<BacklogEntry> entries, int attemptsAllowed,
        CancellationToken cancellationToken) =>
        Write(
            (session, now) => SwarmOperations.UpdateBacklog(session, now, epoch, entries, attemptsAllowed),
            cancellationToken, SqlTurn.Alone);

    public Task<Claim?> ClaimNextAsync(SwarmEpoch epoch, ClaimRequest request, CancellationToken cancellationToken) =>
        Write(
            (session, now) => ClaimOperations.Next(session, now, epoch, request), cancellationToken, SqlTurn.Claiming);

    public Task<Claim?> AdoptClaimAsync(
        SwarmEpoch epoch, ClaimKey old, TimeSpan lease, CancellationToken cancellationToken) =>
        Write((session, now) => ClaimOperations.Adopt(session, now, epoch, old, lease), cancellationToken);

    public Task<IReadOnlyList<ClaimKey>> RenewAsync(
        IReadOnlyList<ClaimKey> claims, TimeSpan lease, CancellationToken cancellationToken) =>
        Write((session, now) => ClaimOperations.Renew(session, now, claims, lease), cancellationToken);

    public Task<WriteOutcome> ReleaseAsync(
        ClaimKey claim, BeadTransition.Free to, string reason, RequestAnswer? answer,
        CancellationToken cancellationToken) =>
        Write(
            (session, now) => ClaimOperations.Release(session, now, claim, ByStore(to, now), reason, answer),
            cancellationToken);

    public Task<IReadOnlyList<ExpiredClaim>> ReapExpiredAsync(
        SwarmEpoch epoch, IReadOnlyList<AgentNumber> except, CancellationToken cancellationToken) =>
        Write((session, now) => ClaimOperations.ReapExpired(session, now, epoch, except), cancellationToken);

    public Task<WriteOutcome> ReapExternalAsync(
        SwarmEpoch epoch, ClaimKey claim, SavedHead? head, CancellationToken cancellationToken) =>
        Write((session, now) => ClaimOperations.ReapExternal(session, now, epoch, claim, head), cancellationToken);

    public Task<DoneRequest?> FindRequestAsync(RequestId id, CancellationToken cancellationToken) =>
        Read(session => session.First("FindRequest", Rows.Request, ("id", id.Value)), cancellationToken);

    public Task<StageRunId?> StartStageAsync(ClaimKey claim, StageStart start, CancellationToken cancellationToken) =>
        Write((session, now) => StageOperations.Start(session, now, claim, start), cancellationToken);

    public Task<WriteOutcome> RecordProcessAsync(
        ClaimKey claim, StageRunId run, AgentProcess process, CancellationToken cancellationToken) =>
        Write((session, now) => StageOperations.RecordProcess(session, now, claim, run, process), cancellationToken);

    public Task<WriteOutcome> RecordUsageAsync(
        BeadId bead, AgentNumber agent, JournalEvent.AgentUsed used, CancellationToken cancellationToken) =>
        Write((session, now) => CostOperations.Record(session, now, bead, agent, used), cancellationToken);

    public Task<WriteOutcome> RecordPlanAsync(
        BeadId bead, JournalEvent.PlanUsed used, CancellationToken cancellationToken) =>
        Write((session, now) => CostOperations.Record(session, now, bead, used), cancellationToken);

    public Task<WriteOutcome> FinishStageAsync(
        ClaimKey claim, StageFinish finish, BeadTransition transition, CancellationToken cancellationToken) =>
        Write(
            (session, now) => StageOperations.Finish(session, now, claim, finish, ByStore(transition, now)),
            cancellationToken);

    public Task<IReadOnlyList<OpenStage>> ReadOpenStagesAsync(CancellationToken cancellationToken) =>
        List("SelectOpenStages", Rows.OpenStage, cancellationToken);

    public Task<GateResult?> FindGateResultAsync(string tree, string recipe, CancellationToken cancellationToken) =>
        Read(
            session => session.First("FindGateResult", Rows.GateResult, ("tree", tree), ("recipe", recipe)),
            cancellationToken);

    public Task RecordGateResultAsync(BeadId? bead, GateResult result, CancellationToken cancellationToken) =>
        Write((session, now) => StageOperations.RecordGate(session, now, bead, result), cancellationToken);

    public Task<int?> ReadBaselineAsync(string gate, CancellationToken cancellationToken) =>
        Read(session => session.First("SelectBaseline", row => row.Number(0), ("gate", gate)), cancellationToken);

    public Task LowerBaselineAsync(string gate, int count, CancellationToken cancellationToken) =>
        Write((session, now) => StageOperations.LowerBaseline(session, now, gate, count), cancellationToken);

    public Task<IReadOnlyList<GateSummary>> ReadGatesAsync(CancellationToken cancellationToken) =>
        List("SelectGates", Rows.GateSummary, cancellationToken);

    public Task<LandingQueue> ReadQueueAsync(CancellationToken cancellationToken) =>
        Read(
            session => new LandingQueue(
                session.All("SelectQueue", Rows.QueuedLanding), session.First("SelectPause", Rows.Pause)),
            cancellationToken);

    public Task<WriteOutcome> IntendLandingsAsync(
        SwarmEpoch epoch, IReadOnlyList<IntendedLanding> landings, CancellationToken cancellationToken) =>
        Write((session, now) => LandingOperations.Intend(session, now, epoch, landings), cancellationToken);

    public Task<WriteOutcome> ProposeLandingAsync(
        SwarmEpoch epoch, LandingId landing, PullRequest pull, CancellationToken cancellationToken) =>
        Write((session, now) => LandingOperations.Propose(session, now, epoch, landing, pull), cancellationToken);

    public Task<WriteOutcome> VoidLandingAsync(
        SwarmEpoch epoch, LandingId landing, string reason, CancellationToken cancellationToken) =>
        Write((session, now) => LandingOperations.Void(session, now, epoch, landing, reason), cancellationToken);

    public Task<WriteOutcome> RecordIntegratedAsync(
        SwarmEpoch epoch, LandingId landing, string commit, CancellationToken cancellationToken) =>
        Write((session, now) => LandingOperations.Integrate(session, now, epoch, landing, commit), cancellationToken);

    public Task<WriteOutcome> CompleteLandingAsync(
        SwarmEpoch epoch, LandingId landing, LandingProof proof, CancellationToken cancellationToken) =>
        Write((session, now) => LandingOperations.Complete(session, now, epoch, landing, proof), cancellationToken);

    public Task<WriteOutcome> LeaveLandingAsync(
        SwarmEpoch epoch, LandingId landing, string branch, CancellationToken cancellationToken) =>
        Write((session, now) => LandingOperations.Leave(session, now, epoch, landing, branch), cancellationToken);

    public Task<WriteOutcome> ReturnLandingAsync(
        SwarmEpoch epoch, LandingId landing, string reason, BeadTransition transition,
        IReadOnlyList<NewArtifact> artifacts, CancellationToken cancellationToken) =>
        Write(
            (session, now) => LandingOperations.Return(
                session, now, epoch, landing, reason, ByStore(transition, now), artifacts),
            cancellationToken);

    public Task<WriteOutcome> ReopenLandedAsync(
        SwarmEpoch epoch, LandingId landing, LandingFault fault, string reason, BeadTransition.Free to,
        int furtherAttempts, IReadOnlyList<NewArtifact> artifacts, CancellationToken cancellationToken) =>
        Write(
            (session, now) => LandingOperations.Reopen(
                session, now, epoch, landing, fault, reason, ByStore(to, now), furtherAttempts, artifacts),
            cancellationToken);

    public Task<EffectId?> IntendEffectAsync(
        SwarmEpoch epoch, NewEffect effect, CancellationToken cancellationToken) =>
        Write((session, now) => EffectOperations.Intend(session, now, epoch, effect), cancellationToken);

    public Task<WriteOutcome> SettleEffectAsync(
        SwarmEpoch epoch, EffectId effect, string outcome, CancellationToken cancellationToken) =>
        Write((session, now) => EffectOperations.Settle(session, now, epoch, effect, outcome), cancellationToken);

    public Task<IReadOnlyList<OpenEffect>> ReadOpenEffectsAsync(CancellationToken cancellationToken) =>
        List("SelectEffects", Rows.Effect, cancellationToken);

    public Task<IReadOnlyList<OutboxEntry>> ReadOutboxAsync(CancellationToken cancellationToken) =>
        List("SelectOutbox", Rows.Outbox, cancellationToken, ("limit", OutboxRules.ReadMax));

    public Task ConfirmOutboxAsync(SwarmEpoch epoch, IReadOnlyList<long> ids, CancellationToken cancellationToken) =>
        Write((session, now) => LandingOperations.ConfirmOutbox(session, now, epoch, ids), cancellationToken);

    public Task<WriteOutcome> RetryAsync(
        BeadId bead, BeadTransition.Free to, int furtherAttempts, CancellationToken cancellationToken) =>
        Write(
            (session, now) => ClaimOperations.Retry(session, now, bead, ByStore(to, now), furtherAttempts),
            cancellationToken);

    public Task<WriteOutcome> ForceReleaseAsync(BeadId bead, string reason, CancellationToken cancellationToken) =>
        Write((session, now) => ClaimOperations.ForceRelease(session, now, bead, reason), cancellationToken);

    public Task<WriteOutcome> WishAsync(BeadId bead, LandingWish wish, CancellationToken cancellationToken) =>
        Write((session, now) => LandingOperations.Wish(session, now, bead, wish), cancellationToken);

    public Task<WriteOutcome> PauseQueueAsync(string? reason, CancellationToken cancellationToken) =>
        Write((session, now) => LandingOperations.Pause(session, now, reason), cancellationToken);

    public Task<WriteOutcome> ResumeQueueAsync(CancellationToken cancellationToken) =>
        Write(LandingOperations.Resume, cancellationToken);

    public Task AppendAsync(
        BeadId? bead, AgentNumber? agent, JournalEvent entry, CancellationToken cancellationToken) =>
        Write(
            (session, now) =>
            {
                session.Append(now, bead, agent, entry);
                return true;
            },
            cancellationToken);

    public Task<StatusSnapshot> ReadStatusAsync(CancellationToken cancellationToken) =>
        Read(
            session =>
            {
                var now = session.Now;
                var swarm = session.First("SelectSwarm", Rows.Swarm);
                var agents = session.All("SelectAgents", Rows.AgentSnapshot);
                var proposed = session.All("SelectProposed", Rows.Proposed);
                return session.First(
                    "SelectCounts",
                    row => new StatusSnapshot(
                        swarm, row.GetInt32(0), row.GetInt32(3), row.GetInt32(4), row.GetInt32(5), row.GetInt32(1),
                        row.GetInt32(6), row.GetInt32(7), row.GetInt32(2), row.MaybeAt(8), agents),
                    ("now", now))! with // an aggregate always has one row
                {
                    PullRequests = proposed,
                    Nodes = [.. NodesOf(session).Select(node => node.At(now))],
                    Costs = CostOperations.Read(session, new CostQuery { ThisSwarm = true })[0].Sum,
                };
            },
            cancellationToken);

    public Task<IReadOnlyList<BeadWork>> ReadBeadsAsync(CancellationToken cancellationToken) =>
        List("SelectBeads", Rows.BeadWork, cancellationToken);

    public Task<BeadWork?> ReadBeadAsync(BeadId bead, CancellationToken cancellationToken) =>
        Read(session => session.First("SelectBead", Rows.BeadWork, ("bead", bead)), cancellationToken);

    public Task<IReadOnlyList<StageRun>> ReadHistoryAsync(
        BeadId? bead, AgentNumber? agent, int limit, CancellationToken cancellationToken) =>
        List(
            "SelectHistory", Rows.StageRun, cancellationToken,
            ("bead", bead?.Value), ("agent", agent?.Value), ("limit", limit));

    public Task<IReadOnlyList<CostGroup>> ReadCostsAsync(CostQuery query, CancellationToken cancellationToken) =>
        Read(session => CostOperations.Read(session, query), cancellationToken);

    public Task<IReadOnlyList<LandingEntry>> ReadLandingsAsync(BeadId? bead, CancellationToken cancellationToken) =>
        List("SelectLandings", Rows.Landing, cancellationToken, ("bead", bead?.Value));

    public Task<IReadOnlyList<StoredArtifact>> ReadArtifactsAsync(BeadId bead, CancellationToken cancellationToken) =>
        List("SelectArtifacts", Rows.Artifact, cancellationToken, ("bead", bead));

    public Task<IReadOnlyList<JournalEntry>> ReadJournalAsync(
        long after, BeadId? bead, int limit, CancellationToken cancellationToken) =>
        bead is null
            ? List("SelectJournal", Rows.Journal, cancellationToken, ("after", after), ("limit", limit))
            : List(
                "SelectJournalOfBead", Rows.Journal, cancellationToken,
                ("bead", bead), ("after", after), ("limit", limit));

    public async Task<TargetHealth?> ReadTargetHealthAsync(CancellationToken cancellationToken) =>
        TargetHealth.Of(await ReadLatestAsync<JournalEvent.TargetJudged>(1, cancellationToken));

    public Task<IReadOnlyList<JournalEntry>> ReadLatestAsync<TEvent>(int limit, CancellationToken cancellationToken)
        where TEvent : JournalEvent =>
        List(
            "SelectLatest", Rows.Journal, cancellationToken,
            ("type", StoredEvent.NameOf(typeof(TEvent))), ("limit", limit));

    public abstract ValueTask DisposeAsync();

    /// <summary>Runs the operation in one transaction, at one instant of the store's clock, and commits it.</summary>
    protected abstract Task<T> Write<T>(
        Func<SqlSession, StoreInstant, T> operation, CancellationToken cancellationToken,
        SqlTurn turn = SqlTurn.Shared);

    /// <summary>Runs the operation in a transaction that sees one moment and changes nothing.</summary>
    protected abstract Task<T> Read<T>(Func<SqlSession, T> read, CancellationToken cancellationToken);

    /// <summary>The nodes that the status tells of; none where only one can work the store.</summary>
    protected virtual IReadOnlyList<NodeRecord> NodesOf(SqlSession session) => [];

    Task<IReadOnlyList<T>> List<T>(
        string statement, Func<DbDataReader, T> row, CancellationToken cancellationToken,
        params (string Name, object? Value)[] arguments) =>
        Read<IReadOnlyList<T>>(session => session.All(statement, row, arguments), cancellationToken);
}

/// <summary>Beside which others an operation may run, where several write to one store.</summary>
enum SqlTurn
{
    /// <summary>Beside all that are not alone: the rows it locks keep it right.</summary>
    Shared,

    /// <summary>
    /// A claim: one at a time where the swarm has a target or a limit, which are counts over many rows.
    /// </summary>
    Claiming,

    /// <summary>Nothing else is written meanwhile.</summary>
    Alone,
}
