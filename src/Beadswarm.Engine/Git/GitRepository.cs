using System.Text;

namespace Beadswarm.Git;

/// <summary>A git repository or a work tree of one, and the few plumbing operations that landing is made of.</summary>
/// <param name="Runner">Starts git.</param>
/// <param name="Directory">Where git runs; it finds the repository from there.</param>
/// <param name="Scope">Whose configuration applies.</param>
sealed record GitRepository(GitRunner Runner, string Directory, GitScope Scope)
{
    public Task<GitOutput> RunAsync(GitCall call, CancellationToken cancellationToken) =>
        Runner.RunAsync(Directory, Scope, call, cancellationToken);

    public Task<GitOutput> RunOnceAsync(GitCall call, CancellationToken cancellationToken) =>
        Runner.RunOnceAsync(Directory, Scope, call, cancellationToken);

    /// <summary>What each name stands for, in order; null where there is nothing.</summary>
    public async Task<IReadOnlyList<GitObject?>> LookUpAsync(
        IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        var output = await RunAsync(
            GitCall.Of("cat-file", "--batch-check=%(objectname) %(objecttype)").With(string.Join('\n', names) + "\n"),
            cancellationToken);
        return [.. output.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(GitObject.Read)];
    }

    /// <summary>The commit a revision stands for, or null when there is none.</summary>
    public async Task<CommitId?> FindCommitAsync(string revision, CancellationToken cancellationToken)
    {
        var output = await RunAsync(
            GitCall.Of("rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}")
                .Answering(0, 1, 128),
            cancellationToken);
        return CommitId.TryParse(output.Line, out var id) ? id : null;
    }

    public async Task<bool> IsAncestorAsync(CommitId ancestor, CommitId of, CancellationToken cancellationToken) =>
        ancestor == of
        || (await RunAsync(
            GitCall.Of("merge-base", "--is-ancestor", ancestor.Value, of.Value).Answering(0, 1), cancellationToken))
            .Succeeded;

    /// <summary>
    /// Makes a commit. The same tree, parents, message and instant give the same id, whoever asks and how often.
    /// </summary>
    public async Task<CommitId> CommitTreeAsync(
        TreeId tree, IReadOnlyList<CommitId> parents, string message, DateTimeOffset when,
        CancellationToken cancellationToken)
    {
        var call = new GitCall(
            ["commit-tree", tree.Value, .. parents.SelectMany(parent => new[] { "-p", parent.Value })])
        {
            When = when,
            Configuration = [("commit.gpgSign", "false")],
        };
        return CommitId.Parse((await RunAsync(call.With(message), cancellationToken)).Line);
    }

    /// <summary>Stores content as it is, without any filter.</summary>
    public async Task<string> WriteBlobAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        (await RunAsync(
            GitCall.Of("hash-object", "-w", "-t", "blob", "--stdin") with { Input = content }, cancellationToken)).Line;

    /// <summary>
    /// The files that differ between two commits or trees; renames count as a deletion and an addition.
    /// </summary>
    public async Task<IReadOnlyList<FileChange>> ChangesAsync(
        string from, string to, CancellationToken cancellationToken)
    {
        var output = await RunAsync(
            GitCall.Of("diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", "--end-of-options", from, to),
            cancellationToken);
        return FileChange.Read(output.Fields);
    }

    /// <summary>Refs under a prefix and the objects they name.</summary>
    public async Task<IReadOnlyList<GitRef>> RefsAsync(
        IReadOnlyList<string> prefixes, CancellationToken cancellationToken)
    {
        var output = await RunAsync(
            new GitCall(["for-each-ref", "--format=%(objectname) %(refname)", .. prefixes]), cancellationToken);
        return [.. output.Lines.Select(GitRef.Read)];
    }

    /// <summary>Moves refs in one transaction: all or none, each only from the value it is expected to have.</summary>
    public async Task<RefTransaction> UpdateRefsAsync(
        IReadOnlyList<RefChange> changes, string reason, CancellationToken cancellationToken)
    {
        var input = new StringBuilder();
        foreach (var change in changes)
        {
            input.Append(change.Line());
        }

        var call = GitCall.Of("update-ref", "-m", reason, "--stdin", "-z").With(input.ToString())
            .Answering(0, 128) with
        {
            // Only the reflog of the user's repository needs a name; git refuses to write one without.
            When = Runner.TimeProvider.GetUtcNow(),
        };
        var output = await RunAsync(call, cancellationToken);
        return output.Succeeded ? new RefTransaction.Done()
            : GitFailureRules.IsLockHeld(output.StandardErrorTail) ? new RefTransaction.Locked(output.StandardErrorTail)
            : new RefTransaction.Refused(output.StandardErrorTail);
    }
}

/// <summary>An object as git names it: id and kind.</summary>
sealed record GitObject(string Id, string Kind)
{
    // Where nothing is found, git repeats the name, which may itself look like an id, and says "missing".
    public static GitObject? Read(string line) =>
        line.Split(' ') is [var id, ("commit" or "tree" or "blob" or "tag") and var kind]
            && ObjectIdRules.IsObjectId(id)
            ? new GitObject(id, kind)
            : null;
}

/// <summary>A ref and the id it names.</summary>
sealed record GitRef(string Name, string Id)
{
    /// <summary>Reads one line of <c>for-each-ref</c>: id, space, name.</summary>
    public static GitRef Read(string line) =>
        line.Split(' ', 2) is [var id, { Length: > 0 } name] && ObjectIdRules.IsObjectId(id)
            ? new GitRef(name, id)
            : throw GitAnswers.Strange(line, "for-each-ref");
}
