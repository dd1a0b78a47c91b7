using Beadswarm.Beads;
using Beadswarm.Git;
using Beadswarm.Waiting;

namespace Beadswarm.Swarms;

/// <summary>The backlog as it is now, parsed once for every change of the tracker, however many ask for it.</summary>
/// <param name="elsewhere">
/// What others write while this clone's file stays as it is; null: this clone's file is the one that is kept. It
/// answers with null where git brings the backlog to nobody.
/// </param>
sealed class CurrentBacklog(
    IBeadTracker tracker, Func<CancellationToken, Task<IReadOnlyList<Bead>?>>? elsewhere = null)
{
    readonly Turnstile _oneReader = new(1);
    IReadOnlyList<Bead> _others = [];
    BacklogReading? _newest;

    /// <summary>With what was known elsewhere when that was last asked for.</summary>
    /// <exception cref="TrackerException">The tracker cannot be read now.</exception>
    public async Task<BacklogReading> ReadAsync(CancellationToken cancellationToken)
    {
        using var alone = await _oneReader.EnterAsync(cancellationToken);
        return await ReadAloneAsync(cancellationToken);
    }

    /// <summary>With what is known elsewhere now.</summary>
    /// <exception cref="TrackerException">The tracker, or that elsewhere, cannot be read now.</exception>
    /// <exception cref="GitException">It cannot be asked for what is elsewhere now.</exception>
    public async Task<BacklogReading> RefreshAsync(CancellationToken cancellationToken)
    {
        using var alone = await _oneReader.EnterAsync(cancellationToken);
        if (elsewhere is not null)
        {
            _others = await elsewhere(cancellationToken) ?? [];
            _newest = null;
        }

        return await ReadAloneAsync(cancellationToken);
    }

    async Task<BacklogReading> ReadAloneAsync(CancellationToken cancellationToken)
    {
        // Taken before reading: a change between the two shows as a new stamp next time.
        var stamp = tracker.ChangeStamp();
        if (_newest?.Stamp != stamp)
        {
            var backlog = await tracker.ReadAsync(cancellationToken);
            _newest = new BacklogReading(
                stamp, backlog, new BeadGraph(BacklogMergeRules.Newest(backlog.Beads, _others)));
        }

        return _newest;
    }
}

/// <summary>A backlog, and the stamp of the tracker's file it was read from.</summary>
/// <param name="Graph">Of it, and of what is known elsewhere.</param>
sealed record BacklogReading(string Stamp, Backlog Backlog, BeadGraph Graph);
