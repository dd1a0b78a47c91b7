using Beadswarm.Git;
using Beadswarm.Workspaces;

namespace Beadswarm.Landing;

/// <summary>The files of the user's checkout and a copy of its index, while they follow a branch.</summary>
sealed class CheckoutFiles(UserRepository user)
{
    const string SymbolicLink = "120000";

    readonly GitRepository _user = user.Repository;

    /// <summary>The copy that becomes the index when the branch has moved.</summary>
    public string IndexPath => Path.Combine(user.GitDirectory, "index.beadswarm-new");

    public GitCall WithIndex(GitCall call) =>
        call with { Environment = new Dictionary<string, string> { ["GIT_INDEX_FILE"] = IndexPath } };

    public void CopyIndex()
    {
        RemoveLeftovers();
        var index = Path.Combine(user.GitDirectory, "index");
        if (File.Exists(index))
        {
            File.Copy(index, IndexPath);
        }
    }

    public void RemoveLeftovers()
    {
        File.Delete(IndexPath);
        File.Delete(IndexPath + ".lock");
    }

    /// <summary>Whether something lies there, be it a link to nowhere.</summary>
    public bool Exists(string path)
    {
        var full = Path.Combine(user.Root, path);
        return new FileInfo(full) is { Exists: true } or { LinkTarget: not null } || Directory.Exists(full);
    }

    /// <summary>
    /// The copied index gets the new content of tracker files whose own content is neither old nor clean.
    /// </summary>
    public async Task KeepTrackerAsync(IReadOnlyList<FileChange> changes, CancellationToken cancellationToken)
    {
        var tracker = changes.Where(change => TrackerFile.Is(change.Path)).ToArray();
        if (tracker.Length == 0)
        {
            return;
        }

        var status = await _user.RunAsync(
            new GitCall([
                "status", "--porcelain=v2", "-z", "--untracked-files=all", "--no-renames", "--",
                .. tracker.Select(change => change.Path)]),
            cancellationToken);
        var differing = StatusEntry.Read(status.Fields).Select(entry => entry.Path).ToHashSet();
        await EnterAsync([.. tracker.Where(change => differing.Contains(change.Path))], cancellationToken);
    }

    /// <summary>Files and the copied index go from one commit to the other, or nothing does.</summary>
    public async Task<GitOutput> FollowAsync(CommitId old, CommitId @new, CancellationToken cancellationToken)
    {
        var move = WithIndex(GitCall.Of("read-tree", "-m", "-u", old.Value, @new.Value));
        var output = await _user.RunOnceAsync(move, cancellationToken);
        if (output.Succeeded)
        {
            return output;
        }

        // A file that was written anew with the same content is in the way until the index has noticed.
        await RefreshAsync(cancellationToken);
        return await _user.RunOnceAsync(move, cancellationToken);
    }

    /// <summary>The copied index gets the new side of these changes; the files are not touched.</summary>
    public async Task EnterAsync(IReadOnlyList<FileChange> changes, CancellationToken cancellationToken)
    {
        if (changes.Count == 0)
        {
            return;
        }

        var lines = string.Concat(changes.Select(change => $"{change.NewMode} {change.NewId}\t{change.Path}\0"));
        await _user.RunAsync(
            WithIndex(GitCall.Of("update-index", "--add", "--replace", "-z", "--index-info").With(lines)),
                cancellationToken);

        await RefreshAsync(cancellationToken);
    }

    /// <summary>
    /// Puts files back to what the index says, as far as it was the move that changed them: a file that holds neither
    /// side's content is the user's, and so is the tracker's file always.
    /// </summary>
    public async Task RestoreAsync(IReadOnlyList<FileChange> changes, CommitId to, CancellationToken cancellationToken)
    {
        var candidates = changes.Where(change => !TrackerFile.Is(change.Path) && !change.IsSubmodule).ToArray();
        CopyIndex();
        var notOld = await DifferingAsync(candidates, cancellationToken);
        await EnterAsync(candidates, cancellationToken);
        var notNew = await DifferingAsync(candidates, cancellationToken);

        var back = new List<string>();
        foreach (var change in candidates.Where(change => notOld.Contains(change.Path)))
        {
            if (notNew.Contains(change.Path) && !await IsPartOfNewAsync(change, to, cancellationToken))
            {
                continue;
            }

            if (change.Added)
            {
                Remove(change.Path);
            }
            else
            {
                back.Add(change.Path);
            }
        }

        if (back.Count > 0)
        {
            CopyIndex();
            await _user.RunAsync(
                WithIndex(GitCall.Of("checkout-index", "-f", "-q", "-z", "--stdin")
                    .With(string.Join('\0', back) + "\0")),
                cancellationToken);
        }

        RemoveLeftovers();
    }

    /// <summary>Without it a file of which only the time has changed counts as different.</summary>
    Task<GitOutput> RefreshAsync(CancellationToken cancellationToken) =>
        // Exit 1 says that some files do differ; the point is to note which ones do not.
        _user.RunAsync(WithIndex(GitCall.Of("update-index", "-q", "--refresh").Answering(0, 1)), cancellationToken);

    /// <summary>
    /// Paths whose file differs from the copied index, plus those that are there though the index has none.
    /// </summary>
    async Task<HashSet<string>> DifferingAsync(
        IReadOnlyList<FileChange> changes, CancellationToken cancellationToken)
    {
        await RefreshAsync(cancellationToken);
        var output = await _user.RunAsync(
            WithIndex(GitCall.Of("diff-files", "-z", "--name-only", "--ignore-submodules")), cancellationToken);
        var known = await _user.RunAsync(WithIndex(GitCall.Of("ls-files", "-z", "--cached")), cancellationToken);
        var indexed = known.Fields.ToHashSet();
        var differing = output.Fields.ToHashSet();
        differing.UnionWith(changes.Where(change => !indexed.Contains(change.Path) && Exists(change.Path))
            .Select(change => change.Path));
        return differing;
    }

    /// <summary>
    /// git removes a file and then writes it anew: nothing, or the first part of it, is what a kill leaves.
    /// </summary>
    async Task<bool> IsPartOfNewAsync(FileChange change, CommitId to, CancellationToken cancellationToken)
    {
        var full = Path.Combine(user.Root, change.Path);
        if (!Exists(change.Path))
        {
            return true;
        }

        if (change.Deleted || change.NewMode == SymbolicLink || Directory.Exists(full))
        {
            return false;
        }

        var filtered = await _user.RunAsync(
            GitCall.Of("cat-file", "--filters", $"{to}:{change.Path}").Answering(0, 128), cancellationToken);
        var there = await File.ReadAllBytesAsync(full, cancellationToken);
        return filtered.Stdout.AsSpan().StartsWith(there);
    }

    void Remove(string path)
    {
        var full = Path.Combine(user.Root, path);
        File.Delete(full);

        // Folders that were made for it go as well, as git does when it removes a file.
        for (var folder = Path.GetDirectoryName(full);
            folder is not null && folder.Length > user.Root.Length && Directory.Exists(folder)
                && !Directory.EnumerateFileSystemEntries(folder).Any();
            folder = Path.GetDirectoryName(folder))
        {
            Directory.Delete(folder);
        }
    }
}
