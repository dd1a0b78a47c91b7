using Beadswarm.Storage;

namespace Beadswarm.Swarms;

/// <summary>
/// Renews the leases of all claims held here, in the background of whatever their agents do. A claim that it does not
/// get renewed is given up by the <see cref="ClaimRegistry"/> in time.
/// </summary>
sealed class LeaseKeeper(IStore store, ClaimRegistry claims, TimeSpan lease, TimeProvider time)
{
    const int RenewalsPerLease = 4;

    public async Task RunAsync(CancellationToken stop)
    {
        using var timer = new PeriodicTimer(lease / RenewalsPerLease, time);
        while (await timer.WaitForNextTickAsync(stop))
        {
            await RenewAsync(stop);
        }
    }

    async Task RenewAsync(CancellationToken stop)
    {
        var held = claims.All();
        if (held.Count == 0)
        {
            return;
        }

        // A renewal that takes longer than the pause between two is as good as none.
        using var patience = new CancellationTokenSource(lease / RenewalsPerLease, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(stop, patience.Token);
        var askedAt = time.GetTimestamp();
        try
        {
            foreach (var alike in held.GroupBy(claim => claim.Lease))
            {
                HeldClaim[] asked = [.. alike];
                var lost = await store.RenewAsync([.. asked.Select(claim => claim.Claim.Key)], alike.Key, both.Token);
                claims.Renewed(asked, lost, askedAt);
            }
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // The next tick tries again; trust runs out by itself meanwhile.
        }
    }
}
