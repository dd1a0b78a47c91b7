using Beadswarm.Beads;
using Beadswarm.Git;
using Beadswarm.Landing;

namespace Beadswarm.Swarms;

/// <summary>The tracker's file as the target has it: what git brings to everybody else.</summary>
static class TargetBacklog
{
    /// <summary>Its beads; none where the target has no such file.</summary>
    /// <exception cref="GitException">The target cannot be read now.</exception>
    /// <exception cref="TrackerException">What lies there is no backlog.</exception>
    public static async Task<IReadOnlyList<Bead>> ReadAsync(
        ILandingRepository target, CommitId tip, string path, TrackerDialect dialect,
        CancellationToken cancellationToken) =>
        await target.ContentAsync(tip, path, cancellationToken) is { } content
            ? Backlog.Parse($"{path} of {tip}", content, dialect).Beads
            : [];
}
