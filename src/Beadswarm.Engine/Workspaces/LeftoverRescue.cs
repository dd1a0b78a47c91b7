using System.Text;
using Beadswarm.Git;

namespace Beadswarm.Workspaces;

/// <summary>How a work tree stands.</summary>
/// <param name="Head">The commit HEAD names.</param>
/// <param name="Branch">The branch HEAD is on; null when detached.</param>
/// <param name="Entries">Every path that is not as in HEAD. Paths are one character per byte.</param>
sealed record WorkTreeState(CommitId Head, BranchName? Branch, IReadOnlyList<StatusEntry> Entries,
    bool OperationUnderWay)
{
    /// <summary>What a commit of everything would hold: neither the tracker's nor the swarm's files.</summary>
    public IEnumerable<StatusEntry> Unsaved => Entries.Where(entry => !ProtectedFolders.Contain(entry.Path));

    public bool Matches(BranchName branch, CommitId head) =>
        Branch == branch && Head == head && !OperationUnderWay && !Unsaved.Any();
}

/// <summary>
/// Brings whatever an agent left in its work tree onto the branch it belongs to. Objects first, then the branch, then
/// HEAD and index: a crash in between leaves the files as they were, and doing it again ends the same.
/// </summary>
sealed class LeftoverRescue(Hub hub, WorkTree tree)
{
    const string Reason = "beadswarm: keep leftovers";

    readonly GitRepository _tree = tree.Repository;

    string TemporaryIndex => tree.InAdmin("index.beadswarm-new");

    public async Task<WorkTreeState> InspectAsync(CancellationToken cancellationToken)
    {
        var output = await _tree.RunAsync(
            GitCall.Of(
                "status", "--porcelain=v2", "--branch", "-z", "--untracked-files=all", "--no-renames",
                "--ignore-submodules=all"),
            cancellationToken);
        var fields = output.RawFields;
        if (!CommitId.TryParse(StatusEntry.Header(fields, "branch.oid"), out var head))
        {
            // HEAD names a branch without a commit (an orphan branch): nothing of the past is in it.
            head = await hub.Repository.FindCommitAsync(tree.OwnBranch?.Ref ?? "HEAD", cancellationToken)
                ?? throw new GitException(["status"], 128, "HEAD names no commit", tree.Path, isTransient: false);
        }

        var branch = StatusEntry.Header(fields, "branch.head");
        return new WorkTreeState(
            head, branch is null or "(detached)" ? null : new BranchName(branch), StatusEntry.Read(fields),
            tree.MergeUnderWay || tree.RebaseUnderWay || File.Exists(tree.InAdmin("CHERRY_PICK_HEAD"))
                || File.Exists(tree.InAdmin("REVERT_HEAD")) || File.Exists(tree.InAdmin("BISECT_LOG")));
    }

    public async Task<LeftoverOutcome> CommitAsync(
        BranchName branch, string message, DateTimeOffset when, CancellationToken cancellationToken)
    {
        tree.RemoveLocks();
        return await CommitAsync(
            branch, await InspectAsync(cancellationToken), message, when, cancellationToken);
    }

    /// <param name="state">How the work tree stands now; nothing of it lives that could change it.</param>
    public async Task<LeftoverOutcome> CommitAsync(
        BranchName branch, WorkTreeState state, string message, DateTimeOffset when,
        CancellationToken cancellationToken)
    {
        tree.RemoveLocks();
        // On its own branch, HEAD is the branch.
        var tip = state.Branch == branch ? state.Head
            : await hub.Repository.FindCommitAsync(branch.Ref, cancellationToken) ?? state.Head;
        if (state.Matches(branch, tip))
        {
            return new LeftoverOutcome.Nothing(tip);
        }

        var files = state.Unsaved.Select(entry => Readable(entry.Path)).ToArray();
        var saved = await SaveAsync(state, message, when, cancellationToken);
        var outcome = state.Branch == branch
            ? saved == tip ? new LeftoverOutcome.Nothing(tip) : new LeftoverOutcome.Committed(saved, files)
            : await BringOverAsync(branch, tip, state, saved, files, message, when, cancellationToken);
        await SettleAsync(branch, outcome.Head, cancellationToken);
        return outcome;
    }

    /// <summary>
    /// A commit with everything that lies in the work tree; HEAD's own when there is nothing new in it.
    /// </summary>
    async Task<CommitId> SaveAsync(
        WorkTreeState state, string message, DateTimeOffset when, CancellationToken cancellationToken)
    {
        if (!state.Entries.Any())
        {
            return tree.MergeUnderWay ? await CommitMergeAsync(state, null, message, when, cancellationToken)
                : state.Head;
        }

        File.Delete(TemporaryIndex);
        File.Delete(TemporaryIndex + ".lock");
        var index = tree.InAdmin("index");
        if (File.Exists(index))
        {
            File.Copy(index, TemporaryIndex);
        }

        // Staged changes of the protected folders go back to what HEAD has.
        var reset = state.Entries.Where(entry => entry.Staged && ProtectedFolders.Contain(entry.Path)).ToArray();
        if (reset.Length > 0)
        {
            await IndexAsync(
                ["--index-info"],
                string.Concat(reset.Select(entry => $"{entry.HeadMode} {entry.HeadId}\t{entry.Path}\0")),
                cancellationToken);
        }

        var paths = new List<string>();
        foreach (var entry in state.Unsaved)
        {
            paths.AddRange(entry.Path.EndsWith('/') ? await InnerFilesAsync(entry.Path, cancellationToken)
                : [entry.Path]);
        }

        MakeReadable(paths);
        if (paths.Count > 0)
        {
            await IndexAsync(
                ["--add", "--remove", "--replace", "--stdin"], string.Concat(paths.Select(path => path + "\0")),
                cancellationToken);
        }

        var written = TreeId.Parse((await _tree.RunAsync(WithIndex(GitCall.Of("write-tree")), cancellationToken)).Line);
        return tree.MergeUnderWay && state.Entries.All(entry => entry.Kind != StatusKind.Unmerged)
            ? await CommitMergeAsync(state, written, message, when, cancellationToken)
            : await CommitUnlessSameAsync(written, state.Head, message, when, cancellationToken);
    }

    /// <summary>A merge without conflicts that only lacked its commit is finished.</summary>
    async Task<CommitId> CommitMergeAsync(
        WorkTreeState state, TreeId? content, string message, DateTimeOffset when, CancellationToken cancellationToken)
    {
        var heads = (SmallFile.Read(tree.InAdmin("MERGE_HEAD")) ?? "").Split('\n',
            StringSplitOptions.RemoveEmptyEntries)
            .Where(line => CommitId.TryParse(line, out _)).Select(CommitId.Parse);
        var same = content ?? await TreeOfAsync(state.Head, cancellationToken);
        return await hub.Repository.CommitTreeAsync(same, [state.Head, .. heads], message, when, cancellationToken);
    }

    async Task<CommitId> CommitUnlessSameAsync(
        TreeId content, CommitId parent, string message, DateTimeOffset when, CancellationToken cancellationToken) =>
        content == await TreeOfAsync(parent, cancellationToken)
            ? parent
            : await hub.Repository.CommitTreeAsync(content, [parent], message, when, cancellationToken);

    /// <summary>Work found on a detached HEAD or another branch joins the branch it belongs to.</summary>
    async Task<LeftoverOutcome> BringOverAsync(
        BranchName branch, CommitId tip, WorkTreeState state, CommitId saved, IReadOnlyList<string> files,
            string message,
        DateTimeOffset when, CancellationToken cancellationToken)
    {
        var from = state.Branch is { } other ? $"branch '{other}'" : "a detached HEAD";
        if (tree.RebaseUnderWay)
        {
            // The branch still has every commit as it was before; what the rebase had got to is kept beside it.
            return await hub.Repository.IsAncestorAsync(saved, tip, cancellationToken)
                ? new LeftoverOutcome.Nothing(tip)
                : new LeftoverOutcome.Kept(tip, await KeepAsync(branch, saved, cancellationToken), files);
        }

        if (state.Branch is { } foreign && IsOfAnother(foreign, branch))
        {
            // Another bead's branch: its commits are not this bead's work, the uncommitted files are.
            if (saved == state.Head)
            {
                return new LeftoverOutcome.Nothing(tip);
            }

            return await CarryAsync(tip, state.Head, saved, message, when, cancellationToken) is { } carried
                ? new LeftoverOutcome.Moved(carried, from, files, Contested: false)
                : new LeftoverOutcome.Kept(tip, await KeepAsync(branch, saved, cancellationToken), files);
        }

        if (await hub.Repository.IsAncestorAsync(tip, saved, cancellationToken))
        {
            return saved == tip ? new LeftoverOutcome.Nothing(tip)
                : new LeftoverOutcome.Moved(saved, from, files, Contested: false);
        }

        if (await hub.Repository.IsAncestorAsync(saved, tip, cancellationToken))
        {
            return new LeftoverOutcome.Nothing(tip);
        }

        return await JoinAsync(tip, saved, from, files, message, when, cancellationToken);
    }

    /// <summary>
    /// A merge of both; where they contradict each other, what lies in the folder counts and the rest is history.
    /// </summary>
    async Task<LeftoverOutcome> JoinAsync(
        CommitId tip, CommitId saved, string from, IReadOnlyList<string> files, string message, DateTimeOffset when,
        CancellationToken cancellationToken)
    {
        var merged = await MergeAsync(tip, saved, cancellationToken);
        var content = merged ?? await TreeOfAsync(saved, cancellationToken);
        if (content == await TreeOfAsync(tip, cancellationToken))
        {
            return new LeftoverOutcome.Nothing(tip);
        }

        var joined = await hub.Repository.CommitTreeAsync(content, [tip, saved], message, when, cancellationToken);
        return new LeftoverOutcome.Moved(joined, from, files, Contested: merged is null);
    }

    /// <summary>The difference between two commits on top of a third; null when it does not fit.</summary>
    async Task<CommitId?> CarryAsync(
        CommitId onto, CommitId before, CommitId after, string message, DateTimeOffset when,
        CancellationToken cancellationToken)
    {
        // merge-tree finds its base by ancestry, so the branch's tree poses as a child of the commit worked on.
        var posing = await hub.Repository.CommitTreeAsync(
            await TreeOfAsync(onto, cancellationToken), [before], message, when, cancellationToken);
        return await MergeAsync(posing, after, cancellationToken) is { } content
            ? await CommitUnlessSameAsync(content, onto, message, when, cancellationToken)
            : null;
    }

    async Task<TreeId?> MergeAsync(CommitId one, CommitId other, CancellationToken cancellationToken)
    {
        var output = await hub.Repository.RunAsync(
            GitCall.Of("merge-tree", "--write-tree", "-z", "--allow-unrelated-histories", one.Value, other.Value)
                .Answering(0, 1),
            cancellationToken);
        return output.Succeeded ? MergeTreeAnswer.Read(output.Fields)?.Tree : null;
    }

    async Task<string> KeepAsync(BranchName branch, CommitId commit, CancellationToken cancellationToken)
    {
        var name = $"{WorkspacePool.KeptPrefix}{branch}/{commit}";
        await hub.Repository.RunAsync(GitCall.Of("update-ref", name, commit.Value), cancellationToken);
        return name;
    }

    /// <summary>The branch moves, HEAD returns to it, and index and files are what it says.</summary>
    async Task SettleAsync(BranchName branch, CommitId head, CancellationToken cancellationToken)
    {
        await hub.Repository.RunAsync(GitCall.Of("update-ref", "-m", Reason, branch.Ref, head.Value),
            cancellationToken);
        await _tree.RunAsync(GitCall.Of("symbolic-ref", "-m", Reason, "HEAD", branch.Ref), cancellationToken);
        await tree.ResetAsync(GitCall.Of("reset", "--hard", "--quiet"), cancellationToken);
        File.Delete(TemporaryIndex);
    }

    /// <summary>
    /// Files of a repository made inside the workspace; git itself would only record that there is one.
    /// </summary>
    async Task<IEnumerable<string>> InnerFilesAsync(string folder, CancellationToken cancellationToken)
    {
        var inner = _tree with { Directory = Path.Combine(tree.Path, Readable(folder)) };
        var output = await inner.RunAsync(
            GitCall.Of("ls-files", "-z", "--cached", "--others", "--exclude-standard").Answering(0, 128),
                cancellationToken);
        return output.RawFields.Where(path => path.Length > 0 && !path.EndsWith('/')).Select(path => folder + path);
    }

    void MakeReadable(IEnumerable<string> paths)
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        foreach (var file in paths.Select(path => new FileInfo(Path.Combine(tree.Path, Readable(path)))))
        {
            if (file.Exists && file.LinkTarget is null && !file.UnixFileMode.HasFlag(UnixFileMode.UserRead))
            {
                file.UnixFileMode |= UnixFileMode.UserRead;
            }
        }
    }

    Task<GitOutput> IndexAsync(IReadOnlyList<string> options, string input, CancellationToken cancellationToken) =>
        _tree.RunAsync(
            WithIndex(new GitCall(["update-index", "-z", .. options]) { Input = Encoding.Latin1.GetBytes(input) }),
            cancellationToken);

    GitCall WithIndex(GitCall call) =>
        call with { Environment = new Dictionary<string, string> { ["GIT_INDEX_FILE"] = TemporaryIndex } };

    async Task<TreeId> TreeOfAsync(CommitId commit, CancellationToken cancellationToken) =>
        TreeId.Parse((await hub.Repository.RunAsync(
            GitCall.Of("rev-parse", "--verify", $"{commit}^{{tree}}"), cancellationToken)).Line);

    // Also another bead's of the same agent: what has not landed of that one must not land with this one.
    static bool IsOfAnother(BranchName found, BranchName own) =>
        found != own && WorkspaceBranch.TryParseAgent(found, out _);

    static string Readable(string raw) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(raw));
}
