using Beadswarm.Git;
using Beadswarm.Journal;
using Beadswarm.Landing;

namespace Beadswarm.Swarms;

/// <summary>
/// Looks from time to time whether what has landed is still on the target. What others have reverted, or lost by
/// rewriting history, is taken up again with the evidence. It only reads the target, so it may die at any instant: what
/// it has seen, it sees again.
/// </summary>
sealed class LandingWatch(SwarmParts parts, ILandingRepository target, TimeSpan interval)
{
    /// <summary>The newest landings that are looked after; older ones have stood long enough.</summary>
    const int WatchedMax = 200;

    readonly Dictionary<LandingId, Watched> _watched = [];

    /// <summary>Whose content was not on the target any more when it was last looked at.</summary>
    readonly HashSet<LandingId> _undone = [];
    CommitId? _seen;

    public Task RunAsync(CancellationToken stop) => Watching.RunAsync(LookAsync, interval, parts.Time, stop);

    async Task LookAsync(CancellationToken stop)
    {
        var tip = await target.TipAsync(stop);
        if (tip == _seen)
        {
            return;
        }

        var landings = await WatchedAsync(stop);
        var moved = _seen is { } before && await target.IsAncestorAsync(before, tip, stop)
            ? await PathsAsync(before, tip, stop)
            : null;

        // From the newest on: one that is gone itself has not taken an earlier one back.
        var later = new HashSet<string>();
        for (var i = landings.Count - 1; i >= 0; i--)
        {
            var (entry, watched) = landings[i];
            if (moved is null || moved.Overlaps(watched.Changed.Keys))
            {
                var finding = await FindingAsync(watched, landings.Take(i), later, tip, stop);
                _undone.Remove(entry.Id);
                if (finding != WatchFinding.Stands)
                {
                    _undone.Add(entry.Id);
                    await ReopenAsync(entry, watched, finding, tip, stop);
                }
            }

            if (!_undone.Contains(entry.Id))
            {
                later.UnionWith(watched.Changed.Keys);
            }
        }

        _seen = tip;
    }

    async Task<WatchFinding> FindingAsync(
        Watched watched, IEnumerable<(LandingEntry Entry, Watched Watched)> earlier, HashSet<string> later,
        CommitId tip, CancellationToken stop)
    {
        var now = (await target.ChangesAsync(watched.Base, tip, stop))
            .ToDictionary(change => change.Path, change => change.NewId);
        var files = watched.Changed.Select(file => new WatchedFile(
            file.Key, file.Value.Before, file.Value.After, now.GetValueOrDefault(file.Key, file.Value.Before),
            [.. earlier.Select(other => other.Watched.Changed.GetValueOrDefault(file.Key).Before).OfType<string>()]));
        return WatchRules.Judge(
            [.. files], later, await target.IsAncestorAsync(watched.Commit, tip, stop));
    }

    Task ReopenAsync(
        LandingEntry entry, Watched watched, WatchFinding finding, CommitId tip, CancellationToken stop)
    {
        var how = finding == WatchFinding.Reverted ? "reverted" : "lost: the target's history was rewritten";
        var reason = $"landed as {watched.Commit} and was {how}; the target is at {tip}, and "
            + $"{string.Join(", ", watched.Changed.Keys.Order(StringComparer.Ordinal).Take(FilesShownMax))} "
            + "is as it was before";
        return Watching.ReopenAsync(
            parts, entry, watched.Commit, LandingFault.TakenOff, reason,
            AttemptFeedback.OfLost(entry, reason, parts.Config.Limits.FeedbackBytesMax), stop);
    }

    const int FilesShownMax = 5;

    /// <summary>Those that landed by a move of ours, oldest first.</summary>
    async Task<IReadOnlyList<(LandingEntry Entry, Watched Watched)>> WatchedAsync(CancellationToken stop)
    {
        var landed = (await parts.Store.ReadLandingsAsync(null, stop))
            .Where(entry => entry.State is LandingState.Landed).OrderBy(entry => ((LandingState.Landed)entry.State).At)
            .TakeLast(WatchedMax).ToArray();
        var watched = new List<(LandingEntry, Watched)>();
        foreach (var entry in landed)
        {
            if (!_watched.TryGetValue(entry.Id, out var known))
            {
                if (await FindAsync(entry, ((LandingState.Landed)entry.State).Commit, stop) is not { } found)
                {
                    continue;
                }

                _watched[entry.Id] = known = found;
            }

            watched.Add((entry, known));
        }

        return watched;
    }

    /// <summary>Null when the content was there already, so that no move of ours brought it.</summary>
    async Task<Watched?> FindAsync(LandingEntry entry, string commit, CancellationToken stop)
    {
        var journal = await parts.Store.ReadJournalAsync(0, entry.Bead, int.MaxValue, stop);
        var intent = journal.Select(line => line.Event).OfType<JournalEvent.LandingIntended>()
            .LastOrDefault(intended => intended.Landing == entry.Id.Value && intended.Candidate == commit);
        if (intent is null)
        {
            return null;
        }

        var (from, to) = (CommitId.Parse(intent.Base), CommitId.Parse(commit));
        try
        {
            return new Watched(
                from, to,
                (await target.ChangesAsync(from, to, stop))
                    .ToDictionary(change => change.Path, change => (change.OldId, change.NewId)));
        }
        catch (GitException error) when (!error.IsTransient)
        {
            // Its objects have gone since, with the history that held them: there is nothing to compare.
            return null;
        }
    }

    async Task<HashSet<string>> PathsAsync(CommitId from, CommitId to, CancellationToken stop) =>
        [.. (await target.ChangesAsync(from, to, stop)).Select(change => change.Path)];

    /// <param name="Changed">What each file was, and was made.</param>
    sealed record Watched(
        CommitId Base, CommitId Commit, IReadOnlyDictionary<string, (string Before, string After)> Changed);
}
