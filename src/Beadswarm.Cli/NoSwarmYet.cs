using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Costs;
using Beadswarm.Gates;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Storage;
using Beadswarm.Swarms;

namespace Beadswarm.Cli;

/// <summary>What there is to read in a repository that no swarm has ever worked on: nothing.</summary>
sealed class NoSwarmYet : IStoreReader
{
    public Task<SwarmRecord?> ReadSwarmAsync(CancellationToken cancellationToken) =>
        Task.FromResult<SwarmRecord?>(null);

    public Task<StatusSnapshot> ReadStatusAsync(CancellationToken cancellationToken) =>
        Task.FromResult(new StatusSnapshot(null, 0, 0, 0, 0, 0, 0, 0, 0, null, []));

    public Task<IReadOnlyList<BeadWork>> ReadBeadsAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<BeadWork>>([]);

    public Task<BeadWork?> ReadBeadAsync(BeadId bead, CancellationToken cancellationToken) =>
        Task.FromResult<BeadWork?>(null);

    public Task<IReadOnlyList<StageRun>> ReadHistoryAsync(
        BeadId? bead, AgentNumber? agent, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<StageRun>>([]);

    public Task<IReadOnlyList<CostGroup>> ReadCostsAsync(CostQuery query, CancellationToken cancellationToken) =>
        Task.FromResult(CostGroup.InOrder(query.By, []));

    public Task<IReadOnlyList<LandingEntry>> ReadLandingsAsync(BeadId? bead, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<LandingEntry>>([]);

    public Task<IReadOnlyList<StoredArtifact>> ReadArtifactsAsync(BeadId bead, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<StoredArtifact>>([]);

    public Task<IReadOnlyList<JournalEntry>> ReadJournalAsync(
        long after, BeadId? bead, int limit, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<JournalEntry>>([]);

    public Task<IReadOnlyList<GateSummary>> ReadGatesAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<GateSummary>>([]);

    public Task<LandingQueue> ReadQueueAsync(CancellationToken cancellationToken) =>
        Task.FromResult(LandingQueue.Empty);

    public Task<TargetHealth?> ReadTargetHealthAsync(CancellationToken cancellationToken) =>
        Task.FromResult<TargetHealth?>(null);
}
