using Beadswarm.Claims;

namespace Beadswarm.Swarms;

/// <summary>
/// A claim held by this process, and the token that is cancelled once it must not be relied on any more.
/// </summary>
/// <param name="lease">For how long it is renewed.</param>
/// <param name="trust">How long it is relied on unless it is renewed.</param>
sealed class HeldClaim(Claim claim, TimeSpan lease, TimeSpan trust, TimeProvider time) : IDisposable
{
    // A timer of its own: trust ends in time also while nobody gets an answer from the store.
    readonly CancellationTokenSource _lost = new(trust, time);

    public Claim Claim { get; } = claim;

    public TimeSpan Lease { get; } = lease;

    /// <summary>Cancelled when the store gave the claim to somebody else, or soon could.</summary>
    public CancellationToken Lost => _lost.Token;

    /// <summary>Relies on it for so long from now; not at all when that is over already.</summary>
    public void Trust(TimeSpan left) => _lost.CancelAfter(left > TimeSpan.Zero ? left : TimeSpan.Zero);

    public void GiveUp() => _lost.Cancel();

    public void Dispose() => _lost.Dispose();
}

/// <summary>
/// The claims that agents of this process hold. Written by agents, read by the lease keeper. Each is given up before
/// the store would: after <see cref="TrustedShare"/> of its lease, measured from before the store was asked for it.
/// </summary>
sealed class ClaimRegistry(TimeSpan lease, TimeProvider time)
{
    public const double TrustedShare = 0.8;

    readonly Lock _lock = new();
    readonly Dictionary<ClaimKey, HeldClaim> _held = [];

    /// <param name="askedAt">Monotonic time from before the store was asked, so that trust ends before the lease
    /// does.</param>
    public HeldClaim Add(Claim claim, long askedAt) => Add(claim, askedAt, lease);

    /// <inheritdoc cref="Add(Claim, long)"/>
    /// <param name="leased">When it was not granted, and is not renewed, for as long as the others.</param>
    public HeldClaim Add(Claim claim, long askedAt, TimeSpan leased)
    {
        var left = TrustLeft(leased, askedAt);
        var held = new HeldClaim(claim, leased, left > TimeSpan.Zero ? left : TimeSpan.Zero, time);
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
                    held.Trust(TrustLeft(held.Lease, askedAt));
                }
            }
        }
    }

    TimeSpan TrustLeft(TimeSpan leased, long askedAt) => (leased * TrustedShare) - time.GetElapsedTime(askedAt);
}
