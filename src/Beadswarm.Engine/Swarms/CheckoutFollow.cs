using Beadswarm.Git;
using Beadswarm.Storage;

namespace Beadswarm.Swarms;

/// <summary>
/// The user's own branch and checkout, following what landed on a remote: intended before something lands, done once
/// for several beads while more of them wait.
/// </summary>
sealed class CheckoutFollow(LanderParts parts)
{
    /// <summary>While more beads wait, the checkout follows no more often than this.</summary>
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    EffectId? _intended;
    CommitId? _landed;
    long _followedAt;

    /// <summary>Before the target moves: whoever dies after that leaves the checkout behind.</summary>
    public async Task IntendAsync(CommitId tip, CancellationToken cancellationToken)
    {
        if (parts.Config.Landing.Remote is not null)
        {
            _intended ??= await parts.Effects.IntendAsync(
                new NewEffect(EffectKind.Follow, parts.Config.Landing.Target) { To = tip.Value }, cancellationToken);
        }
    }

    /// <summary>The target is there now.</summary>
    public void Landed(CommitId tip) => _landed = tip;

    public async Task FollowAsync(bool moreWaits, CancellationToken cancellationToken)
    {
        if ((_landed is null && _intended is null)
            || (moreWaits && parts.Time.GetElapsedTime(_followedAt) < Pause))
        {
            return;
        }

        // Intended and not known to have landed: the answer was lost, so the target itself is asked.
        var tip = _landed ?? await parts.Target.TipAsync(cancellationToken);
        var outcome = await parts.Merge.FollowAsync(tip, cancellationToken);
        _landed = null;
        _followedAt = parts.Time.GetTimestamp();
        if (_intended is { } intended)
        {
            _intended = null;
            await parts.Effects.SettleAsync(intended, EffectWords.Of(outcome));
        }
    }
}
