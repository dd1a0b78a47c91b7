using Beadswarm.Storage;
using Beadswarm.Waiting;

namespace Beadswarm.Swarms;

/// <summary>
/// Does what only time brings about: wakes everybody when a snooze ends, frees claims whose lease has run out (that of
/// an external agent once its work is saved), and sees to it that what nobody holds any more is tidied: logs, and what
/// planners have left.
/// </summary>
sealed class Reaper(
    IStore store, Standing standing, ClaimRegistry claims, ExternalRescue external, TimeSpan lease, Bell bell,
    TimeProvider time, Func<CancellationToken, Task> tidy)
{
    public async Task RunAsync(CancellationToken stop)
    {
        while (true)
        {
            var heard = bell.Listen();
            var ours = claims.All().Select(held => held.Claim.Key.Agent).ToArray();
            var expired = await store.ReapExpiredAsync(standing.Epoch, ours, stop);
            var freed = expired.Any(claim => !claim.External);
            foreach (var lapsed in expired.Where(claim => claim.External))
            {
                freed |= await external.GiveBackAsync(lapsed, stop);
            }

            var status = await store.ReadStatusAsync(stop);
            if (freed)
            {
                bell.Ring();
            }

            await tidy(stop);
            if (!await bell.WaitAsync(heard, Pause(status), time, stop))
            {
                bell.Ring();
            }
        }
    }

    TimeSpan Pause(StatusSnapshot status)
    {
        // A lease can end without anything ringing, so it is looked at once per lease at least.
        var due = status.NextWakeAt - time.GetUtcNow() + TimerStep is { } wait && wait < lease ? wait : lease;

        // A snooze that ended just before the look is no wake to come any more, only a bead that is ready.
        var pause = status.Ready > 0 && WakePause < due ? WakePause : due;

        // Due by this clock and not by the store's, which decides: looked at again soon, not without a pause.
        return pause > TimeSpan.Zero ? pause : WakePause;
    }

    /// <summary>Between two calls to take up beads that are ready, for whoever has not heard the last one.</summary>
    static readonly TimeSpan WakePause = TimeSpan.FromSeconds(1);

    /// <summary>Timers may end this much early; then nothing would be due yet.</summary>
    static readonly TimeSpan TimerStep = TimeSpan.FromMilliseconds(1);
}
