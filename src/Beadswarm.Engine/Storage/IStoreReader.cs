using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Costs;
using Beadswarm.Gates;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Swarms;

namespace Beadswarm.Storage;

/// <summary>
/// What anybody may ask about a swarm. A process other than the swarm's own asks through its control socket while it
/// runs, and reads the store itself when it does not.
/// </summary>
interface IStoreReader
{
    /// <summary>The newest swarm, if there ever was one.</summary>
    Task<SwarmRecord?> ReadSwarmAsync(CancellationToken cancellationToken);

    Task<StatusSnapshot> ReadStatusAsync(CancellationToken cancellationToken);

    Task<IReadOnlyList<BeadWork>> ReadBeadsAsync(CancellationToken cancellationToken);

    Task<BeadWork?> ReadBeadAsync(BeadId bead, CancellationToken cancellationToken);

    /// <summary>
    /// Stage executions, oldest first. Null filters select everything; the newest <paramref name="limit"/> are
    /// returned.
    /// </summary>
    Task<IReadOnlyList<StageRun>> ReadHistoryAsync(
        BeadId? bead, AgentNumber? agent, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// What executions used, summed up; the sum of all is one group, also when there is nothing to sum up.
    /// </summary>
    Task<IReadOnlyList<CostGroup>> ReadCostsAsync(CostQuery query, CancellationToken cancellationToken);

    /// <summary>Every landing of a bead, oldest first.</summary>
    Task<IReadOnlyList<LandingEntry>> ReadLandingsAsync(BeadId? bead, CancellationToken cancellationToken);

    Task<IReadOnlyList<StoredArtifact>> ReadArtifactsAsync(BeadId bead, CancellationToken cancellationToken);

    Task<IReadOnlyList<JournalEntry>> ReadJournalAsync(
        long after, BeadId? bead, int limit, CancellationToken cancellationToken);

    /// <summary>How each gate has done so far, by name.</summary>
    Task<IReadOnlyList<GateSummary>> ReadGatesAsync(CancellationToken cancellationToken);

    /// <summary>What waits for or is in the course of landing, and whether it may.</summary>
    Task<LandingQueue> ReadQueueAsync(CancellationToken cancellationToken);

    /// <summary>What the gates of the whole last said about the target; null: they were never run.</summary>
    Task<TargetHealth?> ReadTargetHealthAsync(CancellationToken cancellationToken);
}
