using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Journal;
using Beadswarm.Storage;
using Beadswarm.Waiting;

namespace Beadswarm.Swarms;

/// <summary>
/// The only part that touches the tracker. One pass tells it what was decided (the outbox) and then takes over what it
/// says (the intake), so that a bead that was just closed makes the beads behind it ready at once.
/// </summary>
sealed class TrackerSync(
    IStore store, IBeadTracker tracker, CurrentBacklog backlog, OutdatedLines outdated, LostStarts lost,
    Standing standing, SwarmConfig config, bool once, Action told, Bell bell, TimeProvider time)
{
    /// <summary>How often the tracker is looked at when nothing rings: somebody else may have changed it.</summary>
    static readonly TimeSpan LookPause = TimeSpan.FromSeconds(2);

    /// <summary>
    /// How often the whole backlog is evaluated although it has not changed: deferrals end by the clock alone.
    /// </summary>
    static readonly TimeSpan EvaluatePause = TimeSpan.FromSeconds(30);

    /// <summary>Pause after the tracker could not be read or written; a person has to repair it meanwhile.</summary>
    static readonly TimeSpan TroublePause = TimeSpan.FromSeconds(5);

    readonly Turnstile _onePass = new(1);
    string? _seenStamp;
    string? _reportedTrouble;
    long _evaluatedAt;
    HashSet<BeadId>? _only;

    public async Task RunAsync(CancellationToken stop)
    {
        while (true)
        {
            var heard = bell.Listen();
            if (await PassAsync(stop))
            {
                await bell.WaitAsync(heard, LookPause, time, stop);
            }
            else
            {
                await Task.Delay(TroublePause, time, stop);
            }
        }
    }

    /// <summary>
    /// Makes tracker and store agree. False when the tracker cannot be used now; that is journalled once.
    /// </summary>
    public async Task<bool> PassAsync(CancellationToken cancellationToken)
    {
        using var alone = await _onePass.EnterAsync(cancellationToken);
        try
        {
            await TellAsync(cancellationToken);
            await TakeOverAsync(cancellationToken);
            _reportedTrouble = null;
            return true;
        }
        catch (TrackerException trouble)
        {
            if (_reportedTrouble != trouble.Message)
            {
                _reportedTrouble = trouble.Message;
                await store.AppendAsync(
                    null, null, new JournalEvent.ComponentHeld("tracker", trouble.Message),
                    cancellationToken);
                bell.Ring();
            }

            return false;
        }
    }

    async Task TellAsync(CancellationToken cancellationToken)
    {
        var entries = await store.ReadOutboxAsync(cancellationToken);
        if (entries.Count == 0)
        {
            return;
        }

        // Applying is idempotent, so dying between the two repeats it and changes nothing.
        await tracker.ApplyAsync([.. entries.Select(entry => entry.Change)], cancellationToken);
        await store.ConfirmOutboxAsync(standing.Epoch, [.. entries.Select(entry => entry.Id)], cancellationToken);
        told();
        bell.Ring();
    }

    async Task TakeOverAsync(CancellationToken cancellationToken)
    {
        if (tracker.ChangeStamp() == _seenStamp && time.GetElapsedTime(_evaluatedAt) < EvaluatePause)
        {
            return;
        }

        var known = (await store.ReadBeadsAsync(cancellationToken)).ToDictionary(work => work.Id);
        var reading = await backlog.ReadAsync(cancellationToken);
        var closed = await outdated.CloseAsync(reading.Backlog, known, cancellationToken);
        if (closed.Closed.Count > 0)
        {
            if (!closed.TargetKnows)
            {
                told();
            }

            reading = await backlog.ReadAsync(cancellationToken);
        }

        if (await lost.ReopenAsync(reading.Backlog, known, cancellationToken))
        {
            told();
            reading = await backlog.ReadAsync(cancellationToken);
        }

        var landed = known.Values.Where(work => work.State is BeadState.Completed).Select(work => work.Id)
            .Concat(closed.Closed).ToHashSet();
        reading = await CloseEpicsAsync(reading, landed, cancellationToken);
        var entries = BacklogSelection.Select(
            reading.Backlog, known, config.Select, tracker, _only, time.GetUtcNow());
        if (once && _only is null)
        {
            _only = entries.Where(entry => entry.Ready).Select(entry => entry.Id).ToHashSet();
            entries = [.. entries.Where(entry => _only.Contains(entry.Id))];
        }

        await store.UpdateBacklogAsync(standing.Epoch, entries, config.Pipeline.MaxAttempts, cancellationToken);
        _seenStamp = reading.Stamp;
        _evaluatedAt = time.GetTimestamp();
        bell.Ring();
    }

    /// <summary>
    /// Closes epics whose last child has landed, so that what depends on them becomes ready. It follows from what the
    /// tracker and the store say, so after a crash it is simply found again.
    /// </summary>
    async Task<BacklogReading> CloseEpicsAsync(
        BacklogReading reading, IReadOnlySet<BeadId> landed, CancellationToken cancellationToken)
    {
        var epics = EpicRules.Completed(reading.Graph, landed);
        if (epics.Count == 0)
        {
            return reading;
        }

        // Intended before it is done: whoever reads the journal after a crash in between knows who closed it.
        foreach (var epic in epics)
        {
            await store.AppendAsync(epic, null, new JournalEvent.EpicCompleted(), cancellationToken);
        }

        await tracker.ApplyAsync(
            [.. epics.Select(epic => new BeadChange.Close(epic, EpicRules.CloseReason))], cancellationToken);
        foreach (var epic in epics)
        {
            await store.AppendAsync(epic, null, new JournalEvent.TrackerTold("close"), cancellationToken);
        }

        told();
        return await backlog.ReadAsync(cancellationToken);
    }
}
