using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Git;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Storage;

namespace Beadswarm.Swarms;

/// <summary>What became of the lines that are older than the landing of their bead.</summary>
/// <param name="Closed">They are closed now.</param>
/// <param name="TargetKnows">On the target they are closed already, so it need not be told.</param>
sealed record OutdatedOutcome(IReadOnlyList<BeadId> Closed, bool TargetKnows)
{
    public static readonly OutdatedOutcome Nothing = new([], TargetKnows: true);
}

/// <summary>
/// Lines of the tracker's file that are of a time before their bead landed: from another clone while this one was not
/// pulled, by an earlier swarm, or before the file was put back. Nobody has asked for that work again, so they are
/// closed as the landing would have done.
/// </summary>
sealed class OutdatedLines(IStore store, IBeadTracker tracker, ILandingRepository target, string repository)
{
    /// <summary>Of these lines the target's history has said nothing; each is looked for once.</summary>
    readonly HashSet<(BeadId Bead, DateTimeOffset UpdatedAt)> _looked = [];

    public async Task<OutdatedOutcome> CloseAsync(
        Backlog backlog, IReadOnlyDictionary<BeadId, BeadWork> known, CancellationToken cancellationToken)
    {
        try
        {
            var open = backlog.Beads.Where(bead => bead.Unfinished).ToArray();
            var landings = open.Select(bead => OutdatedRules.InStore(known.GetValueOrDefault(bead.Id)))
                .OfType<BeadLanding>().ToDictionary(landing => landing.Bead);
            await AddFromHistoryAsync(
                [
                    .. open.Where(bead => OutdatedRules.IsUnknown(known.GetValueOrDefault(bead.Id))
                        && !_looked.Contains((bead.Id, bead.UpdatedAt))),
                ],
                landings, cancellationToken);
            Bead[] before =
            [
                .. open.Where(bead => landings.TryGetValue(bead.Id, out var landing)
                    && OutdatedRules.IsBefore(bead, landing)),
            ];
            return before.Length == 0
                ? OutdatedOutcome.Nothing
                : await CloseAsync(before, landings, cancellationToken);
        }
        catch (GitException)
        {
            return OutdatedOutcome.Nothing; // the target cannot be read now; the next pass asks again
        }
    }

    async Task AddFromHistoryAsync(
        IReadOnlyList<Bead> unknown, Dictionary<BeadId, BeadLanding> landings, CancellationToken cancellationToken)
    {
        if (unknown.Count == 0)
        {
            return;
        }

        var wanted = unknown.Select(bead => bead.Id).ToHashSet();
        var tip = await target.TipAsync(cancellationToken);
        foreach (var landing in await target.LandingsAsync(
            tip, unknown.Min(bead => bead.UpdatedAt), cancellationToken))
        {
            if (wanted.Contains(landing.Bead))
            {
                landings.TryAdd(landing.Bead, landing); // the newest comes first
            }
        }

        _looked.UnionWith(
            unknown.Where(bead => !landings.ContainsKey(bead.Id)).Select(bead => (bead.Id, bead.UpdatedAt)));
    }

    async Task<OutdatedOutcome> CloseAsync(
        IReadOnlyList<Bead> before, Dictionary<BeadId, BeadLanding> landings, CancellationToken cancellationToken)
    {
        // Read after what is known of the beads: what has landed since is told by the outbox, as ever.
        var untold = (await store.ReadOutboxAsync(cancellationToken)).Select(entry => entry.Change.Bead).ToHashSet();
        if (await ReadTargetAsync(cancellationToken) is not { } onTarget)
        {
            return OutdatedOutcome.Nothing;
        }

        var outdated = before.Where(bead => !untold.Contains(bead.Id)
            && OutdatedRules.IsOutdated(bead, landings[bead.Id], onTarget.GetValueOrDefault(bead.Id))).ToArray();
        if (outdated.Length == 0)
        {
            return OutdatedOutcome.Nothing;
        }

        // Intended before it is done: whoever reads the journal after a crash in between knows who closed it.
        foreach (var bead in outdated)
        {
            await store.AppendAsync(
                bead.Id, null,
                new JournalEvent.RecoveryFound(
                    $"{bead.Status} in the tracker since {bead.UpdatedAt.UtcDateTime:u}, and "
                    + $"{Reason(landings[bead.Id])} at {landings[bead.Id].At.UtcDateTime:u}", "closed"),
                cancellationToken);
        }

        await tracker.ApplyAsync(
            [.. outdated.Select(bead => new BeadChange.Close(bead.Id, Reason(landings[bead.Id])))], cancellationToken);
        return new OutdatedOutcome(
            [.. outdated.Select(bead => bead.Id)],
            outdated.All(bead => onTarget.GetValueOrDefault(bead.Id) is { Unfinished: false }));
    }

    /// <summary>The lines that others have, or will have by git; null while they cannot be read.</summary>
    async Task<IReadOnlyDictionary<BeadId, Bead>?> ReadTargetAsync(CancellationToken cancellationToken)
    {
        try
        {
            // A backlog that lies elsewhere comes to nobody by the target.
            return (await TargetBacklog.ReadAsync(tracker, target, repository, cancellationToken) ?? [])
                .ToDictionary(bead => bead.Id);
        }
        catch (TrackerException)
        {
            return null;
        }
    }

    static string Reason(BeadLanding landing) => $"landed as {landing.Commit}";
}
