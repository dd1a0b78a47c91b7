using Beadswarm.Claims;
using Beadswarm.EndToEnd.Tests.Audit;
using Beadswarm.EndToEnd.Tests.Support;

namespace Beadswarm.EndToEnd.Tests.Chaos;

/// <summary>The leases of a swarm that is asleep, so that nobody renews them.</summary>
static class Leases
{
    /// <summary>
    /// Waits until each has ended by the store's clock, which is this machine's; how many there were.
    /// </summary>
    public static async Task<int> EndAsync(GitRepository repository)
    {
        DateTimeOffset[] ends =
        [
            .. (await SwarmRecords.ReadAsync(repository)).Beads.Select(bead => bead.State).OfType<BeadState.Held>()
                .Select(held => held.ExpiresAt),
        ];
        for (var now = TimeProvider.System.GetUtcNow(); ends.Any(end => end >= now);)
        {
            await Task.Delay(ends.Max() - now + Grain, TimeProvider.System, Machine.Cancel);
            now = TimeProvider.System.GetUtcNow();
        }

        return ends.Length;
    }

    /// <summary>The store keeps milliseconds.</summary>
    static readonly TimeSpan Grain = TimeSpan.FromMilliseconds(2);
}
