using Beadswarm.Git;

namespace Beadswarm.Workspaces;

/// <summary>What is removed from a work tree before it is used again.</summary>
enum WorkspaceCleaning
{
    /// <summary>Everything that is not in the commit.</summary>
    Everything,

    /// <summary>What git ignores stays: dependencies and build output that make the next build fast.</summary>
    KeepIgnored,
}

/// <summary>One work tree of the hub: its folder, and the administrative folder that git keeps for it.</summary>
sealed class WorkTree(Hub hub, string path, string adminFolder)
{
    const int CleanAttemptsMax = 2;

    static readonly string[] OperationFiles =
    [
        "MERGE_HEAD", "MERGE_MSG", "MERGE_MODE", "MERGE_RR", "AUTO_MERGE", "SQUASH_MSG", "CHERRY_PICK_HEAD",
        "REVERT_HEAD", "REBASE_HEAD", "BISECT_LOG", "BISECT_START", "BISECT_NAMES", "BISECT_TERMS",
            "BISECT_EXPECTED_REV",
        "BISECT_ANCESTORS_OK", "BISECT_RUN", "BISECT_FIRST_PARENT",
    ];

    static readonly string[] OperationFolders = ["rebase-merge", "rebase-apply", "sequencer", "refs"];

    public string Path { get; } = path;

    public string AdminFolder { get; } = adminFolder;

    public GitRepository Repository { get; } = new(hub.Runner, path, GitScope.Own);

    /// <summary>The branch that the hooks let an agent commit to here; null for none.</summary>
    public BranchName? OwnBranch
    {
        get => SmallFile.Read(InAdmin(HubFiles.BranchFile))?.Trim() is { Length: > 0 } name ? new BranchName(name)
            : null;
        set => SmallFile.Write(InAdmin(HubFiles.BranchFile), value is { } branch ? branch.Value + "\n" : "\n");
    }

    /// <summary>
    /// The branch of the work tree in a folder, as whoever stands in it sees it; null: none, as in a clone of its own.
    /// </summary>
    public static BranchName? OwnBranchAt(string folder)
    {
        const string Pointer = "gitdir: ";
        var link = System.IO.Path.Combine(folder, ".git");
        return !Directory.Exists(link) && SmallFile.Read(link) is { } text
            && text.StartsWith(Pointer, StringComparison.Ordinal)
            && SmallFile.Read(System.IO.Path.Combine(text[Pointer.Length..].Trim(), HubFiles.BranchFile))?.Trim()
                is { Length: > 0 } name
            ? new BranchName(name)
            : null;
    }

    public bool MergeUnderWay => File.Exists(InAdmin("MERGE_HEAD"));

    public bool RebaseUnderWay =>
        Directory.Exists(InAdmin("rebase-merge")) || Directory.Exists(InAdmin("rebase-apply"));

    public string InAdmin(string name) => System.IO.Path.Combine(AdminFolder, name);

    /// <summary>
    /// Removes the locks of gits that were killed. The caller knows that none of the workspace lives.
    /// </summary>
    /// <param name="next">A branch that only this workspace writes, beside the one it has now.</param>
    public void RemoveLocks(BranchName? next = null)
    {
        foreach (var file in Directory.EnumerateFiles(AdminFolder, "*.lock"))
        {
            File.Delete(file);
        }

        foreach (var branch in new[] { OwnBranch, next }.OfType<BranchName>())
        {
            var file = System.IO.Path.Combine(hub.GitDirectory, branch.Ref + ".lock");
            if (File.Exists(file))
            {
                File.Delete(file);
            }
        }
    }

    /// <summary>Forgets a half-done merge, rebase, pick or bisection, without touching a file or a branch.</summary>
    public void ForgetOperations()
    {
        foreach (var name in OperationFiles)
        {
            File.Delete(InAdmin(name));
        }

        foreach (var name in OperationFolders.Select(InAdmin).Where(Directory.Exists))
        {
            Directory.Delete(name, recursive: true);
        }
    }

    /// <summary>
    /// Runs a command that makes the files those of a commit; once more after making everything writable.
    /// </summary>
    public async Task ResetAsync(GitCall call, CancellationToken cancellationToken)
    {
        ForgetOperations();
        var output = await Repository.RunOnceAsync(call, cancellationToken);
        if (!output.Succeeded)
        {
            FolderTree.MakeWritable(Path);
            await Repository.RunAsync(call, cancellationToken);
        }
    }

    public async Task CleanAsync(WorkspaceCleaning cleaning, CancellationToken cancellationToken)
    {
        // Twice -f: also folders that are repositories themselves.
        var call = GitCall.Of(
            "clean", "-ff", "-d", "--quiet",
            cleaning switch { WorkspaceCleaning.Everything => "-x", WorkspaceCleaning.KeepIgnored => "--" });
        for (var attempt = 1; ; attempt++)
        {
            var output = await Repository.RunOnceAsync(call, cancellationToken);
            if (output.Succeeded)
            {
                return;
            }

            if (attempt == CleanAttemptsMax)
            {
                throw new GitException(call.Arguments, output.ExitCode, output.StandardErrorTail, Path,
                    isTransient: false);
            }

            FolderTree.MakeWritable(Path);
        }
    }
}
