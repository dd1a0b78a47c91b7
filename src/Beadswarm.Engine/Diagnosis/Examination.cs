using System.Text;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Control;
using Beadswarm.Git;
using Beadswarm.Processes;
using Beadswarm.Sandboxes;
using Beadswarm.Storage;
using Beadswarm.Swarms;
using Beadswarm.Workspaces;

namespace Beadswarm.Diagnosis;

/// <summary>What a repository is examined with.</summary>
/// <param name="Config">Null where it is refused: then its defaults are used.</param>
/// <param name="Quiet">The caller holds the swarm's lock, so that nothing changes under its eyes.</param>
sealed record ExaminationScope(
    string Repository, SwarmConfig? Config, IReadOnlyList<ConfigComplaint> Complaints,
    IReadOnlyDictionary<string, string> Environment, TimeProvider Time, bool Quiet, SwarmHolder? Holder)
{
    public SwarmPaths Paths => new(Repository);

    /// <summary>Where its swarm keeps its state.</summary>
    public StorePlace Place { get => field ?? new StorePlace.InFile(Paths.Store); init; }

    public LimitsConfig Limits => Config?.Limits ?? new LimitsConfig();

    public string Actor => Config?.Tracker.Actor ?? "beadswarm";

    public TrackerDialect? Dialect => Config?.Tracker.Dialect;
}

/// <summary>Looks at everything a swarm depends on. Nothing of the user's is changed.</summary>
static class Examination
{
    const string DefaultTarget = "main";
    const double BytesPerGigabyte = 1024.0 * 1024 * 1024;

    static readonly string[] LockNames = ["index.lock", "HEAD.lock"];

    public static async Task<Facts> LookAsync(ExaminationScope scope, CancellationToken cancellationToken)
    {
        var version = await GitVersionAsync(scope, cancellationToken);
        var (store, agents, beads, open) = await StoreAsync(scope, cancellationToken);
        var held = beads.Where(IsUnderWay).Select(bead => bead.Id).ToHashSet();
        var facts = new Facts
        {
            At = scope.Time.GetUtcNow(),
            GitVersion = version,
            Config = scope.Complaints,
            Holder = scope.Holder,
            Store = store,
            Tracker = await TrackerExamination.LookAsync(
                scope.Repository, scope.Dialect, scope.Actor, held, cancellationToken),
            Locks = [.. Locks(scope)],
            Processes = scope.Quiet ? Strays(scope, open) : [],
            Disk = Disk(scope),
            Sandbox = await SandboxAsync(scope, cancellationToken),
        };
        if (version is null)
        {
            return facts;
        }

        var runner = new GitRunner(GitSettings.From(scope.Environment, scope.Time));
        var user = await UserRepository.OpenAsync(runner, scope.Repository, cancellationToken);
        var target = new BranchName(scope.Config?.Landing.Target ?? DefaultTarget);
        return facts with
        {
            Obstacles = [.. (await user.ProblemsAsync(target, cancellationToken)).Select(Obstacle)],
            Forge = await ForgeExamination.LookAsync(scope, user, cancellationToken),
            FolderNotIgnored = await IsNotIgnoredAsync(scope, user, cancellationToken),
            Orphans = scope.Quiet && facts.Processes.Count == 0
                ? await HubSearch.FindAsync(user, runner, agents, beads, cancellationToken)
                : [],
        };
    }

    /// <summary>The swarm will go on with it, so that nobody else may say what it is.</summary>
    static bool IsUnderWay(BeadWork bead) => bead.State switch
    {
        BeadState.Held => true,
        BeadState.Landing => true,
        BeadState.Pending => bead.Started,
        BeadState.Left => true,
        BeadState.Blocked => false,
        BeadState.Completed => false,
        BeadState.Withdrawn => false,
    };

    static async Task<string?> GitVersionAsync(ExaminationScope scope, CancellationToken cancellationToken)
    {
        try
        {
            var result = await Command.RunAsync(
                new CommandSpec
                {
                    FileName = "git",
                    Arguments = ["--version"],
                    WorkingDirectory = scope.Repository,
                    Environment = scope.Environment,
                    TimeProvider = scope.Time,
                },
                cancellationToken);
            return result.ExitCode == 0 ? Encoding.UTF8.GetString(result.Stdout).Trim() : null;
        }
        catch (Exception error) when (error is ProcessStartException or CommandException)
        {
            return null;
        }
    }

    static async Task<Known> StoreAsync(ExaminationScope scope, CancellationToken cancellationToken)
    {
        try
        {
            await using var store = await scope.Place.OpenReadOnlyAsync(scope.Time, cancellationToken);
            if (store is null)
            {
                return new Known(new StoreFacts.None(), [], [], []);
            }

            var status = await store.ReadStatusAsync(cancellationToken);
            return new Known(
                new StoreFacts.Sound(), [.. status.Agents.Select(agent => agent.Agent)],
                await store.ReadBeadsAsync(cancellationToken), await store.ReadOpenStagesAsync(cancellationToken));
        }
        catch (StoreException error)
        {
            return new Known(new StoreFacts.Unusable(scope.Place.ToString(), error.Message), [], [], []);
        }
    }

    static IEnumerable<FoundLock> Locks(ExaminationScope scope)
    {
        var git = Path.Combine(scope.Repository, ".git");
        foreach (var path in LockNames.Select(name => Path.Combine(git, name)))
        {
            if (File.Exists(path))
            {
                var age = scope.Time.GetUtcNow() - File.GetLastWriteTimeUtc(path);
                yield return new FoundLock(path, LockKind.User, age, Held: false);
            }
        }

        if (scope.Quiet && File.Exists(scope.Paths.Socket))
        {
            var answers = new ControlClient(scope.Paths.Socket).Answers();
            yield return new FoundLock(scope.Paths.Socket, LockKind.Swarm, TimeSpan.Zero, answers);
        }
    }

    /// <summary>Agents whose stage is still open are left alone: the next run takes them over.</summary>
    static IReadOnlyList<StrayProcess> Strays(ExaminationScope scope, IReadOnlyList<OpenStage> open) =>
    [
        .. LeftProcesses.Find(scope.Paths, open)
            .Select(process => new StrayProcess(process.Identity, process.Tag, process.Command)),
    ];

    static async Task<SandboxTrouble?> SandboxAsync(ExaminationScope scope, CancellationToken cancellationToken) =>
        scope.Config is not { AsksForSandbox: true } ? null
        : SandboxRules.HomeProblem(scope.Environment.GetValueOrDefault("HOME")) is { } home ? SandboxTroubles.Home(home)
        : (await Bubblewrap.FindAsync(scope.Environment, scope.Time, cancellationToken)).Trouble;

    static DiskFacts Disk(ExaminationScope scope)
    {
        var folder = new DirectoryInfo(scope.Paths.Folder);
        var options = new EnumerationOptions
        {
            RecurseSubdirectories = true,
            IgnoreInaccessible = true,
            AttributesToSkip = FileAttributes.ReparsePoint,
        };
        return new DiskFacts(
            scope.Repository,
            new DriveInfo(scope.Repository).AvailableFreeSpace,
            (long)(scope.Limits.DiskFreeGbMin * BytesPerGigabyte),
            folder.Exists ? folder.EnumerateFiles("*", options).Sum(file => file.Length) : 0,
            (long)(scope.Limits.DiskGb * BytesPerGigabyte));
    }

    static async Task<bool> IsNotIgnoredAsync(
        ExaminationScope scope, UserRepository user, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(scope.Paths.Folder))
        {
            return false;
        }

        // check-ignore does not know literal paths.
        var call = GitCall.Of("check-ignore", "-q", SwarmPaths.FolderName).Answering(0, 1) with
        {
            Environment = new Dictionary<string, string> { ["GIT_LITERAL_PATHSPECS"] = "0" },
        };
        var ignored = await user.Repository.RunAsync(call, cancellationToken);
        return !ignored.Succeeded;
    }

    static RepositoryObstacle Obstacle(RepositoryProblem problem)
    {
        var kind = problem switch
        {
            RepositoryProblem.Shallow => "shallow",
            RepositoryProblem.PartialClone => "partial",
            RepositoryProblem.Submodules => "submodules",
            RepositoryProblem.Lfs => "lfs",
            RepositoryProblem.BranchMissing => "target-missing",
        };
        return new RepositoryObstacle(kind, problem.Message, problem.Blocking);
    }

    /// <summary>What the store says.</summary>
    sealed record Known(
        StoreFacts Store, IReadOnlyList<AgentNumber> Agents, IReadOnlyList<BeadWork> Beads,
        IReadOnlyList<OpenStage> Open);
}
