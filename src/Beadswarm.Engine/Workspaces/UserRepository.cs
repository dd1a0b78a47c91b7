using Beadswarm.Git;

namespace Beadswarm.Workspaces;

/// <summary>
/// Something about the user's repository that the swarm cannot work with, or that its user should know.
/// </summary>
abstract record RepositoryProblem
{
    const int PathsShownMax = 5;

    RepositoryProblem(string message, bool blocking) => (Message, Blocking) = (message, blocking);

    public string Message { get; }

    /// <summary>The swarm must not start; otherwise it is enough that its user knows.</summary>
    public bool Blocking { get; }

    /// <summary>History is cut off, so merges cannot find where two branches parted.</summary>
    public sealed record Shallow() : RepositoryProblem(
        "this is a shallow clone: run 'git fetch --unshallow' first", blocking: true);

    /// <summary>Objects are fetched on demand, which the hub that borrows them cannot do.</summary>
    public sealed record PartialClone(string Setting) : RepositoryProblem(
        $"this is a partial clone ({Setting}): run 'git fetch --refetch --no-filter' in a full clone instead",
            blocking: true);

    /// <summary>Workspaces have empty folders where the submodules belong.</summary>
    public sealed record Submodules(IReadOnlyList<string> Paths) : RepositoryProblem(
        $"submodules are left empty in workspaces: {string.Join(", ", Paths.Take(PathsShownMax))}", blocking: false);

    /// <summary>Workspaces hold the pointers, not the files they stand for.</summary>
    public sealed record Lfs(IReadOnlyList<string> Paths) : RepositoryProblem(
        $"files kept in Git LFS are pointers in workspaces: see {string.Join(", ", Paths.Take(PathsShownMax))}",
        blocking: false);

    /// <summary>The branch that beads are to land on is not there.</summary>
    public sealed record BranchMissing(BranchName Branch) : RepositoryProblem(
        $"there is no branch '{Branch}' with a commit: make a first commit on it, or name another target",
            blocking: true);
}

/// <summary>
/// The repository the swarm was started in: a checkout, a linked worktree of one, or a bare repository.
/// </summary>
/// <param name="Root">Top of the checkout; of a bare repository, the repository itself.</param>
/// <param name="GitDirectory">Of this checkout: HEAD and index.</param>
/// <param name="CommonDirectory">Shared by all worktrees: objects, refs, configuration.</param>
sealed record UserRepository(
    GitRepository Repository, string Root, string GitDirectory, string CommonDirectory, bool IsBare, bool IsShallow,
    string ObjectFormat)
{
    /// <summary>Where the swarm keeps everything of its own unless told otherwise.</summary>
    public string SwarmFolder => Path.Combine(Root, ".beadswarm");

    /// <summary>Where a git may stand that works in this repository, in this work tree or another one of it.</summary>
    public IReadOnlyList<string> Places()
    {
        var linked = Path.Combine(CommonDirectory, "worktrees");
        return
        [
            Root, GitDirectory, CommonDirectory,
            .. Directory.Exists(linked)
                ? Directory.EnumerateDirectories(linked)
                    .Select(folder => SmallFile.Read(Path.Combine(folder, "gitdir"))?.Trim())
                    .Select(Path.GetDirectoryName).OfType<string>().Where(folder => folder.Length > 0)
                : [],
        ];
    }

    /// <exception cref="GitException">There is no repository at the path.</exception>
    public static async Task<UserRepository> OpenAsync(
        GitRunner runner, string path, CancellationToken cancellationToken)
    {
        var repository = new GitRepository(runner, path, GitScope.User);
        var call = GitCall.Of(
            "rev-parse", "--path-format=absolute", "--is-bare-repository", "--is-shallow-repository",
            "--show-object-format", "--git-dir", "--git-common-dir", "--show-toplevel");
        var output = await repository.RunOnceAsync(call, cancellationToken);

        // A bare repository has no top level: git says all the rest and then fails.
        if (output.Lines is not [var bare, var shallow, var format, var gitDirectory, var common, .. var rest]
            || (rest is [] && bare != "true"))
        {
            throw new GitException(
                call.Arguments, output.ExitCode, output.StandardErrorTail, path, isTransient: false);
        }

        var root = rest is [var top, ..] ? top : common;
        return new UserRepository(
            repository with { Directory = root }, root, gitDirectory, common, bare == "true", shallow == "true",
                format);
    }

    /// <summary>What stands in the way of working on a branch of this repository.</summary>
    public async Task<IReadOnlyList<RepositoryProblem>> ProblemsAsync(
        BranchName target, CancellationToken cancellationToken)
    {
        var problems = new List<RepositoryProblem>();
        if (IsShallow)
        {
            problems.Add(new RepositoryProblem.Shallow());
        }

        var settings = await Repository.RunAsync(
            GitCall.Of("config", "--name-only", "--get-regexp", @"^(remote\..*\.promisor|extensions\.partialclone)$")
                .Answering(0, 1),
            cancellationToken);
        if (settings.Lines is [var setting, ..])
        {
            problems.Add(new RepositoryProblem.PartialClone(setting));
        }

        if (await Repository.FindCommitAsync(target.Ref, cancellationToken) is { } tip)
        {
            problems.AddRange(await ContentProblemsAsync(tip, cancellationToken));
        }
        else
        {
            problems.Add(new RepositoryProblem.BranchMissing(target));
        }

        return problems;
    }

    async Task<IReadOnlyList<RepositoryProblem>> ContentProblemsAsync(CommitId tip, CancellationToken cancellationToken)
    {
        const string submoduleMode = "160000 ";
        var problems = new List<RepositoryProblem>();
        var files = await Repository.RunAsync(
            GitCall.Of("ls-tree", "-r", "-z", "--format=%(objectmode) %(path)", tip.Value), cancellationToken);
        var submodules = files.Fields.Where(field => field.StartsWith(submoduleMode, StringComparison.Ordinal))
            .Select(field => field[submoduleMode.Length..]).ToArray();
        if (submodules.Length > 0)
        {
            problems.Add(new RepositoryProblem.Submodules(submodules));
        }

        var grep = GitCall.Of("grep", "-l", "-z", "-F", "-e", "filter=lfs", tip.Value, "--", "*.gitattributes")
            .Answering(0, 1) with
        {
            Environment = new Dictionary<string, string> { ["GIT_LITERAL_PATHSPECS"] = "0" },
        };
        var attributes = (await Repository.RunAsync(grep, cancellationToken)).Fields
            .Select(field => field[(field.IndexOf(':') + 1)..]).ToArray();
        if (attributes.Length > 0)
        {
            problems.Add(new RepositoryProblem.Lfs(attributes));
        }

        return problems;
    }

    /// <summary>Lets git ignore a folder at the top of the checkout, without touching a tracked file.</summary>
    public void Ignore(string folder)
    {
        var line = $"/{Path.GetRelativePath(Root, folder).Replace('\\', '/')}/";
        if (IsBare || line.StartsWith("/../", StringComparison.Ordinal))
        {
            return;
        }

        // Linked worktrees share the exclude file of the common directory.
        var path = Path.Combine(CommonDirectory, "info", "exclude");
        var text = SmallFile.Read(path) ?? "";
        if (!text.Split('\n').Any(existing => existing.TrimEnd('\r') == line))
        {
            SmallFile.Write(path, text + (text.Length == 0 || text.EndsWith('\n') ? "" : "\n") + line + "\n");
        }
    }
}
