using Beadswarm.Beads;
using Beadswarm.Waiting;

namespace Beadswarm.Swarms;

/// <summary>The backlog as it is now, parsed once for every change of the tracker, however many ask for it.</summary>
sealed class CurrentBacklog(IBeadTracker tracker)
{
    readonly Turnstile _oneReader = new(1);
    BacklogReading? _newest;

    /// <exception cref="TrackerException">The tracker cannot be read now.</exception>
    public async Task<BacklogReading> ReadAsync(CancellationToken cancellationToken)
    {
        using var alone = await _oneReader.EnterAsync(cancellationToken);

        // Taken before reading: a change between the two shows as a new stamp next time.
        var stamp = tracker.ChangeStamp();
        if (_newest?.Stamp != stamp)
        {
            var backlog = await tracker.ReadAsync(cancellationToken);
            _newest = new BacklogReading(stamp, backlog, new BeadGraph(backlog.Beads));
        }

        return _newest;
    }
}

/// <summary>A backlog, and the stamp of the tracker's file it was read from.</summary>
sealed record BacklogReading(string Stamp, Backlog Backlog, BeadGraph Graph);
