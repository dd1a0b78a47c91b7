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
            var pause = ReapingRules.Pause(status.NextWakeAt, status.Ready, time.GetUtcNow(), lease);
            if (!await bell.WaitAsync(heard, pause, time, stop))
            {
                bell.Ring();
            }
        }
    }
}
