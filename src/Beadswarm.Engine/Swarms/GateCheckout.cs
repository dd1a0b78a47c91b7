using Beadswarm.Gates;
using Beadswarm.Git;
using Beadswarm.Workspaces;

namespace Beadswarm.Swarms;

/// <summary>
/// Looks at the folder a gate runs in, and puts it back: agents' workspaces and landing workspaces alike.
/// </summary>
sealed class GateCheckout(GitRunner runner) : IGateCheckout
{
    public async Task<CheckoutState> InspectAsync(string directory, CancellationToken cancellationToken)
    {
        var status = await At(directory).RunAsync(
            GitCall.Of("status", "--porcelain=v2", "--branch", "--untracked-files=all", "--no-renames", "-z"),
            cancellationToken);

        // What an agent did to the tracker's files never lands, so it does not make the folder another one.
        var changes = StatusEntry.Read(status.Fields).Select(entry => entry.Path)
            .Where(path => !ProtectedFolders.Contain(path)).ToArray();
        return new CheckoutState(StatusEntry.Header(status.Fields, "branch.oid") ?? "", changes);
    }

    public async Task RestoreAsync(string directory, string commit, CancellationToken cancellationToken)
    {
        await At(directory).RunAsync(GitCall.Of("reset", "--quiet", "--hard", commit), cancellationToken);
        await At(directory).RunAsync(GitCall.Of("clean", "-ffd", "--quiet"), cancellationToken);
    }

    GitRepository At(string directory) => new(runner, directory, GitScope.Own);
}
