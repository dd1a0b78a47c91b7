namespace Beadswarm.Landing;

/// <summary>What has become of something that landed.</summary>
enum WatchFinding
{
    /// <summary>It is on the target, or others of the swarm have built upon it since.</summary>
    Stands,

    /// <summary>Every file is again as it was before, although its commit is in the target's history.</summary>
    Reverted,

    /// <summary>Every file is as it was before, and its commit has gone from the target's history.</summary>
    Gone,
}

/// <summary>
/// Judges by content whether a landing was taken off the target. A change of which any file is still different from
/// what it was before stands: what others make of it is their affair.
/// </summary>
static class WatchRules
{
    /// <param name="changed">The files that the landing changed.</param>
    /// <param name="differing">The files that differ between the target before the landing and the target now.</param>
    /// <param name="later">The files that the swarm's own later landings changed: they may take it back.</param>
    /// <param name="contained">Its commit is in the target's history.</param>
    public static WatchFinding Judge(
        IReadOnlySet<string> changed, IReadOnlySet<string> differing, IReadOnlySet<string> later, bool contained) =>
        changed.Count == 0 || changed.Overlaps(differing) || changed.Overlaps(later) ? WatchFinding.Stands
        : contained ? WatchFinding.Reverted
        : WatchFinding.Gone;
}
