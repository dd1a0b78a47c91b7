using Beadswarm.Beads;
using Beadswarm.Git;
using Beadswarm.Landing;

namespace Beadswarm.Swarms;

/// <summary>The tracker's file as the target has it: what git brings to everybody else.</summary>
static class TargetBacklog
{
    /// <summary>Its beads: none where the target has no file, null where git brings the backlog to nobody.</summary>
    /// <exception cref="GitException">The target cannot be read now.</exception>
    /// <exception cref="TrackerException">What lies there is no backlog.</exception>
    public static async Task<IReadOnlyList<Bead>?> ReadAsync(
        IBeadTracker tracker, ILandingRepository target, string repository, CancellationToken cancellationToken)
    {
        if (await tracker.ReadFileAsync(repository, cancellationToken) is not { } file)
        {
            return null;
        }

        var tip = await target.TipAsync(cancellationToken);
        return await target.ContentAsync(tip, file.Path, cancellationToken) is { } content
            ? Backlog.Parse($"{file.Path} of {tip}", content, tracker.Dialect).Beads
            : [];
    }
}
