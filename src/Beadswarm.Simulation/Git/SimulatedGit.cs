using System.Collections.Immutable;
using Beadswarm.Claims;
using Beadswarm.Git;
using Beadswarm.Workspaces;

namespace Beadswarm.Simulation.Git;

/// <summary>How the simulated repositories begin.</summary>
sealed record SimulatedGitSetup
{
    /// <summary>Where the folder of the swarm would be; nothing is written there.</summary>
    public string SwarmFolder { get; init; } = "/simulated/.beadswarm";

    /// <summary>The branch the user's checkout is on; it has the first commit.</summary>
    public BranchName Target { get; init; } = new("main");

    /// <summary>The target lives on a remote and not in the user's repository.</summary>
    public bool HasRemote { get; init; }

    /// <summary>Another clone of the same remote; null: the first one.</summary>
    public SimulatedGit? Beside { get; init; }

    /// <summary>The user's repository has no checkout.</summary>
    public bool Bare { get; init; }

    public IReadOnlyList<(string Path, string? Text)> Files { get; init; } = [("README.md", "hello\n")];

    public required DateTimeOffset When { get; init; }
}

/// <summary>
/// Everything of git that is on disks and outlives an orchestrator: commits, the refs of the user's repository, of the
/// hub and of the remote, the user's checkout, the workspaces and what lies in them. Each change of it is one step:
/// whoever dies has done it or not. What an orchestrator does with it goes by <see cref="GitHands"/>.
/// </summary>
/// <remarks>
/// Objects are never pruned: pins, which only keep them, are not simulated. Nor are renames, modes, ignored files and
/// hooks. The same calls in the same order give the same ids.
/// </remarks>
sealed class SimulatedGit
{
    readonly HashSet<CommitId> _here = [];
    readonly SortedDictionary<string, SimulatedFolder> _folders = new(StringComparer.Ordinal);

    public SimulatedGit(SimulatedGitSetup setup)
    {
        SwarmFolder = setup.SwarmFolder;
        Target = setup.Target;
        Hub = new RefTable(setup.SwarmFolder + "/hub.git");
        User = new RefTable(setup.SwarmFolder + "/../.git");
        Commits = setup.Beside?.Commits ?? new CommitTable();
        Remote = setup.Beside is { } other ? other.Remote : setup.HasRemote ? new SimulatedRemote() : null;
        var first = Commit(FileTree.Of(setup.Files), [], "first\n", setup.When);
        User.Set(setup.Target.Ref, first.Id.Value);
        Remote?.Refs.Set(setup.Target.Ref, first.Id.Value);
        Checkout = setup.Bare ? null : new UserFolder(this, setup.Target);
    }

    public string SwarmFolder { get; }

    /// <summary>Those of all clones.</summary>
    public CommitTable Commits { get; }

    public BranchName Target { get; }

    /// <summary>The refs of the repository that the workspaces belong to.</summary>
    public RefTable Hub { get; }

    /// <summary>The refs of the user's repository.</summary>
    public RefTable User { get; }

    /// <summary>Null: the target is a branch of the user's repository.</summary>
    public SimulatedRemote? Remote { get; }

    /// <summary>The user's checkout; null when the repository is bare.</summary>
    public UserFolder? Checkout { get; }

    /// <summary>The refs that the target is one of.</summary>
    public RefTable TargetRefs => Remote?.Refs ?? User;

    /// <summary>Where the target is now, whoever asks; null when somebody has deleted it.</summary>
    public SimulatedCommit? Tip => TargetRefs.Find(Target) is { } id ? Commits[id] : null;

    /// <summary>
    /// A crash in the middle of moving a ref leaves its lock, as when git itself is killed. In the user's repository
    /// only a person removes it, unless his checkout was following; until then the queue is held.
    /// </summary>
    public bool CrashesLeaveLocks { get; set; }

    /// <summary>The size of the disk, and what others have on it.</summary>
    public long DiskBytes { get; set; } = 1L << 40;

    public long ForeignBytes { get; set; }

    /// <summary>What all workspaces hold.</summary>
    public long WorkspaceBytes => _folders.Values.Where(folder => folder.Exists).Sum(folder => folder.Files.Bytes);

    /// <summary>All folders of agents and landers, by path.</summary>
    public IReadOnlyCollection<SimulatedFolder> Folders => _folders.Values;

    /// <summary>A commit that this clone has.</summary>
    public SimulatedCommit? Find(CommitId id) => _here.Contains(id) ? Commits[id] : null;

    /// <exception cref="GitException">This clone has no such commit.</exception>
    public SimulatedCommit this[CommitId id] =>
        Find(id) ?? throw new GitException(
            ["rev-parse", "--verify", id.Value], 128, "fatal: Needed a single revision", Hub.Place, false);

    /// <summary>Makes a commit, which nothing reaches yet.</summary>
    public SimulatedCommit Commit(
        FileTree tree, ImmutableArray<SimulatedCommit> parents, string message, DateTimeOffset when)
    {
        var made = Commits.Make(tree, parents, message, when);
        _here.Add(made.Id);
        return made;
    }

    /// <summary>A commit and all that it leads to come here from the remote.</summary>
    public void Fetch(CommitId id)
    {
        var open = new Stack<SimulatedCommit>([Commits[id]]);
        while (open.TryPop(out var commit))
        {
            if (_here.Add(commit.Id))
            {
                foreach (var parent in commit.Parents)
                {
                    open.Push(parent);
                }
            }
        }
    }

    /// <summary>The commits that refs of the user's repository and the hub name, but for one of the hub.</summary>
    public IEnumerable<SimulatedCommit> Reached(string? except) =>
        Hub.All.Where(entry => entry.Key != except).Concat(User.All)
            .Select(entry => Find(new CommitId(entry.Value))).OfType<SimulatedCommit>();

    /// <summary>Removes what gits that were killed left locked among the swarm's own refs.</summary>
    public void RemoveLocks()
    {
        foreach (var refs in new[] { Hub, User })
        {
            refs.UnlockUnder("refs/beadswarm/");
        }
    }

    public string PathOf(AgentNumber agent) => $"{SwarmFolder}/workspaces/{agent}";

    public string LandingPath(int slot) =>
        $"{SwarmFolder}/landing/{slot.ToString(System.Globalization.CultureInfo.InvariantCulture)}";

    /// <summary>The folder of an agent, made or not.</summary>
    public SimulatedFolder FolderOf(AgentNumber agent) => FolderAt(PathOf(agent));

    /// <summary>A folder of an agent or of a lander, made or not.</summary>
    public SimulatedFolder FolderAt(string path)
    {
        if (!_folders.TryGetValue(path, out var folder))
        {
            folder = new SimulatedFolder(this, path);
            _folders.Add(path, folder);
        }

        return folder;
    }

    /// <summary>The epoch of landing that is on; 0 before the first.</summary>
    public static long EpochOf(RefTable refs) =>
        refs.Find(LandingEpoch.Ref) is { } id ? Convert.ToInt64(id, 16) : 0;

    /// <summary>The id that stands for an epoch, as the blob does in git.</summary>
    public static string EpochId(long number) =>
        number.ToString("x40", System.Globalization.CultureInfo.InvariantCulture);
}
