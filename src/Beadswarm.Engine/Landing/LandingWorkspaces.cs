using Beadswarm.Git;
using Beadswarm.Workspaces;

namespace Beadswarm.Landing;

/// <summary>Work trees in which candidates are tested: reused, detached, and exactly the candidate.</summary>
sealed class LandingWorkspaces(Hub hub, WorkspaceCleaning cleaning)
{
    readonly WorkTrees _trees = new(hub);

    /// <summary>The caller sees to it that nothing runs in the slot any more.</summary>
    public async Task<string> CheckoutAsync(CommitId candidate, int slot, CancellationToken cancellationToken)
    {
        var path = Path.Combine(hub.Folder, "landing",
            slot.ToString(System.Globalization.CultureInfo.InvariantCulture));
        var tree = await _trees.FindAsync(path, cancellationToken)
            ?? await _trees.AddDetachedAsync(path, candidate, cancellationToken);
        tree.RemoveLocks();
        await tree.ResetAsync(GitCall.Of("checkout", "--quiet", "--force", "--detach", candidate.Value),
            cancellationToken);
        await tree.CleanAsync(cleaning, cancellationToken);
        return path;
    }
}
