using Beadswarm.Journal;
using Beadswarm.Storage;
using Beadswarm.Swarms;

namespace Beadswarm.Cli;

/// <summary>
/// Where in the journal the newest orchestrator began: what earlier ones of the repository wrote is theirs. The journal
/// has no gaps and swarms come one after the other, so the beginning of a swarm is found by halving, however long the
/// journal has become.
/// </summary>
static class EpochStart
{
    const int PageMax = 1_000;

    /// <summary>The sequence number before its first entry.</summary>
    public static async Task<long> FindAsync(
        Func<long, int, CancellationToken, Task<IReadOnlyList<JournalEntry>>> read, SwarmRecord swarm,
        CancellationToken cancellationToken)
    {
        async Task<bool> IsEarlierAsync(long sequence) =>
            await read(sequence - 1, 1, cancellationToken) is [var entry] && entry.Swarm < swarm.Id;

        var (earlier, later) = (0L, 1L);
        while (await IsEarlierAsync(later))
        {
            (earlier, later) = (later, later * 2);
        }

        while (later - earlier > 1)
        {
            var middle = earlier + ((later - earlier) / 2);
            (earlier, later) = await IsEarlierAsync(middle) ? (middle, later) : (earlier, middle);
        }

        // One swarm may have had many orchestrators, one after the other.
        var start = earlier;
        for (IReadOnlyList<JournalEntry>? page = null; page is not { Count: 0 };)
        {
            page = await read(earlier, PageMax, cancellationToken);
            foreach (var entry in page)
            {
                earlier = entry.Sequence;
                if (entry.Event is JournalEvent.SwarmStarted started && started.Epoch == swarm.Epoch.Value)
                {
                    return entry.Sequence - 1;
                }
            }
        }

        return start;
    }

    public static Task<long> FindAsync(IStoreReader store, SwarmRecord swarm, CancellationToken cancellationToken) =>
        FindAsync((after, limit, token) => store.ReadJournalAsync(after, null, limit, token), swarm, cancellationToken);
}
