using Beadswarm.Git;

namespace Beadswarm.Simulation.Git;

/// <summary>
/// The user's checkout: HEAD, index and files, and what the user does there. While something holds the lock of its
/// index, nobody else commits in it.
/// </summary>
sealed class UserFolder
{
    readonly SimulatedGit _git;

    public UserFolder(SimulatedGit git, BranchName branch)
    {
        _git = git;
        Branch = branch;
        Index = Files = Head?.Tree ?? FileTree.Empty;
    }

    /// <summary>What HEAD is on; null when it is detached.</summary>
    public BranchName? Branch { get; private set; }

    public FileTree Files { get; set; }

    public FileTree Index { get; set; }

    /// <summary>The text of the index's lock; null when there is none.</summary>
    public string? Lock { get; set; }

    /// <summary>
    /// Why nothing may move here: a merge, a rebase, another work tree on the target; null when nothing is in the way.
    /// </summary>
    public string? Busy { get; set; }

    /// <summary>Null when HEAD is detached.</summary>
    public SimulatedCommit? Head => Branch is { } branch && _git.User.Find(branch) is { } id ? _git[id] : null;

    /// <summary>Writes a file; null deletes it.</summary>
    public void Write(string path, string? text) =>
        Files = Files.With(path, text is null ? null : FileContent.Of(text));

    /// <summary>Commits everything that lies there.</summary>
    /// <returns>Null when something holds the index or the branch.</returns>
    public CommitId? Commit(string message, DateTimeOffset when)
    {
        if (Lock is not null || Branch is not { } branch || _git.User.IsLocked(branch.Ref) || Head is not { } head)
        {
            return null;
        }

        var made = _git.Commit(Files, [head], message, when);
        Index = Files;
        _git.User.Set(branch.Ref, made.Id.Value);
        return made.Id;
    }

    /// <summary>Throws away what is not committed.</summary>
    public void Restore() => Files = Index = Head?.Tree ?? Index;

    /// <summary>Makes a branch here and goes to it; files stay as they are.</summary>
    /// <returns>False when something holds the index.</returns>
    public bool SwitchToNew(BranchName branch)
    {
        if (Lock is not null || Head is not { } head)
        {
            return false;
        }

        _git.User.Set(branch.Ref, head.Id.Value);
        Branch = branch;
        return true;
    }

    /// <summary>Goes to a branch with the files of its commit.</summary>
    /// <returns>False when something holds the index.</returns>
    public bool Switch(BranchName branch)
    {
        if (Lock is not null || _git.User.Find(branch) is not { } to)
        {
            return false;
        }

        Branch = branch;
        Index = Files = _git[to].Tree;
        return true;
    }
}
