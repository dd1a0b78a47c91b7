using Beadswarm.Claims;

namespace Beadswarm.Swarms;

/// <summary>
/// A claim held by this process, and the token that is cancelled once it must not be relied on any more.
/// </summary>
sealed class HeldClaim : IDisposable
{
    readonly CancellationTokenSource _lost = new();

    public HeldClaim(Claim claim, long trustedSince)
    {
        Claim = claim;
        TrustedSince = trustedSince;
    }

    public Claim Claim { get; }

    /// <summary>Monotonic time at which the last successful grant or renewal was asked for.</summary>
    public long TrustedSince { get; set; }

    /// <summary>Cancelled when the store gave the claim to somebody else, or when it could have.</summary>
    public CancellationToken Lost => _lost.Token;

    public void GiveUp() => _lost.Cancel();

    public void Dispose() => _lost.Dispose();
}

/// <summary>The claims that agents of this process hold. Written by agents, read by the lease keeper.</summary>
sealed class ClaimRegistry(TimeProvider time)
{
    readonly Lock _lock = new();
    readonly Dictionary<ClaimKey, HeldClaim> _held = [];

    /// <param name="askedAt">Monotonic time from before the store was asked, so that trust ends before the lease
    /// does.</param>
    public HeldClaim Add(Claim claim, long askedAt)
    {
        var held = new HeldClaim(claim, askedAt);
        lock (_lock)
        {
            _held.Add(claim.Key, held);
        }

        return held;
    }

    public void Remove(HeldClaim held)
    {
        lock (_lock)
        {
            _held.Remove(held.Claim.Key);
        }

        held.Dispose();
    }

    public IReadOnlyList<HeldClaim> All()
    {
        lock (_lock)
        {
            return [.. _held.Values];
        }
    }

    /// <summary>Records the answer of one renewal that was asked for at <paramref name="askedAt"/>.</summary>
    public void Renewed(IReadOnlyList<HeldClaim> asked, IReadOnlyList<ClaimKey> lost, long askedAt)
    {
        lock (_lock)
        {
            foreach (var held in asked.Where(held => _held.ContainsKey(held.Claim.Key)))
            {
                if (lost.Contains(held.Claim.Key))
                {
                    held.GiveUp();
                }
                else
                {
                    held.TrustedSince = askedAt;
                }
            }
        }
    }

    /// <summary>Gives up every claim that has not been renewed within the trust window.</summary>
    public void GiveUpUntrusted(TimeSpan window)
    {
        lock (_lock)
        {
            foreach (var held in _held.Values.Where(held => time.GetElapsedTime(held.TrustedSince) >= window))
            {
                held.GiveUp();
            }
        }
    }
}
