using System.Collections;
using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Costs;
using Beadswarm.Gates;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Storage;
using Beadswarm.Swarms;

namespace Beadswarm.Tests.Storage;

/// <summary>Two stores at once: whatever is asked, both must answer the same, or fail in the same way.</summary>
sealed class TwinStore(IStore one, IStore other) : IStore
{
    public Task<SwarmRecord> BeginSwarmAsync(SwarmBegin begin, CancellationToken cancellationToken) =>
        Both(store => store.BeginSwarmAsync(begin, cancellationToken));

    public Task<WriteOutcome> SetSwarmStatusAsync(
        SwarmEpoch epoch, SwarmStatus status, string? reason, CancellationToken cancellationToken) =>
        Both(store => store.SetSwarmStatusAsync(epoch, status, reason, cancellationToken));

    public Task<WriteOutcome> SetAgentStatusAsync(
        SwarmEpoch epoch, AgentNumber agent, AgentStatus status, string? reason, CancellationToken cancellationToken) =>
        Both(store => store.SetAgentStatusAsync(epoch, agent, status, reason, cancellationToken));

    public Task<IntakeResult> UpdateBacklogAsync(
        SwarmEpoch epoch, IReadOnlyList<BacklogEntry> entries, int attemptsAllowed,
        CancellationToken cancellationToken) =>
        Both(store => store.UpdateBacklogAsync(epoch, entries, attemptsAllowed, cancellationToken));

    public Task<Claim?> ClaimNextAsync(SwarmEpoch epoch, ClaimRequest request, CancellationToken cancellationToken) =>
        Both(store => store.ClaimNextAsync(epoch, request, cancellationToken));

    public Task<IReadOnlyList<ClaimKey>> RenewAsync(
        IReadOnlyList<ClaimKey> claims, TimeSpan lease, CancellationToken cancellationToken) =>
        Both(store => store.RenewAsync(claims, lease, cancellationToken));

    public Task<Claim?> AdoptClaimAsync(
        SwarmEpoch epoch, ClaimKey old, TimeSpan lease, CancellationToken cancellationToken) =>
        Both(store => store.AdoptClaimAsync(epoch, old, lease, cancellationToken));

    public Task<WriteOutcome> ReleaseAsync(
        ClaimKey claim, BeadTransition.Free to, string reason, RequestAnswer? answer,
        CancellationToken cancellationToken) =>
        Both(store => store.ReleaseAsync(claim, to, reason, answer, cancellationToken));

    public Task<WriteOutcome> ReapExternalAsync(
        SwarmEpoch epoch, ClaimKey claim, SavedHead? head, CancellationToken cancellationToken) =>
        Both(store => store.ReapExternalAsync(epoch, claim, head, cancellationToken));

    public Task<DoneRequest?> FindRequestAsync(RequestId id, CancellationToken cancellationToken) =>
        Both(store => store.FindRequestAsync(id, cancellationToken));

    public Task<IReadOnlyList<ExpiredClaim>> ReapExpiredAsync(
        SwarmEpoch epoch, IReadOnlyList<AgentNumber> except, CancellationToken cancellationToken) =>
        Both(store => store.ReapExpiredAsync(epoch, except, cancellationToken));

    public Task<StageRunId?> StartStageAsync(ClaimKey claim, StageStart start, CancellationToken cancellationToken) =>
        Both(store => store.StartStageAsync(claim, start, cancellationToken));

    public Task<WriteOutcome> RecordProcessAsync(
        ClaimKey claim, StageRunId run, AgentProcess process, CancellationToken cancellationToken) =>
        Both(store => store.RecordProcessAsync(claim, run, process, cancellationToken));

    public Task<WriteOutcome> RecordUsageAsync(
        BeadId bead, AgentNumber agent, JournalEvent.AgentUsed used, CancellationToken cancellationToken) =>
        Both(store => store.RecordUsageAsync(bead, agent, used, cancellationToken));

    public Task<WriteOutcome> RecordPlanAsync(
        BeadId bead, JournalEvent.PlanUsed used, CancellationToken cancellationToken) =>
        Both(store => store.RecordPlanAsync(bead, used, cancellationToken));

    public Task<IReadOnlyList<CostGroup>> ReadCostsAsync(CostQuery query, CancellationToken cancellationToken) =>
        Both(store => store.ReadCostsAsync(query, cancellationToken));

    public Task<WriteOutcome> FinishStageAsync(
        ClaimKey claim, StageFinish finish, BeadTransition transition, CancellationToken cancellationToken) =>
        Both(store => store.FinishStageAsync(claim, finish, transition, cancellationToken));

    public Task<IReadOnlyList<OpenStage>> ReadOpenStagesAsync(CancellationToken cancellationToken) =>
        Both(store => store.ReadOpenStagesAsync(cancellationToken));

    public Task<GateResult?> FindGateResultAsync(string tree, string recipe, CancellationToken cancellationToken) =>
        Both(store => store.FindGateResultAsync(tree, recipe, cancellationToken));

    public Task RecordGateResultAsync(BeadId? bead, GateResult result, CancellationToken cancellationToken) =>
        Both(store => Done(store.RecordGateResultAsync(bead, result, cancellationToken)));

    public Task<int?> ReadBaselineAsync(string gate, CancellationToken cancellationToken) =>
        Both(store => store.ReadBaselineAsync(gate, cancellationToken));

    public Task LowerBaselineAsync(string gate, int count, CancellationToken cancellationToken) =>
        Both(store => Done(store.LowerBaselineAsync(gate, count, cancellationToken)));

    public Task<WriteOutcome> IntendLandingsAsync(
        SwarmEpoch epoch, IReadOnlyList<IntendedLanding> landings, CancellationToken cancellationToken) =>
        Both(store => store.IntendLandingsAsync(epoch, landings, cancellationToken));

    public Task<WriteOutcome> ProposeLandingAsync(
        SwarmEpoch epoch, LandingId landing, PullRequest pull, CancellationToken cancellationToken) =>
        Both(store => store.ProposeLandingAsync(epoch, landing, pull, cancellationToken));

    public Task<WriteOutcome> VoidLandingAsync(
        SwarmEpoch epoch, LandingId landing, string reason, CancellationToken cancellationToken) =>
        Both(store => store.VoidLandingAsync(epoch, landing, reason, cancellationToken));

    public Task<WriteOutcome> RecordIntegratedAsync(
        SwarmEpoch epoch, LandingId landing, string commit, CancellationToken cancellationToken) =>
        Both(store => store.RecordIntegratedAsync(epoch, landing, commit, cancellationToken));

    public Task<WriteOutcome> CompleteLandingAsync(
        SwarmEpoch epoch, LandingId landing, LandingProof proof, CancellationToken cancellationToken) =>
        Both(store => store.CompleteLandingAsync(epoch, landing, proof, cancellationToken));

    public Task<WriteOutcome> LeaveLandingAsync(
        SwarmEpoch epoch, LandingId landing, string branch, CancellationToken cancellationToken) =>
        Both(store => store.LeaveLandingAsync(epoch, landing, branch, cancellationToken));

    public Task<WriteOutcome> ReturnLandingAsync(
        SwarmEpoch epoch, LandingId landing, string reason, BeadTransition transition,
        IReadOnlyList<NewArtifact> artifacts, CancellationToken cancellationToken) =>
        Both(store => store.ReturnLandingAsync(epoch, landing, reason, transition, artifacts, cancellationToken));

    public Task<EffectId?> IntendEffectAsync(
        SwarmEpoch epoch, NewEffect effect, CancellationToken cancellationToken) =>
        Both(store => store.IntendEffectAsync(epoch, effect, cancellationToken));

    public Task<WriteOutcome> SettleEffectAsync(
        SwarmEpoch epoch, EffectId effect, string outcome, CancellationToken cancellationToken) =>
        Both(store => store.SettleEffectAsync(epoch, effect, outcome, cancellationToken));

    public Task<IReadOnlyList<OpenEffect>> ReadOpenEffectsAsync(CancellationToken cancellationToken) =>
        Both(store => store.ReadOpenEffectsAsync(cancellationToken));

    public Task<IReadOnlyList<OutboxEntry>> ReadOutboxAsync(CancellationToken cancellationToken) =>
        Both(store => store.ReadOutboxAsync(cancellationToken));

    public Task ConfirmOutboxAsync(SwarmEpoch epoch, IReadOnlyList<long> ids, CancellationToken cancellationToken) =>
        Both(store => Done(store.ConfirmOutboxAsync(epoch, ids, cancellationToken)));

    public Task<WriteOutcome> RetryAsync(
        BeadId bead, BeadTransition.Free to, int furtherAttempts, CancellationToken cancellationToken) =>
        Both(store => store.RetryAsync(bead, to, furtherAttempts, cancellationToken));

    public Task<WriteOutcome> ForceReleaseAsync(BeadId bead, string reason, CancellationToken cancellationToken) =>
        Both(store => store.ForceReleaseAsync(bead, reason, cancellationToken));

    public Task AppendAsync(
        BeadId? bead, AgentNumber? agent, JournalEvent entry, CancellationToken cancellationToken) =>
        Both(store => Done(store.AppendAsync(bead, agent, entry, cancellationToken)));

    public Task<SwarmRecord?> ReadSwarmAsync(CancellationToken cancellationToken) =>
        Both(store => store.ReadSwarmAsync(cancellationToken));

    public Task<StatusSnapshot> ReadStatusAsync(CancellationToken cancellationToken) =>
        Both(store => store.ReadStatusAsync(cancellationToken));

    public Task<IReadOnlyList<BeadWork>> ReadBeadsAsync(CancellationToken cancellationToken) =>
        Both(store => store.ReadBeadsAsync(cancellationToken));

    public Task<BeadWork?> ReadBeadAsync(BeadId bead, CancellationToken cancellationToken) =>
        Both(store => store.ReadBeadAsync(bead, cancellationToken));

    public Task<IReadOnlyList<StageRun>> ReadHistoryAsync(
        BeadId? bead, AgentNumber? agent, int limit, CancellationToken cancellationToken) =>
        Both(store => store.ReadHistoryAsync(bead, agent, limit, cancellationToken));

    public Task<IReadOnlyList<LandingEntry>> ReadLandingsAsync(BeadId? bead, CancellationToken cancellationToken) =>
        Both(store => store.ReadLandingsAsync(bead, cancellationToken));

    public Task<IReadOnlyList<StoredArtifact>> ReadArtifactsAsync(BeadId bead, CancellationToken cancellationToken) =>
        Both(store => store.ReadArtifactsAsync(bead, cancellationToken));

    public Task<IReadOnlyList<JournalEntry>> ReadJournalAsync(
        long after, BeadId? bead, int limit, CancellationToken cancellationToken) =>
        Both(store => store.ReadJournalAsync(after, bead, limit, cancellationToken));

    public async Task<TargetHealth?> ReadTargetHealthAsync(CancellationToken cancellationToken) =>
        TargetHealth.Of(await ReadLatestAsync<JournalEvent.TargetJudged>(1, cancellationToken));

    public Task<IReadOnlyList<JournalEntry>> ReadLatestAsync<TEvent>(int limit, CancellationToken cancellationToken)
        where TEvent : JournalEvent =>
        Both(store => store.ReadLatestAsync<TEvent>(limit, cancellationToken));

    public Task<WriteOutcome> ReopenLandedAsync(
        SwarmEpoch epoch, LandingId landing, LandingFault fault, string reason, BeadTransition.Free to,
        int furtherAttempts, IReadOnlyList<NewArtifact> artifacts, CancellationToken cancellationToken) =>
        Both(store => store.ReopenLandedAsync(
            epoch, landing, fault, reason, to, furtherAttempts, artifacts, cancellationToken));

    public Task<WriteOutcome> WishAsync(BeadId bead, LandingWish wish, CancellationToken cancellationToken) =>
        Both(store => store.WishAsync(bead, wish, cancellationToken));

    public Task<WriteOutcome> PauseQueueAsync(string? reason, CancellationToken cancellationToken) =>
        Both(store => store.PauseQueueAsync(reason, cancellationToken));

    public Task<WriteOutcome> ResumeQueueAsync(CancellationToken cancellationToken) =>
        Both(store => store.ResumeQueueAsync(cancellationToken));

    public Task<IReadOnlyList<GateSummary>> ReadGatesAsync(CancellationToken cancellationToken) =>
        Both(store => store.ReadGatesAsync(cancellationToken));

    public Task<LandingQueue> ReadQueueAsync(CancellationToken cancellationToken) =>
        Both(store => store.ReadQueueAsync(cancellationToken));

    public async ValueTask DisposeAsync()
    {
        await one.DisposeAsync();
        await other.DisposeAsync();
    }

    async Task<T> Both<T>(Func<IStore, Task<T>> call)
    {
        var first = call(one);
        var failure = await Record.ExceptionAsync(() => first);
        var second = call(other);
        Assert.Equal(failure?.GetType(), (await Record.ExceptionAsync(() => second))?.GetType());
        if (failure is null)
        {
            Assert.Equal(Text(await first), Text(await second));
        }

        return await first;
    }

    static async Task<bool> Done(Task call)
    {
        await call;
        return true;
    }

    // Records compare the lists in them by identity, so they are compared as text; instants with all their digits.
    static string Text(object? answer) => answer switch
    {
        null => "null",
        string text => text,
        DateTimeOffset at => $"{at:O}",
        ReadOnlyMemory<byte> bytes => Convert.ToHexString(bytes.Span),
        IEnumerable items => $"[{string.Join('\n', items.Cast<object>().Select(Text))}]",
        _ when answer.GetType().Namespace!.StartsWith("Beadswarm", StringComparison.Ordinal)
            && !answer.GetType().IsEnum =>
            $"{answer.GetType().Name}({string.Join(", ", answer.GetType().GetProperties()
                .Where(property => property.GetIndexParameters().Length == 0)
                .Select(property => $"{property.Name}: {Text(property.GetValue(answer))}"))})",
        _ => $"{answer}",
    };
}
