using Beadswarm.Git;
using Beadswarm.Landing;

namespace Beadswarm.Simulation.Git;

/// <summary>
/// The user's checkout following its branch, in the steps of the real one: index locked, files, branch, index. The lock
/// says which move it belongs to, so that the next orchestrator finishes or undoes it.
/// </summary>
sealed class FollowingCheckout(GitHands hands, UserFolder folder)
{
    const string Mark = "beadswarm";

    readonly SimulatedGit _git = hands.Git;

    public async Task<AdvanceOutcome> AdvanceAsync(
        BranchName branch, CommitId old, CommitId @new, Func<CancellationToken, Task<AdvanceOutcome>> moveBranch,
        CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (folder.Lock is not null)
        {
            return new AdvanceOutcome.Held("index.lock exists: another git is at work there, or a killed one left it");
        }

        folder.Lock = $"{Mark} {branch} {old} {@new}";
        try
        {
            // Not to be cancelled: a lock left behind would stop the user's own git.
            return await MoveAsync(branch, _git[old].Tree, @new, moveBranch, CancellationToken.None);
        }
        catch (Exception exception) when (exception is GitException or IOException)
        {
            await RepairAsync(CancellationToken.None);
            throw;
        }
    }

    /// <summary>Finishes or undoes the move of an orchestrator that died. Does nothing when there was none.</summary>
    public async Task RepairAsync(CancellationToken cancellationToken)
    {
        if (folder.Lock?.Split(' ') is not [Mark, var branch, var old, var @new])
        {
            return;
        }

        var name = new BranchName(branch);
        _git.User.Unlock(name.Ref);
        await hands.StepAsync(GitStep.CheckoutLocked, cancellationToken);
        Settle(name, _git[new CommitId(old)].Tree, new CommitId(@new));
        await hands.StepAsync(GitStep.CheckoutSettled, cancellationToken);
    }

    async Task<AdvanceOutcome> MoveAsync(
        BranchName branch, FileTree old, CommitId @new, Func<CancellationToken, Task<AdvanceOutcome>> moveBranch,
        CancellationToken cancellationToken)
    {
        await hands.StepAsync(GitStep.CheckoutLocked, cancellationToken);
        var changes = FileTree.Differences(old, _git[@new].Tree);
        if (Obstacle(old, changes) is { } obstacle)
        {
            folder.Lock = null;
            return new AdvanceOutcome.Held(obstacle);
        }

        // A tracker file that is newer than the commit is not touched.
        var following = changes.Where(change =>
            !TrackerFile.Is(change.Path) || FileContent.Same(folder.Files.Find(change.Path), change.From)).ToArray();
        Follow(following[..(following.Length / 2)]);
        await hands.StepAsync(GitStep.CheckoutHalf, cancellationToken);
        Follow(following);
        await hands.StepAsync(GitStep.CheckoutFollowed, cancellationToken);
        var outcome = await moveBranch(cancellationToken);
        Settle(branch, old, @new);
        await hands.StepAsync(GitStep.CheckoutSettled, cancellationToken);
        return outcome;
    }

    string? Obstacle(FileTree old, IReadOnlyList<FileDifference> changes)
    {
        var unsaved = FileTree.Differences(folder.Index, folder.Files).Where(change => change.From is not null)
            .Concat(FileTree.Differences(old, folder.Index)).Select(change => change.Path)
            .Where(path => !TrackerFile.Is(path)).Distinct().ToArray();
        var covered = changes.Where(change => change.From is null && !TrackerFile.Is(change.Path))
            .Select(change => change.Path).Where(path => folder.Files.Find(path) is not null).ToArray();
        return unsaved.Length > 0 ? $"the checkout has changes: commit or stash {string.Join(", ", unsaved)}"
            : covered.Length > 0 ? $"untracked files would be overwritten: move {string.Join(", ", covered)}"
            : null;
    }

    void Follow(IEnumerable<FileDifference> changes)
    {
        foreach (var change in changes)
        {
            folder.Files = folder.Files.With(change.Path, change.To);
        }
    }

    /// <summary>
    /// The index is the branch's, whichever it is; when that has not moved, so are the files again, as far as it was
    /// the move that changed them.
    /// </summary>
    void Settle(BranchName branch, FileTree old, CommitId @new)
    {
        var changes = FileTree.Differences(old, _git[@new].Tree);
        if (_git.User.Find(branch) == @new)
        {
            folder.Index = changes.Aggregate(folder.Index, (index, change) => index.With(change.Path, change.To));
        }
        else
        {
            Follow(changes.Where(change => !TrackerFile.Is(change.Path)
                    && FileContent.Same(folder.Files.Find(change.Path), change.To))
                .Select(change => new FileDifference(change.Path, change.To, change.From)));
        }

        folder.Lock = null;
    }
}
