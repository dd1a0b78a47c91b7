using System.Collections.Immutable;
using Beadswarm.Git;

namespace Beadswarm.Simulation.Git;

/// <summary>
/// Somebody who has nothing to do with the swarm and writes its target. Each of these is one step and may come between
/// any two of the swarm's; null says that git had to be asked again, because the branch was locked.
/// </summary>
sealed class ForeignUser(SimulatedGit git)
{
    /// <summary>A commit on top of the branch; a null text deletes the file.</summary>
    public CommitId? Push(
        BranchName branch, string message, DateTimeOffset when, params (string Path, string? Text)[] files) =>
        Push(branch, tip => Make(tip.Tree.With(files), [tip], message, when));

    /// <summary>A commit that takes back what another one changed against its first parent.</summary>
    public CommitId? Revert(BranchName branch, CommitId landed, DateTimeOffset when) =>
        Push(branch, tip => Make(
            git.Commits[landed].Changes.Aggregate(tip.Tree, (tree, change) => tree.With(change.Path, change.From)),
            [tip], $"Revert \"{git.Commits[landed].Subject}\"\n", when));

    /// <summary>A merge that has another commit as its parent and nothing of its content.</summary>
    public CommitId? MergeOurs(BranchName branch, CommitId other, DateTimeOffset when) =>
        Push(branch, tip => Make(tip.Tree, [tip, git.Commits[other]], $"Merge {other} (ours)\n", when));

    /// <summary>The branch is put elsewhere, whatever it held.</summary>
    public CommitId? Force(BranchName branch, CommitId to) => Push(branch, _ => git.Commits[to]);

    CommitId? Push(BranchName branch, Func<SimulatedCommit, SimulatedCommit> make)
    {
        var refs = git.TargetRefs;
        var checkout = git.Remote is null && git.Checkout?.Branch == branch ? git.Checkout : null;
        if (refs.IsLocked(branch.Ref) || checkout?.Lock is not null || refs.Find(branch) is not { } tip)
        {
            return null;
        }

        var made = make(git.Commits[tip]);
        refs.Set(branch.Ref, made.Id.Value);
        if (checkout is not null)
        {
            Follow(checkout, git.Commits[tip].Tree, made.Tree);
        }

        return made.Id;
    }

    /// <summary>A commit of theirs: what goes to a remote was made in a clone of their own.</summary>
    public SimulatedCommit Make(
        FileTree tree, ImmutableArray<SimulatedCommit> parents, string message, DateTimeOffset when) =>
        git.Remote is null
            ? git.Commit(tree, parents, message, when)
            : git.Commits.Make(tree, parents, message, when);

    // Where the branch is checked out, it is there that it was committed: what was unsaved there stays so.
    static void Follow(UserFolder checkout, FileTree before, FileTree after)
    {
        foreach (var change in FileTree.Differences(before, after))
        {
            if (FileContent.Same(checkout.Files.Find(change.Path), change.From))
            {
                checkout.Files = checkout.Files.With(change.Path, change.To);
            }

            checkout.Index = checkout.Index.With(change.Path, change.To);
        }
    }
}
