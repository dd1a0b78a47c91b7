using Beadswarm.Storage;

namespace Beadswarm.Swarms;

/// <summary>
/// Does what only time brings about: wakes everybody when a snooze ends, and frees claims whose lease has run out.
/// </summary>
sealed class Reaper(IStore store, SwarmEpoch epoch, ClaimRegistry claims, TimeSpan lease, Bell bell, TimeProvider time)
{
    public async Task RunAsync(CancellationToken stop)
    {
        while (true)
        {
            var rung = bell.Listen();
            var ours = claims.All().Select(held => held.Claim.Key.Agent).ToArray();
            var expired = await store.ReapExpiredAsync(epoch, ours, stop);
            var next = (await store.ReadStatusAsync(stop)).NextWakeAt;
            if (expired.Count > 0 || (next is { } due && due <= time.GetUtcNow()))
            {
                bell.Ring();
            }

            // A lease can end without anything ringing, so it is looked at once per lease at least.
            var pause = next is { } at && at - time.GetUtcNow() is var wait && wait < lease ? wait : lease;
            using var rest = CancellationTokenSource.CreateLinkedTokenSource(stop);
            var delay = Task.Delay(pause > TimeSpan.Zero ? pause : WakePause, time, rest.Token);
            await Task.WhenAny(next is null ? rung : Task.WhenAny(rung, delay), delay);
            await rest.CancelAsync();
            stop.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Between two looks at a snooze that has ended and that nobody has taken up yet.</summary>
    static readonly TimeSpan WakePause = TimeSpan.FromSeconds(1);
}
