using Beadswarm.Gates;
using Beadswarm.Journal;
using Beadswarm.Storage;

namespace Beadswarm.Auditing;

/// <summary>Reads all of a store that an audit needs.</summary>
static class AuditReading
{
    const int PageMax = 10_000;

    /// <param name="store">Shows one moment, or is at rest: what is read must fit together.</param>
    /// <returns>Null where no swarm ever was.</returns>
    public static async Task<AuditedStore?> ReadAsync(IStore store, CancellationToken cancellationToken)
    {
        if (await store.ReadSwarmAsync(cancellationToken) is not { } swarm)
        {
            return null;
        }

        var journal = await JournalAsync(store, cancellationToken);
        return new AuditedStore
        {
            Swarm = swarm,
            Journal = journal,
            Beads = await store.ReadBeadsAsync(cancellationToken),
            Runs = await store.ReadHistoryAsync(null, null, int.MaxValue, cancellationToken),
            Landings = await store.ReadLandingsAsync(null, cancellationToken),
            Outbox = await store.ReadOutboxAsync(cancellationToken),
            Effects = await store.ReadOpenEffectsAsync(cancellationToken),
            Open = await store.ReadOpenStagesAsync(cancellationToken),
            Verdicts = await VerdictsAsync(store, journal, cancellationToken),
            Baselines = await BaselinesAsync(store, journal, cancellationToken),
        };
    }

    static async Task<IReadOnlyList<JournalEntry>> JournalAsync(IStore store, CancellationToken cancellationToken)
    {
        var journal = new List<JournalEntry>();
        while (true)
        {
            var after = journal.Count == 0 ? 0 : journal[^1].Sequence;
            var page = await store.ReadJournalAsync(after, null, PageMax, cancellationToken);
            journal.AddRange(page);
            if (page.Count < PageMax)
            {
                return journal;
            }
        }
    }

    static async Task<IReadOnlyDictionary<(string Tree, string Recipe), GateStatus>> VerdictsAsync(
        IStore store, IReadOnlyList<JournalEntry> journal, CancellationToken cancellationToken)
    {
        var verdicts = new Dictionary<(string, string), GateStatus>();
        foreach (var gate in journal.Select(entry => entry.Event).OfType<JournalEvent.GateRan>())
        {
            if (gate.Recipe is { } recipe && !verdicts.ContainsKey((gate.Tree, recipe))
                && await store.FindGateResultAsync(gate.Tree, recipe, cancellationToken) is { } result)
            {
                verdicts[(gate.Tree, recipe)] = result.Status;
            }
        }

        return verdicts;
    }

    static async Task<IReadOnlyDictionary<string, int>> BaselinesAsync(
        IStore store, IReadOnlyList<JournalEntry> journal, CancellationToken cancellationToken)
    {
        var baselines = new Dictionary<string, int>();
        foreach (var gate in journal.Select(entry => entry.Event).OfType<JournalEvent.BaselineLowered>()
            .Select(lowered => lowered.Gate).Distinct())
        {
            if (await store.ReadBaselineAsync(gate, cancellationToken) is { } count)
            {
                baselines[gate] = count;
            }
        }

        return baselines;
    }
}
