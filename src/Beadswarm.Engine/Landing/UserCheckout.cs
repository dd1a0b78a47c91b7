using System.Text;
using Beadswarm.Git;
using Beadswarm.Workspaces;

namespace Beadswarm.Landing;

/// <summary>
/// The user's checkout following its branch. While it does, it holds git's own lock of the index, so that no commit of
/// the user's falls in between; the lock file says which move it belongs to, so that after a crash the move is finished
/// or undone. The index is replaced last and in one step.
/// </summary>
/// <remarks>
/// The tracker's file is written all the time. Where it differs from the commit, the index is told that it has the new
/// content and the file itself is not touched.
/// </remarks>
sealed class UserCheckout(UserRepository user)
{
    const string Mark = "beadswarm";
    const int PathsShownMax = 5;

    static readonly string[] Operations =
        ["MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply", "sequencer"];

    readonly GitRepository _user = user.Repository;
    readonly CheckoutFiles _files = new(user);

    string Index => Path.Combine(user.GitDirectory, "index");

    string Lock => Index + ".lock";

    /// <summary>Moves files and index along with the branch, or nothing at all.</summary>
    /// <param name="moveBranch">The compare-and-swap itself.</param>
    public async Task<AdvanceOutcome> AdvanceAsync(
        BranchName branch, CommitId old, CommitId @new, Func<CancellationToken, Task<AdvanceOutcome>> moveBranch,
        CancellationToken cancellationToken)
    {
        if (Operations.FirstOrDefault(name => Path.Exists(Path.Combine(user.GitDirectory, name))) is { } operation)
        {
            return new AdvanceOutcome.Held(
                $"{operation} in {user.GitDirectory}: finish or abort what is under way there");
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (!TakeLock($"{Mark} {branch} {old} {@new}\n"))
        {
            return new AdvanceOutcome.Held($"{Lock} exists: another git is at work there, or a killed one left it");
        }

        try
        {
            // Not to be cancelled: each step is short, and a lock left behind would stop the user's own git.
            return await MoveAsync(branch, old, @new, moveBranch, CancellationToken.None);
        }
        catch (Exception exception) when (exception is GitException or IOException or UnauthorizedAccessException)
        {
            await RepairAsync(CancellationToken.None);
            throw;
        }
    }

    async Task<AdvanceOutcome> MoveAsync(
        BranchName branch, CommitId old, CommitId @new, Func<CancellationToken, Task<AdvanceOutcome>> moveBranch,
        CancellationToken cancellationToken)
    {
        var changes = await _user.ChangesAsync(old.Value, @new.Value, cancellationToken);
        if (await ObstacleAsync(changes, cancellationToken) is { } obstacle)
        {
            ReleaseLock();
            return new AdvanceOutcome.Held(obstacle);
        }

        _files.CopyIndex();
        await _files.KeepTrackerAsync(changes, cancellationToken);
        var output = await _files.FollowAsync(old, @new, cancellationToken);
        if (!output.Succeeded)
        {
            await _files.RestoreAsync(changes, @new, cancellationToken);
            ReleaseLock();
            return new AdvanceOutcome.Held(
                $"the checkout in {user.Root} cannot follow: {output.StandardErrorTail.Trim()}");
        }

        var outcome = await moveBranch(cancellationToken);
        if (outcome is AdvanceOutcome.Moved && await _user.FindCommitAsync(branch.Ref, cancellationToken) == @new)
        {
            ReplaceIndex();
        }
        else
        {
            await _files.RestoreAsync(changes, @new, cancellationToken);
            ReleaseLock();
        }

        return outcome;
    }

    /// <summary>Finishes or undoes the move of an orchestrator that died. Does nothing when there was none.</summary>
    public async Task RepairAsync(CancellationToken cancellationToken)
    {
        if (SmallFile.Read(Lock)?.Split(' ', '\n') is not [Mark, var branch, var old, var @new, ..])
        {
            return;
        }

        // At this point: the lander of that move is dead, and so is the git that moved the branch for it. What that one
        // locked is in nobody's way here; whoever moves the branch next looks after it.
        var changes = await _user.ChangesAsync(old, @new, cancellationToken);
        _files.RemoveLeftovers();
        if (await _user.FindCommitAsync(new BranchName(branch).Ref, cancellationToken) == CommitId.Parse(@new))
        {
            // The branch moves after the files, so they were complete; only the index is missing.
            _files.CopyIndex();
            await _files.EnterAsync(changes, cancellationToken);
            ReplaceIndex();
        }
        else
        {
            await _files.RestoreAsync(changes, CommitId.Parse(@new), cancellationToken);
            ReleaseLock();
        }
    }

    /// <summary>What of the user's would be lost or mixed up; null when nothing.</summary>
    async Task<string?> ObstacleAsync(IReadOnlyList<FileChange> changes, CancellationToken cancellationToken)
    {
        var status = await _user.RunAsync(
            GitCall.Of("status", "--porcelain=v2", "-z", "--untracked-files=no", "--ignore-submodules=dirty",
                "--no-renames"),
            cancellationToken);
        var dirty = StatusEntry.Read(status.Fields).Where(entry => !TrackerFile.Is(entry.Path)).ToArray();
        if (dirty.Length > 0)
        {
            return $"the checkout in {user.Root} has changes: commit or stash {Shown([.. dirty.Select(e => e.Path)])}";
        }

        // Nothing of the index differs from the old commit here, so whatever lies where a file is added is untracked.
        var covered = changes.Where(change => change.Added && !TrackerFile.Is(change.Path))
            .Select(change => change.Path).Where(path => _files.Exists(path)).ToArray();
        return covered.Length == 0
            ? null
            : $"untracked files in {user.Root} would be overwritten: move {Shown(covered)} out of the way";
    }

    bool TakeLock(string text)
    {
        var mine = Lock + ".beadswarm";
        try
        {
            // Made whole first: a lock without its text would be taken for that of a foreign git. Moving without
            // replacing is a link, which only one of two can make.
            File.WriteAllBytes(mine, Encoding.UTF8.GetBytes(text));
            File.Move(mine, Lock, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(Lock))
        {
            File.Delete(mine);
            return false;
        }
    }

    void ReleaseLock()
    {
        _files.RemoveLeftovers();
        File.Delete(Lock);
    }

    void ReplaceIndex()
    {
        // Over the index itself, in one step. A crash before the lock is gone is repaired by doing it again.
        File.Move(_files.IndexPath, Index, overwrite: true);
        ReleaseLock();
    }

    static string Shown(string[] paths) =>
        string.Join(", ", paths.Take(PathsShownMax))
        + (paths.Length > PathsShownMax ? $" and {paths.Length - PathsShownMax} more" : "");
}
