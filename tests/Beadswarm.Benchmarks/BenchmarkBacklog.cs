using Beadswarm.Beads;
using Beadswarm.Configuration;
using Beadswarm.Pipelines;
using Beadswarm.Storage;

namespace Beadswarm.Benchmarks;

/// <summary>A swarm that is begun, and beads that are all ready.</summary>
static class BenchmarkBacklog
{
    public static async Task FillAsync(IStore store, int beads, StageName stage)
    {
        var swarm = await store.BeginSwarmAsync(
            new SwarmBegin("bench", null, null, SelectOrder.Triage, stage, [], false), CancellationToken.None);
        var entries = Enumerable.Range(0, beads).Select(n => new BacklogEntry(
            BeadId.Parse($"bench-{n}"), $"Bead number {n}", n % 5, n % 7, DateTimeOffset.UnixEpoch, n, true));
        await store.UpdateBacklogAsync(swarm.Epoch, [.. entries], 3, CancellationToken.None);
    }
}
