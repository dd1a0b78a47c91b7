using Beadswarm.Git;
using Beadswarm.Workspaces;

namespace Beadswarm.Landing;

/// <summary>Where among the user's work trees a branch is in use.</summary>
abstract record CheckoutPlace
{
    static readonly (string File, string Operation)[] HeadNames =
        [("rebase-merge/head-name", "a rebase"), ("rebase-apply/head-name", "a rebase"),
            ("BISECT_START", "a bisection")];

    CheckoutPlace() { }

    public sealed record Nowhere : CheckoutPlace;

    /// <summary>In the checkout the swarm was started in.</summary>
    public sealed record Here : CheckoutPlace;

    public sealed record Elsewhere(string Path) : CheckoutPlace;

    /// <summary>
    /// HEAD is detached only for a while: the operation will put the branch back to where it wants it.
    /// </summary>
    public sealed record Busy(string Path, string Operation) : CheckoutPlace;

    public static async Task<CheckoutPlace> FindAsync(
        UserRepository user, BranchName branch, CancellationToken cancellationToken)
    {
        if (BusyWith(user.CommonDirectory, branch) is { } operation)
        {
            return new Busy(user.CommonDirectory, operation);
        }

        var worktrees = Path.Combine(user.CommonDirectory, "worktrees");
        if (!Directory.Exists(worktrees))
        {
            return !user.IsBare && IsHead(user.GitDirectory, branch) ? new Here() : new Nowhere();
        }

        foreach (var linked in Directory.EnumerateDirectories(worktrees))
        {
            if (BusyWith(linked, branch) is { } busy)
            {
                return new Busy(linked, busy);
            }
        }

        var output = await user.Repository.RunAsync(
            GitCall.Of("worktree", "list", "--porcelain", "-z"), cancellationToken);
        var place = WorkTreeEntry.Read(output.Fields)
            .FirstOrDefault(entry => entry.Branch == branch.Ref && !entry.Prunable);
        return place is null ? new Nowhere()
            : IsHead(user.GitDirectory, branch) ? new Here()
            : new Elsewhere(place.Path);
    }

    static string? BusyWith(string gitDirectory, BranchName branch) =>
        HeadNames.Where(name => SmallFile.Read(Path.Combine(gitDirectory, name.File))?.Trim() is { } head
            && (head == branch.Ref || head == branch.Value)).Select(name => name.Operation).FirstOrDefault();

    static bool IsHead(string gitDirectory, BranchName branch) =>
        SmallFile.Read(Path.Combine(gitDirectory, "HEAD"))?.Trim() == $"ref: {branch.Ref}";
}
