using Beadswarm.Beads;
using Beadswarm.Git;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Landing.Queueing;
using Beadswarm.Processes;

namespace Beadswarm.Swarms;

/// <summary>
/// Brings the work of beads in flight together in memory, each with the target and with the others, as soon as there is
/// work to try it with, and tells what will conflict. Beside everything else: nobody waits for it, and what it fails at
/// is only known later. It may die at any instant: what it has seen, it sees again.
/// </summary>
sealed class ConflictForesight(SwarmParts parts)
{
    /// <summary>The beads that are to land first; of the others it is soon enough later.</summary>
    const int BeadsMax = 40;

    /// <summary>Merges in one look; what is left is for the next one.</summary>
    const int MergesMax = 60;

    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    readonly Dictionary<CommitId, IReadOnlySet<string>> _changed = [];
    readonly Dictionary<CommitId, (CommitId Tip, MergeOutcome.Conflict? Conflict)> _onTarget = [];

    /// <summary>Which of the two is to be told is settled when they are first brought together, and stays.</summary>
    readonly Dictionary<(CommitId One, CommitId Other), ForeseenConflict?> _pairs = [];
    readonly HashSet<(CommitId Head, CommitId Other)> _told = [];
    int _merges;
    bool _whole;

    public async Task RunAsync(CancellationToken stop)
    {
        while (true)
        {
            var heard = parts.Foreseen.Changes.Listen();
            try
            {
                await LookAsync(stop);
            }
            catch (Exception error) when (error is GitException or IOException or UnauthorizedAccessException
                or ProcessStartException or CommandException)
            {
                // It passes, and whoever needs git to go on says so.
                _whole = true;
            }

            await Task.Delay(Pause, parts.Time, stop);
            if (_whole)
            {
                await parts.Foreseen.Changes.WaitAsync(heard, stop);
            }
        }
    }

    async Task LookAsync(CancellationToken stop)
    {
        (_merges, _whole) = (0, true);
        var queue = await parts.Store.ReadQueueAsync(stop);
        var queued = QueueOrder.Of(
            queue.Entries.Where(entry => entry.State is LandingState.Queued), parts.Config.Landing.Aging);
        var flights = FlightRules.Of(queued, await parts.Store.ReadBeadsAsync(stop), parts.Config.Pipeline)
            .Take(BeadsMax).ToArray();
        flights = await BringAsync(flights, stop);
        Forget(flights);
        var foreseen = new List<ForeseenConflict>();
        if (flights.Length > 0)
        {
            var tip = await parts.LandsOn.TipAsync(stop);
            for (var i = 0; i < flights.Length; i++)
            {
                foreseen.AddRange(await OnTargetAsync(flights[i], tip, stop));
                foreach (var ahead in flights[..i])
                {
                    foreseen.AddRange(await BetweenAsync(ahead, flights[i], stop));
                }
            }
        }

        parts.Foreseen.Known = foreseen;
        await TellAsync(foreseen, stop);
    }

    /// <summary>Those whose work is here; other nodes' is fetched.</summary>
    async Task<InFlight[]> BringAsync(InFlight[] flights, CancellationToken stop)
    {
        if (parts.Exchange is not { } exchange)
        {
            return flights;
        }

        var here = new List<InFlight>();
        foreach (var flight in flights)
        {
            if (await exchange.BringAsync(flight.Bead, flight.Head, stop))
            {
                here.Add(flight);
            }
        }

        return [.. here];
    }

    async Task<IEnumerable<ForeseenConflict>> OnTargetAsync(InFlight bead, CommitId tip, CancellationToken stop)
    {
        var known = _onTarget.TryGetValue(bead.Head, out var earlier);
        var seen = known ? earlier.Tip : bead.Base;
        if (seen != tip)
        {
            if (!await MeetAsync(await ChangedAsync(seen, tip, stop), bead, stop))
            {
                _onTarget[bead.Head] = (tip, earlier.Conflict);
            }
            else if (MayMerge())
            {
                _onTarget[bead.Head] = (tip, await ProbeAsync(tip, bead.Head, stop));
            }
        }

        if (_onTarget.GetValueOrDefault(bead.Head).Conflict is not { } conflict)
        {
            return [];
        }

        var other = conflict.OtherSide.Count > 0 ? conflict.OtherSide[0] : null;
        return
        [
            new ForeseenConflict(
                bead.Bead, bead.Head, BeadId.TryParse(other?.Bead, out var id) ? id : null, other?.Commit ?? tip,
                Landed: true, conflict.Files),
        ];
    }

    async Task<IEnumerable<ForeseenConflict>> BetweenAsync(InFlight ahead, InFlight bead, CancellationToken stop)
    {
        var pair = string.CompareOrdinal(ahead.Head.Value, bead.Head.Value) < 0
            ? (ahead.Head, bead.Head)
            : (bead.Head, ahead.Head);
        if (!_pairs.TryGetValue(pair, out var foreseen))
        {
            if (!await MeetAsync(await OwnAsync(ahead, stop), bead, stop))
            {
                _pairs[pair] = null;
            }
            else if (MayMerge())
            {
                _pairs[pair] = foreseen = await ProbeAsync(ahead.Head, bead.Head, stop) is { } conflict
                    ? new ForeseenConflict(
                        bead.Bead, bead.Head, ahead.Bead, ahead.Head, Landed: false, conflict.Files)
                    : null;
            }
        }

        return foreseen is null ? [] : [foreseen];
    }

    async Task<bool> MeetAsync(IReadOnlySet<string> changed, InFlight bead, CancellationToken stop) =>
        ForesightRules.Meet(changed, await OwnAsync(bead, stop));

    async Task<IReadOnlySet<string>> OwnAsync(InFlight bead, CancellationToken stop)
    {
        if (!_changed.TryGetValue(bead.Head, out var own))
        {
            _changed[bead.Head] = own = await ChangedAsync(bead.Base, bead.Head, stop);
        }

        return own;
    }

    async Task<IReadOnlySet<string>> ChangedAsync(CommitId from, CommitId to, CancellationToken stop)
    {
        try
        {
            return (await parts.LandsOn.ChangesAsync(from, to, stop)).Select(change => change.Path).ToHashSet();
        }
        catch (GitException error) when (!error.IsTransient)
        {
            // Its objects are not here: whoever lands it will see.
            return new HashSet<string>();
        }
    }

    async Task<MergeOutcome.Conflict?> ProbeAsync(CommitId onto, CommitId head, CancellationToken stop)
    {
        try
        {
            return await parts.LandsOn.ProbeAsync(onto, head, stop);
        }
        catch (GitException error) when (!error.IsTransient)
        {
            return null;
        }
    }

    bool MayMerge()
    {
        _whole &= _merges < MergesMax;
        return _whole && _merges++ < MergesMax;
    }

    /// <summary>Once for each two commits, over restarts too.</summary>
    async Task TellAsync(IReadOnlyList<ForeseenConflict> foreseen, CancellationToken stop)
    {
        foreach (var conflict in foreseen.Where(one => !_told.Contains((one.Head, one.OtherHead))))
        {
            if (!await ToldAsync(conflict.Bead, conflict.Head, conflict.OtherHead, stop)
                && (conflict.Other is not { } other
                    || !await ToldAsync(other, conflict.OtherHead, conflict.Head, stop)))
            {
                await parts.Store.AppendAsync(
                    conflict.Bead, null,
                    new JournalEvent.ConflictForeseen(
                        conflict.Head.Value, conflict.Other?.Value, conflict.OtherHead.Value, conflict.Landed,
                        conflict.Where),
                    stop);
                parts.Bell.Ring();
            }

            _told.Add((conflict.Head, conflict.OtherHead));
        }
    }

    async Task<bool> ToldAsync(BeadId bead, CommitId head, CommitId other, CancellationToken stop) =>
        (await parts.Store.ReadJournalAsync(0, bead, int.MaxValue, stop))
            .Select(entry => entry.Event).OfType<JournalEvent.ConflictForeseen>()
            .Any(told => told.Head == head.Value && told.OtherHead == other.Value);

    void Forget(IReadOnlyList<InFlight> flights)
    {
        var heads = flights.Select(flight => flight.Head).ToHashSet();
        Drop(_changed, head => !heads.Contains(head));
        Drop(_onTarget, head => !heads.Contains(head));
        Drop(_pairs, pair => !heads.Contains(pair.One) || !heads.Contains(pair.Other));
        _told.RemoveWhere(pair => !heads.Contains(pair.Head));
    }

    static void Drop<TKey, TValue>(Dictionary<TKey, TValue> from, Predicate<TKey> gone) where TKey : notnull
    {
        foreach (var key in from.Keys.Where(key => gone(key)).ToArray())
        {
            from.Remove(key);
        }
    }
}
