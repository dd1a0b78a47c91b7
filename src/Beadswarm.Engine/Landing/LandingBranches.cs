using Beadswarm.Configuration;
using Beadswarm.Git;
using Beadswarm.Workspaces;

namespace Beadswarm.Landing;

/// <summary>The branches a swarm lands on, as its configuration names them.</summary>
/// <param name="Integration">Mode integration: where beads land before the target is promoted.</param>
sealed record LandingBranches(ILandingRepository Target, ILandingRepository? Integration)
{
    const string PublishedPrefix = "beadswarm/";

    Hub _hub = null!;
    string? _remote;

    /// <summary>Where beads land first.</summary>
    public ILandingRepository LandsOn => Integration ?? Target;

    /// <summary>Opens them under a new epoch, which fences every earlier lander.</summary>
    public static async Task<LandingBranches> OpenAsync(
        Hub hub, LandingConfig config, ResolvingParts resolving, CancellationToken cancellationToken)
    {
        // The epoch is the first ref that moves, so what stands in its way is removed before anything is recovered.
        await hub.RemoveLocksAsync(cancellationToken);

        // The epoch is verified where the compare-and-swap happens: with a remote, that is a push from the hub.
        var fenced = config.Remote is null ? hub.User.Repository : hub.Repository;
        var epoch = await Hub.BeginEpochAsync(fenced, cancellationToken);
        var target = await OpenAsync(hub, config.Remote, new BranchName(config.Target), epoch, resolving,
            cancellationToken);

        // What a killed lander left half done in the user's checkout is finished or undone before anything else.
        await target.RecoverAsync(cancellationToken);
        ILandingRepository? integration = null;
        if (config.Mode == LandingMode.Integration)
        {
            integration = await OpenAsync(
                hub, config.Remote, new BranchName(config.IntegrationBranch), epoch, resolving, cancellationToken);
            await integration.EnsureBranchAsync(await target.TipAsync(cancellationToken), cancellationToken);
        }

        return new LandingBranches(target, integration) { _hub = hub, _remote = config.Remote };
    }

    /// <summary>Makes the branch of a finished bead visible where the target is, and says its name.</summary>
    public async Task<string> PublishAsync(LandingEntry entry, CancellationToken cancellationToken)
    {
        var branch = Published(entry);
        var place = await OpenAsync(_hub, _remote, branch, null, ResolvingParts.None, cancellationToken);
        await place.EnsureBranchAsync(CommitId.Parse(entry.HeadCommit), cancellationToken);
        return branch.Value;
    }

    /// <summary>
    /// A branch of its own for each attempt: what was shown to a person is never moved under his feet.
    /// </summary>
    public static BranchName Published(LandingEntry entry) =>
        new($"{PublishedPrefix}{WorkspaceBranch.Encode(entry.Bead.Value)}/attempt-{entry.Attempt}");

    static async Task<ILandingRepository> OpenAsync(
        Hub hub, string? remote, BranchName branch, LandingEpoch? epoch, ResolvingParts resolving,
        CancellationToken cancellationToken)
    {
        ILandingTarget target = remote is null
            ? new LocalTarget(hub, branch, epoch)
            : await RemoteTarget.OpenAsync(hub, remote, branch, epoch, cancellationToken);
        // Everything: a verdict on leftovers of an earlier build would not be one on this tree.
        return new LandingGit(hub, target, WorkspaceCleaning.Everything, resolving);
    }
}
