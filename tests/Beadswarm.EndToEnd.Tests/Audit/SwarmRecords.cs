using Beadswarm.Claims;
using Beadswarm.EndToEnd.Tests.Support;
using Beadswarm.Journal;
using Beadswarm.Storage;
using Beadswarm.Swarms;

namespace Beadswarm.EndToEnd.Tests.Audit;

/// <summary>What a swarm that has ended left in its store.</summary>
sealed record SwarmRecords(
    IReadOnlyList<JournalEntry> Journal, IReadOnlyList<BeadWork> Beads, IReadOnlyList<StageRun> History,
    StatusSnapshot Status)
{
    const int EntriesMax = 1_000_000;

    /// <summary>Beads that completed, with the commit that landed them.</summary>
    public IReadOnlyDictionary<string, string> Landed { get; } = Beads
        .Where(bead => bead.State is BeadState.Completed)
        .ToDictionary(bead => bead.Id.Value, bead => ((BeadState.Completed)bead.State).Commit);

    public IReadOnlyList<string> Blocked { get; } =
        [.. Beads.Where(bead => bead.State is BeadState.Blocked).Select(bead => bead.Id.Value)];

    /// <summary>Beads of which the tracker was told something, or is about to be.</summary>
    public IReadOnlySet<string> Told { get; } = Journal
        .Where(entry => entry.Event is JournalEvent.TrackerTold && entry.Bead is not null)
        .Select(entry => entry.Bead!.Value.Value)
        .ToHashSet();

    public static async Task<SwarmRecords> ReadAsync(GitRepository repository)
    {
        var place = StorePlace.Of(
            repository.Environment.GetValueOrDefault("BEADSWARM_STORE", "sqlite"),
            new SwarmPaths(repository.Path).Store, repository.Environment);
        await using var store = await place.OpenReadOnlyAsync(TimeProvider.System, Machine.Cancel)
            ?? throw new InvalidOperationException($"there is no store at {place}");
        var journal = new List<JournalEntry>();
        for (var count = -1; count != journal.Count && journal.Count < EntriesMax;)
        {
            count = journal.Count;
            var after = count == 0 ? 0 : journal[^1].Sequence;
            journal.AddRange(await store.ReadJournalAsync(after, null, 10_000, Machine.Cancel));
        }

        return new SwarmRecords(
            journal,
            await store.ReadBeadsAsync(Machine.Cancel),
            await store.ReadHistoryAsync(null, null, EntriesMax, Machine.Cancel),
            await store.ReadStatusAsync(Machine.Cancel));
    }
}
