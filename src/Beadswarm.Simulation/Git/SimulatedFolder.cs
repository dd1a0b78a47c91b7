using Beadswarm.Git;

namespace Beadswarm.Simulation.Git;

/// <summary>
/// A work tree of the hub: the folder of an agent or of a lander, with what lies in it. It is also what an agent has of
/// git: it edits, commits and merges here, and may do so where it should not.
/// </summary>
sealed class SimulatedFolder(SimulatedGit git, string path)
{
    public string Path { get; } = path;

    /// <summary>False: not made yet, or only half.</summary>
    public bool Exists { get; private set; }

    /// <summary>Everything that lies here, committed or not.</summary>
    public FileTree Files { get; set; } = FileTree.Empty;

    /// <summary>What HEAD is on; null when it is detached.</summary>
    public BranchName? Branch { get; private set; }

    /// <summary>The branch this workspace is for; null for none.</summary>
    public BranchName? OwnBranch { get; set; }

    /// <summary>The other side of a merge that is not committed yet.</summary>
    public CommitId? MergeHead { get; private set; }

    /// <summary>The merge that is under way has conflicts nobody has settled.</summary>
    public bool Unmerged { get; private set; }

    public bool RebaseUnderWay { get; private set; }

    CommitId? _detached;

    /// <summary>The commit that HEAD names; null when there is none, or HEAD is on a branch that is gone.</summary>
    public SimulatedCommit? Head =>
        (Branch is { } branch ? git.Hub.Find(branch) : _detached) is { } id ? git[id] : null;

    /// <summary>Every path that is not as in HEAD, untracked ones too.</summary>
    public IReadOnlyList<FileDifference> Changes => FileTree.Differences(Head?.Tree ?? FileTree.Empty, Files);

    /// <summary>What a file holds; null when there is none.</summary>
    public string? Read(string path) => Files.Find(path)?.Text;

    /// <summary>Writes a file; null deletes it.</summary>
    /// <exception cref="IOException">A file is where its folder would be, or the reverse.</exception>
    public void Write(string path, string? text)
    {
        if (text is not null && !Files.Fits(path))
        {
            throw new IOException($"'{Path}/{path}' cannot be written: a folder or a file is in its place");
        }

        Files = Files.With(path, text is null ? null : FileContent.Of(text));
    }

    /// <summary>
    /// Commits everything that lies here, onto whatever HEAD is on. A merge that is under way is finished by it.
    /// </summary>
    public CommitId Commit(string message, DateTimeOffset when)
    {
        var head = Head ?? throw new GitException(["commit"], 128, "HEAD names no commit", Path, isTransient: false);
        var made = git.Commit(Files, MergeHead is { } other ? [head, git[other]] : [head], message, when);
        MoveHead(made.Id);
        ForgetOperations();
        return made.Id;
    }

    /// <summary>HEAD lets go of its branch, here or at another commit with the files of that.</summary>
    public void Detach(CommitId? at = null)
    {
        if (at is { } commit)
        {
            Files = git[commit].Tree;
        }

        Name(null, at ?? Head?.Id);
    }

    /// <summary>Goes to a branch, with the files of its commit: also one of another agent.</summary>
    public void Switch(BranchName branch)
    {
        Name(branch, null);
        Files = Head?.Tree ?? Files;
    }

    /// <summary>Makes a branch here and goes to it; files stay as they are.</summary>
    public void SwitchToNew(BranchName branch)
    {
        git.Hub.Set(branch.Ref, Head?.Id.Value);
        Name(branch, null);
    }

    /// <summary>Throws away what is not committed, and the commits after this one.</summary>
    public void Reset(CommitId to)
    {
        MoveHead(to);
        ForgetOperations();
        Files = git[to].Tree;
    }

    /// <summary>
    /// Begins to merge another commit; the next commit finishes it. Of a conflicting file the folder has both sides,
    /// one after the other.
    /// </summary>
    /// <returns>The conflicting files.</returns>
    public IReadOnlyList<string> Merge(CommitId other)
    {
        var head = Head ?? throw new GitException(["merge"], 128, "HEAD names no commit", Path, isTransient: false);
        var merged = MergeRules.Merge(head, git[other]);
        Files = merged.Marked();
        (MergeHead, Unmerged) = (other, merged.Conflicts.Count > 0);
        return [.. merged.Conflicts.Select(conflict => conflict.Path)];
    }

    /// <summary>Says that the conflicts of the merge are settled (<c>git add</c>).</summary>
    public void Resolve() => Unmerged = false;

    /// <summary>
    /// A rebase onto another commit stops half-way: HEAD is detached there, with both sides of what conflicts.
    /// </summary>
    public void BeginRebase(CommitId onto)
    {
        var head = Head ?? throw new GitException(["rebase"], 128, "HEAD names no commit", Path, isTransient: false);
        Files = MergeRules.Merge(git[onto], head).Marked();
        Name(null, onto);
        RebaseUnderWay = true;
    }

    /// <summary>At this point: an orchestrator has made the folder, at a commit and without files.</summary>
    internal void Make(CommitId at)
    {
        Clear();
        Exists = true;
        Name(null, at);
    }

    /// <summary>Nothing is left of it.</summary>
    internal void Clear()
    {
        Exists = false;
        Files = FileTree.Empty;
        OwnBranch = null;
        Name(null, null);
        ForgetOperations();
    }

    internal void Name(BranchName? branch, CommitId? detached) => (Branch, _detached) = (branch, detached);

    /// <summary>Forgets a half-done merge or rebase, without touching a file or a branch.</summary>
    internal void ForgetOperations() => (MergeHead, Unmerged, RebaseUnderWay) = (null, false, false);

    void MoveHead(CommitId to)
    {
        if (Branch is { } branch)
        {
            git.Hub.Set(branch.Ref, to.Value);
        }
        else
        {
            Name(null, to);
        }
    }
}
