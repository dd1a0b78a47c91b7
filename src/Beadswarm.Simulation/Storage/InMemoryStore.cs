using System.Runtime.CompilerServices;
using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Costs;
using Beadswarm.Gates;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Storage;
using Beadswarm.Swarms;

namespace Beadswarm.Simulation.Storage;

/// <summary>
/// One orchestrator's way to an <see cref="InMemoryDatabase"/>. It answers what <c>SqliteStore</c> answers, and at
/// once: unless somebody looks on, every task it returns is complete.
/// </summary>
/// <param name="callersClock">
/// Of the machine of this orchestrator; null for the store's own. Only a defective store looks at it.
/// </param>
/// <param name="lookOn">
/// Awaited with the name of each operation, as <see cref="IStore"/> has it, before it is run and after it was
/// committed. It delays an operation by taking its time, makes it fail by throwing, and lets it go unanswered by never
/// ending.
/// </param>
/// <param name="wrote">
/// Told of every write on behalf of a claim or of an orchestrator, in the step in which it was committed.
/// </param>
sealed class InMemoryStore(
    InMemoryDatabase database, TimeProvider? callersClock = null,
    Func<string, StoreStep, CancellationToken, Task>? lookOn = null, Action<StoreWrite>? wrote = null)
    : IStore, INodeRegistry
{
    bool _disposed;

    public Task<SwarmRecord> BeginSwarmAsync(SwarmBegin begin, CancellationToken cancellationToken) =>
        Write(transaction => SwarmOperations.Begin(transaction, begin), cancellationToken);

    public Task<WriteOutcome> SetSwarmStatusAsync(
        SwarmEpoch epoch, SwarmStatus status, string? reason, CancellationToken cancellationToken) =>
        Write(epoch, transaction => SwarmOperations.SetStatus(transaction, epoch, status, reason), cancellationToken);

    public Task<NodeEntry> EnterAsync(
        NodeCard card, SwarmBegin begin, TimeSpan lease, CancellationToken cancellationToken) =>
        Write(transaction => NodeOperations.Enter(transaction, card, begin, lease), cancellationToken);

    public Task<NodePulse?> BeatAsync(NodeGrant node, TimeSpan lease, CancellationToken cancellationToken) =>
        Write(transaction => NodeOperations.Beat(transaction, node, lease), cancellationToken);

    public Task<SwarmRecord?> TakeOverAsync(
        NodeGrant node, SwarmBegin begin, TimeSpan lease, CancellationToken cancellationToken) =>
        Write(transaction => NodeOperations.TakeOver(transaction, node, begin, lease), cancellationToken);

    public Task<SharedSpending?> ShareSpendingAsync(
        NodeGrant node, NodeSpending mine, CancellationToken cancellationToken) =>
        Write(transaction => NodeOperations.ShareSpending(transaction, node, mine), cancellationToken);

    public Task<WriteOutcome> LeaveAsync(NodeGrant node, string reason, CancellationToken cancellationToken) =>
        Write(transaction => NodeOperations.Leave(transaction, node, reason), cancellationToken);

    public Task<IReadOnlyList<NodeRecord>> ReadNodesAsync(CancellationToken cancellationToken) =>
        Read(NodeOperations.All, cancellationToken);

    public Task<IReadOnlyList<ClaimKey>> ReadClaimsElsewhereAsync(string node, CancellationToken cancellationToken) =>
        List(tables => NodeOperations.ClaimsElsewhere(tables, node), cancellationToken);

    public Task<long> ReadJournalEndAsync(CancellationToken cancellationToken) =>
        Read(tables => (long)tables.Journal.Count, cancellationToken);

    /// <summary>Nobody hears anything at once, as behind a pooler that passes no notifications on.</summary>
    public IAsyncDisposable Listen(Action heard) => new NoEar();

    public void Announce(TimeSpan? pause)
    {
        // Nobody listens.
    }

    public Task<SwarmRecord?> ReadSwarmAsync(CancellationToken cancellationToken) =>
        Read(tables => tables.Swarms.Last?.Record, cancellationToken);

    public Task<WriteOutcome> SetAgentStatusAsync(
        SwarmEpoch epoch, AgentNumber agent, AgentStatus status, string? reason, CancellationToken cancellationToken) =>
        Write(
            epoch,
            transaction => SwarmOperations.SetAgentStatus(transaction, epoch, agent, status, reason),
            cancellationToken);

    public Task<IntakeResult> UpdateBacklogAsync(
        SwarmEpoch epoch, IReadOnlyList<BacklogEntry> entries, int attemptsAllowed,
        CancellationToken cancellationToken) =>
        Write(
            epoch,
            transaction => SwarmOperations.UpdateBacklog(transaction, epoch, entries, attemptsAllowed),
            cancellationToken);

    public Task<Claim?> ClaimNextAsync(SwarmEpoch epoch, ClaimRequest request, CancellationToken cancellationToken) =>
        Write(epoch, transaction => ClaimOperations.Next(transaction, epoch, request), cancellationToken);

    public Task<Claim?> AdoptClaimAsync(
        SwarmEpoch epoch, ClaimKey old, TimeSpan lease, CancellationToken cancellationToken) =>
        Write(epoch, transaction => ClaimOperations.Adopt(transaction, epoch, old, lease), cancellationToken);

    public Task<IReadOnlyList<ClaimKey>> RenewAsync(
        IReadOnlyList<ClaimKey> claims, TimeSpan lease, CancellationToken cancellationToken) =>
        Write(
            transaction => ClaimOperations.Renew(transaction, claims, lease), cancellationToken,
            (operation, lost, _) => claims.Select(
                claim => new StoreWrite(operation, null, claim, !lost.Contains(claim))));

    public Task<WriteOutcome> ReleaseAsync(
        ClaimKey claim, BeadTransition.Free to, string reason, RequestAnswer? answer,
        CancellationToken cancellationToken) =>
        Write(claim, transaction => ClaimOperations.Release(transaction, claim, to, reason, answer), cancellationToken);

    public Task<IReadOnlyList<ExpiredClaim>> ReapExpiredAsync(
        SwarmEpoch epoch, IReadOnlyList<AgentNumber> except, CancellationToken cancellationToken) =>
        Write(epoch, transaction => ClaimOperations.ReapExpired(transaction, epoch, except), cancellationToken);

    public Task<WriteOutcome> ReapExternalAsync(
        SwarmEpoch epoch, ClaimKey claim, SavedHead? head, CancellationToken cancellationToken) =>
        Write(epoch, transaction => ClaimOperations.ReapExternal(transaction, epoch, claim, head), cancellationToken);

    public Task<DoneRequest?> FindRequestAsync(RequestId id, CancellationToken cancellationToken) =>
        Read(tables => tables.Requests.Find(id.Value)?.Request, cancellationToken);

    public Task<StageRunId?> StartStageAsync(ClaimKey claim, StageStart start, CancellationToken cancellationToken) =>
        Write(claim, transaction => StageOperations.Start(transaction, claim, start), cancellationToken);

    public Task<WriteOutcome> RecordProcessAsync(
        ClaimKey claim, StageRunId run, AgentProcess process, CancellationToken cancellationToken) =>
        Write(claim, transaction => StageOperations.RecordProcess(transaction, claim, run, process), cancellationToken);

    public Task<WriteOutcome> RecordUsageAsync(
        BeadId bead, AgentNumber agent, JournalEvent.AgentUsed used, CancellationToken cancellationToken) =>
        Write(transaction => CostOperations.Record(transaction, bead, agent, used), cancellationToken);

    public Task<WriteOutcome> RecordPlanAsync(
        BeadId bead, JournalEvent.PlanUsed used, CancellationToken cancellationToken) =>
        Write(transaction => CostOperations.Record(transaction, bead, used), cancellationToken);

    public Task<WriteOutcome> FinishStageAsync(
        ClaimKey claim, StageFinish finish, BeadTransition transition, CancellationToken cancellationToken) =>
        Write(claim, transaction => StageOperations.Finish(transaction, claim, finish, transition), cancellationToken);

    public Task<IReadOnlyList<OpenStage>> ReadOpenStagesAsync(CancellationToken cancellationToken) =>
        List(
            tables =>
                from run in tables.Runs.Open
                let bead = tables.Beads.Get(run.Run.Bead)
                where bead.Work.State is BeadState.Held
                select new OpenStage(
                    ClaimOperations.ClaimOn(bead), run.Run.Id, run.Start, run.Process, run.Run.StartedAt),
            cancellationToken);

    public Task<GateResult?> FindGateResultAsync(string tree, string recipe, CancellationToken cancellationToken) =>
        Read(tables => StageOperations.FindGate(tables, tree, recipe), cancellationToken);

    public Task RecordGateResultAsync(BeadId? bead, GateResult result, CancellationToken cancellationToken) =>
        Write(transaction => StageOperations.RecordGate(transaction, bead, result), cancellationToken);

    public Task<int?> ReadBaselineAsync(string gate, CancellationToken cancellationToken) =>
        Read(tables => tables.Baselines.Find(gate)?.Count, cancellationToken);

    public Task LowerBaselineAsync(string gate, int count, CancellationToken cancellationToken) =>
        Write(transaction => StageOperations.LowerBaseline(transaction, gate, count), cancellationToken);

    public Task<IReadOnlyList<GateSummary>> ReadGatesAsync(CancellationToken cancellationToken) =>
        List(tables => tables.Summaries.Rows, cancellationToken);

    public Task<LandingQueue> ReadQueueAsync(CancellationToken cancellationToken) =>
        Read(
            tables => new LandingQueue(
                [.. tables.Landings.Queue.Select(landing => Entry(tables, landing) with { Wish = landing.Wish })],
                tables.Pauses.Find(InMemoryDatabase.ThePause)),
            cancellationToken);

    public Task<WriteOutcome> IntendLandingsAsync(
        SwarmEpoch epoch, IReadOnlyList<IntendedLanding> landings, CancellationToken cancellationToken) =>
        Write(epoch, transaction => LandingOperations.Intend(transaction, epoch, landings), cancellationToken);

    public Task<WriteOutcome> ProposeLandingAsync(
        SwarmEpoch epoch, LandingId landing, PullRequest pull, CancellationToken cancellationToken) =>
        Write(epoch, transaction => LandingOperations.Propose(transaction, epoch, landing, pull), cancellationToken);

    public Task<WriteOutcome> VoidLandingAsync(
        SwarmEpoch epoch, LandingId landing, string reason, CancellationToken cancellationToken) =>
        Write(epoch, transaction => LandingOperations.Void(transaction, epoch, landing, reason), cancellationToken);

    public Task<WriteOutcome> RecordIntegratedAsync(
        SwarmEpoch epoch, LandingId landing, string commit, CancellationToken cancellationToken) =>
        Write(
            epoch, transaction => LandingOperations.Integrate(transaction, epoch, landing, commit),
            cancellationToken);

    public Task<WriteOutcome> CompleteLandingAsync(
        SwarmEpoch epoch, LandingId landing, LandingProof proof, CancellationToken cancellationToken) =>
        Write(epoch, transaction => LandingOperations.Complete(transaction, epoch, landing, proof), cancellationToken);

    public Task<WriteOutcome> LeaveLandingAsync(
        SwarmEpoch epoch, LandingId landing, string branch, CancellationToken cancellationToken) =>
        Write(epoch, transaction => LandingOperations.Leave(transaction, epoch, landing, branch), cancellationToken);

    public Task<WriteOutcome> ReturnLandingAsync(
        SwarmEpoch epoch, LandingId landing, string reason, BeadTransition transition,
        IReadOnlyList<NewArtifact> artifacts, CancellationToken cancellationToken) =>
        Write(
            epoch,
            transaction => LandingOperations.Return(transaction, epoch, landing, reason, transition, artifacts),
            cancellationToken);

    public Task<WriteOutcome> ReopenLandedAsync(
        SwarmEpoch epoch, LandingId landing, LandingFault fault, string reason, BeadTransition.Free to,
        int furtherAttempts, IReadOnlyList<NewArtifact> artifacts, CancellationToken cancellationToken) =>
        Write(
            epoch,
            transaction => LandingOperations.Reopen(
                transaction, epoch, landing, fault, reason, to, furtherAttempts, artifacts),
            cancellationToken);

    public Task<EffectId?> IntendEffectAsync(
        SwarmEpoch epoch, NewEffect effect, CancellationToken cancellationToken) =>
        Write(transaction => EffectOperations.Intend(transaction, epoch, effect), cancellationToken);

    public Task<WriteOutcome> SettleEffectAsync(
        SwarmEpoch epoch, EffectId effect, string outcome, CancellationToken cancellationToken) =>
        Write(transaction => EffectOperations.Settle(transaction, epoch, effect, outcome), cancellationToken);

    public Task<IReadOnlyList<OpenEffect>> ReadOpenEffectsAsync(CancellationToken cancellationToken) =>
        List(tables => tables.Unsettled.Select(id => tables.Effects.Find(id)!), cancellationToken); // its index

    public Task<IReadOnlyList<OutboxEntry>> ReadOutboxAsync(CancellationToken cancellationToken) =>
        List(
            tables => tables.Untold.Take(OutboxRules.ReadMax).Select(id => tables.Outbox.Find(id)!),
            cancellationToken);

    public Task ConfirmOutboxAsync(SwarmEpoch epoch, IReadOnlyList<long> ids, CancellationToken cancellationToken) =>
        Write(epoch, transaction => LandingOperations.ConfirmOutbox(transaction, epoch, ids), cancellationToken);

    public Task<WriteOutcome> RetryAsync(
        BeadId bead, BeadTransition.Free to, int furtherAttempts, CancellationToken cancellationToken) =>
        Write(transaction => ClaimOperations.Retry(transaction, bead, to, furtherAttempts), cancellationToken);

    public Task<WriteOutcome> ForceReleaseAsync(BeadId bead, string reason, CancellationToken cancellationToken) =>
        Write(transaction => ClaimOperations.ForceRelease(transaction, bead, reason), cancellationToken);

    public Task<WriteOutcome> WishAsync(BeadId bead, LandingWish wish, CancellationToken cancellationToken) =>
        Write(transaction => LandingOperations.Wish(transaction, bead, wish), cancellationToken);

    public Task<WriteOutcome> PauseQueueAsync(string? reason, CancellationToken cancellationToken) =>
        Write(transaction => LandingOperations.Pause(transaction, reason), cancellationToken);

    public Task<WriteOutcome> ResumeQueueAsync(CancellationToken cancellationToken) =>
        Write(LandingOperations.Resume, cancellationToken);

    public Task AppendAsync(
        BeadId? bead, AgentNumber? agent, JournalEvent entry, CancellationToken cancellationToken) =>
        Write(
            transaction =>
            {
                transaction.Append(bead, agent, entry);
                return true;
            },
            cancellationToken);

    public Task<StatusSnapshot> ReadStatusAsync(CancellationToken cancellationToken) =>
        Read(Status, cancellationToken);

    public Task<IReadOnlyList<BeadWork>> ReadBeadsAsync(CancellationToken cancellationToken) =>
        List(tables => tables.Beads.Rows.Select(bead => bead.Work), cancellationToken);

    public Task<BeadWork?> ReadBeadAsync(BeadId bead, CancellationToken cancellationToken) =>
        Read(tables => tables.Beads.Find(bead)?.Work, cancellationToken);

    public Task<IReadOnlyList<StageRun>> ReadHistoryAsync(
        BeadId? bead, AgentNumber? agent, int limit, CancellationToken cancellationToken) =>
        List(
            tables => tables.Runs.Newest(bead, agent, limit).Select(run => CostOperations.Tell(tables, run)),
            cancellationToken);

    public Task<IReadOnlyList<CostGroup>> ReadCostsAsync(CostQuery query, CancellationToken cancellationToken) =>
        Read(tables => CostOperations.Read(tables, query), cancellationToken);

    public Task<IReadOnlyList<LandingEntry>> ReadLandingsAsync(BeadId? bead, CancellationToken cancellationToken) =>
        List(tables => tables.Landings.Of(bead).Select(landing => Entry(tables, landing)), cancellationToken);

    public Task<IReadOnlyList<StoredArtifact>> ReadArtifactsAsync(BeadId bead, CancellationToken cancellationToken) =>
        List(
            tables => tables.ArtifactsOfBead.Of(bead).Select(id => tables.Artifacts.Find(id)!), cancellationToken);

    public Task<IReadOnlyList<JournalEntry>> ReadJournalAsync(
        long after, BeadId? bead, int limit, CancellationToken cancellationToken) =>
        Read(tables => JournalOf(tables, after, bead, limit), cancellationToken);

    public async Task<TargetHealth?> ReadTargetHealthAsync(CancellationToken cancellationToken) =>
        TargetHealth.Of(await ReadLatestAsync<JournalEvent.TargetJudged>(1, cancellationToken));

    public Task<IReadOnlyList<JournalEntry>> ReadLatestAsync<TEvent>(int limit, CancellationToken cancellationToken)
        where TEvent : JournalEvent =>
        List(
            tables => Enumerable.Range(0, tables.Journal.Count)
                .Select(i => tables.Journal.Find(tables.Journal.Count - i)!)
                .Where(entry => entry.Event is TEvent).Take(limit),
            cancellationToken);

    public ValueTask DisposeAsync()
    {
        _disposed = true;
        return ValueTask.CompletedTask;
    }

    static StatusSnapshot Status(InMemoryDatabase tables)
    {
        var (now, tally, swarm) = (tables.Now, tables.Beads.Tally, tables.Swarms.Last);
        var mayBegin = swarm is null || ClaimRules.MayBegin(tally.Begun, tally.Promising, swarm.Bounds);
        var nodes = NodeOperations.All(tables);
        var gone = swarm?.Record.Status is SwarmStatus.Starting or SwarmStatus.Running or SwarmStatus.Stopping
            ? nodes.Where(node => node.Ended is not null && node.Name != swarm.Record.Node).Select(node => node.Name)
                .ToHashSet()
            : [];
        var agents = tables.Agents.Rows.Where(agent => agent.Node is null || !gone.Contains(agent.Node)).Select(agent =>
        {
            var bead = tables.Beads.HeldBy(agent.Number)?.Work;
            return new AgentSnapshot(
                agent.Number, agent.Role, agent.Status, bead?.Id, (bead?.State as BeadState.Held)?.Stage,
                bead?.Attempt, agent.Since, agent.Reason)
            {
                Node = agent.Node,
            };
        });
        return new StatusSnapshot(
            swarm?.Record, tally.Landed, tally.Held, tally.Landing, tally.Blocked, tally.Left, tally.Pending,
            tables.Beads.CountReady(mayBegin, now), tally.Attempts, tables.Beads.NextWakeAt(now), [.. agents])
        {
            PullRequests =
            [
                .. tables.Landings.Queue.Where(landing => landing.PullRequest is not null)
                    .OrderBy(landing => landing.Id.Value)
                    .Select(landing => new ProposedBead(
                        landing.Bead, landing.PullRequest!.Number, landing.PullRequest.Url,
                        landing.PullRequest.Waits)),
            ],
            Nodes = [.. nodes.Select(node => node.At(now))],
            Costs = CostOperations.Read(tables, new CostQuery { ThisSwarm = true })[0].Sum,
        };
    }

    static LandingEntry Entry(InMemoryDatabase tables, StoredLanding landing) =>
        landing.ToEntry(tables.Beads.Get(landing.Bead).Work);

    static IReadOnlyList<JournalEntry> JournalOf(InMemoryDatabase tables, long after, BeadId? bead, int limit)
    {
        var entries = new List<JournalEntry>();
        var of = bead is { } one ? tables.JournalOfBead.Of(one) : null;
        // The numbers of one bead's entries ascend, so what came after is found from the end.
        var first = of is null ? (int)Math.Clamp(after, 0, int.MaxValue) : of.Count;
        while (of is not null && first > 0 && of[first - 1] > after)
        {
            first--;
        }

        for (var i = first; i < (of?.Count ?? tables.Journal.Count) && entries.Count != limit; i++)
        {
            entries.Add(tables.Journal.Find(of?[i] ?? i + 1)!);
        }

        return entries;
    }

    Task<T> Write<T>(
        SwarmEpoch epoch, Func<StoreTransaction, T> work, CancellationToken cancellationToken,
        [CallerMemberName] string operation = "") =>
        Write(
            work, cancellationToken, (name, _, changed) => [new StoreWrite(name, epoch, null, changed)], operation);

    Task<T> Write<T>(
        ClaimKey claim, Func<StoreTransaction, T> work, CancellationToken cancellationToken,
        [CallerMemberName] string operation = "") =>
        Write(
            work, cancellationToken, (name, _, changed) => [new StoreWrite(name, null, claim, changed)], operation);

    /// <param name="describe">On whose behalf it was, by operation, answer and whether anything was changed.</param>
    async Task<T> Write<T>(
        Func<StoreTransaction, T> work, CancellationToken cancellationToken,
        Func<string, T, bool, IEnumerable<StoreWrite>>? describe = null, [CallerMemberName] string operation = "")
    {
        var late = new List<LateEntry>();
        var result = await RunAsync(
            () =>
            {
                var before = database.Changes;
                var answer = database.Commit(work, callersClock, late);
                foreach (var write in describe?.Invoke(operation, answer, database.Changes != before) ?? [])
                {
                    wrote?.Invoke(write);
                }

                return answer;
            },
            operation, cancellationToken);
        if (late.Count > 0)
        {
            database.Commit(
                transaction =>
                {
                    late.ForEach(transaction.Append);
                    return true;
                },
                callersClock, late);
        }

        return result;
    }

    Task<T> Read<T>(
        Func<InMemoryDatabase, T> read, CancellationToken cancellationToken,
        [CallerMemberName] string operation = "") =>
        RunAsync(() => read(database), operation, cancellationToken);

    Task<IReadOnlyList<T>> List<T>(
        Func<InMemoryDatabase, IEnumerable<T>> read, CancellationToken cancellationToken,
        [CallerMemberName] string operation = "") =>
        RunAsync<IReadOnlyList<T>>(() => [.. read(database)], operation, cancellationToken);

    /// <summary>
    /// Cancelling takes effect only before the operation has begun: afterwards its outcome is known, and told.
    /// </summary>
    async Task<T> RunAsync<T>(Func<T> run, string operation, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        cancellationToken.ThrowIfCancellationRequested();
        if (lookOn is null)
        {
            return run();
        }

        await lookOn(operation, StoreStep.BeforeCommit, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        var result = run();
        await lookOn(operation, StoreStep.AfterCommit, CancellationToken.None);
        return result;
    }

    sealed class NoEar : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
