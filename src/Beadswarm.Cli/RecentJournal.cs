using Beadswarm.Journal;

namespace Beadswarm.Cli;

/// <summary>Follows the journal by asking for what is new, and remembers the newest entries.</summary>
/// <param name="after">The first entry of interest comes after this one.</param>
sealed class RecentJournal(
    Func<long, int, CancellationToken, Task<IReadOnlyList<JournalEntry>>> read, long after = 0)
{
    const int PageMax = 5_000;
    const int KeptMax = 200;

    readonly Queue<JournalEntry> _kept = [];
    long _after = after;

    public IReadOnlyList<JournalEntry> Kept => [.. _kept];

    /// <summary>Everything since the last call, oldest first.</summary>
    public async IAsyncEnumerable<JournalEntry> ReadNewAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        IReadOnlyList<JournalEntry> page;
        do
        {
            page = await read(_after, PageMax, cancellationToken);
            foreach (var entry in page)
            {
                _after = entry.Sequence;
                _kept.Enqueue(entry);
                if (_kept.Count > KeptMax)
                {
                    _kept.Dequeue();
                }

                yield return entry;
            }
        }
        while (page.Count == PageMax);
    }

    public async Task CatchUpAsync(CancellationToken cancellationToken)
    {
        await foreach (var _ in ReadNewAsync(cancellationToken))
        {
        }
    }
}
