using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Control;
using Beadswarm.Gates;
using Beadswarm.Git;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Landing.Forges;
using Beadswarm.Planning;
using Beadswarm.Processes;
using Beadswarm.Sandboxes;
using Beadswarm.Storage;
using Beadswarm.Storage.Sqlite;
using Beadswarm.Workspaces;

namespace Beadswarm.Swarms;

/// <summary>
/// Opens a repository of this machine for one orchestrator, from the bottom up: lock, store, hub, branches. Whatever
/// fails on the way lets go of everything taken before.
/// </summary>
static class MachineSurroundings
{
    /// <exception cref="SwarmHeldException">Another swarm runs in this repository.</exception>
    /// <exception cref="SwarmRefusedException">The repository is not fit for a swarm.</exception>
    public static async Task<SwarmSurroundings> OpenAsync(SwarmSetup setup, CancellationToken cancellationToken)
    {
        var runner = new GitRunner(GitSettings.From(setup.Environment, setup.Time));
        var user = await UserRepository.OpenAsync(runner, setup.RepositoryPath, cancellationToken);
        var target = new BranchName(setup.Config.Landing.Target);
        var problems = await user.ProblemsAsync(target, cancellationToken);
        if (problems.FirstOrDefault(problem => problem.Blocking) is { } problem)
        {
            throw new SwarmRefusedException(problem.Message, "repair the repository, or see beadswarm doctor");
        }

        var bubblewrap = await FindSandboxAsync(setup, cancellationToken);
        var forge = await FindForgeAsync(setup, user, cancellationToken);
        var paths = new SwarmPaths(user.Root);
        var place = StorePlace.Of(setup.Config.Store, paths.Store, setup.Environment);
        var tracker = new JsonlTracker(TrackerLocation.Find(user.Root, setup.Config.Tracker.Dialect), setup.Time);

        // Read once before anything is written: a tracker that cannot be read is refused with nothing changed.
        await tracker.ReadAsync(cancellationToken);
        var node = Environment.MachineName;
        var held = SwarmLock.Take(paths, SwarmHolder.OfThisProcess(SwarmHolder.RunVerb, setup.Time));
        IStore? store = null;
        try
        {
            // Under the lock: of two starts at once, one alone writes git's exclude file.
            user.Ignore(paths.Folder);

            // A git of a dead orchestrator may be in the middle of something still, and must not act beside this one's.
            var tag = SwarmAssembly.CommandTag(paths.Repository);
            var abandoned = await AbandonedCommands.EndAsync(tag, setup.Time, cancellationToken);
            runner = runner.Tagged(tag);
            user = user with { Repository = user.Repository with { Runner = runner } };
            if (place is StorePlace.InFile && Directory.Exists(paths.Hub))
            {
                SqliteStore.RefuseEmptied(paths.Store);
            }

            store = await place.OpenAsync(node, setup.Time, cancellationToken);
            var hub = await Hub.OpenAsync(
                user, runner,
                new HubOptions { SwarmFolder = paths.Folder, BeforeCommit = BeforeCommit(setup.Config) },
                cancellationToken);

            // This process holds the repository's lock, so whatever a lander left half done is a dead one's.
            var branches = await LandingBranches.OpenAsync(
                hub, setup.Config.Landing,
                new ResolvingParts(
                    setup.Config.Landing.Resolve,
                    AllowedEnvironment.Build(setup.Environment, [], new Dictionary<string, string>()),
                    $"{SwarmAssembly.TagPrefix(paths.Repository)}/resolving", setup.Config.Limits.Grace, setup.Time)
                {
                    LogBytesMax = setup.Config.Limits.LogBytesMax,
                },
                cancellationToken);
            var agents = new AgentHost(
                setup.Environment, AgentRunners.All(setup.ScriptedAgentPath, setup.ProgramPath), setup.Time)
            {
                Bubblewrap = bubblewrap,
                Secrets = setup.Secrets,
            };
            return new SwarmSurroundings
            {
                Node = node,
                Paths = paths,
                Machine = new LinuxMachine(),
                Store = store,
                Membership = store is INodeRegistry registry
                    ? await MembershipAsync(setup, registry, hub, paths, cancellationToken)
                    : null,
                Cleared = [.. Cleared(abandoned)],
                Tracker = tracker,
                Workspaces = new WorkspacePool(hub, Room(setup.Config.Limits)),
                Agents = agents,
                Gates = new GateCommands(
                    setup.Environment, [], new GateCheckout(runner), Bounds(setup.Config.Limits), setup.Time),
                Target = branches.Target,
                Integration = branches.Integration,
                PublishAsync = branches.PublishAsync,
                Forge = forge is null ? null : new ForgeParts(
                    forge, new PullRequestBranches(hub, setup.Config.Landing.Remote!),
                    setup.Config.Landing.PullRequest.DeleteBranch),
                ReadTemplate = relative => ReadTemplate(paths.Repository, relative),
                Serve = commands => new ControlServer(paths.Socket, store, commands, setup.Time),
                Random = new Random(),
                TidyLogsAsync = new LogRetention(
                    paths, setup.Config.Limits.LogsMax, token => StatesAsync(store, token), setup.Time).TidyAsync,
                SettlePlansAsync = new PlanSettlement(agents, paths.Folder).RunAsync,
                CloseAsync = async () =>
                {
                    await RemoveLocksAsync(hub);
                    await CloseAsync(store, held);
                },
            };
        }
        catch
        {
            await CloseAsync(store, held);
            throw;
        }
    }

    /// <summary>What other nodes need to know of this clone, and the way that commits go between them.</summary>
    static async Task<Membership> MembershipAsync(
        SwarmSetup setup, INodeRegistry registry, Hub hub, SwarmPaths paths, CancellationToken cancellationToken)
    {
        var remote = setup.Config.Landing.Remote;
        var place = remote is null
            ? null
            : SharedRemote.NameOf((await RemoteAddress.FindAsync(hub.User, remote, cancellationToken)).FetchUrl);
        var card = new NodeCard(
            CloneName.Of(paths), Environment.MachineName, Environment.ProcessId, ProcessIdentity.CurrentBootId, place,
            setup.Config.Landing.Target);
        return new Membership(registry, card, remote is null ? null : new GitWorkRefs(hub, remote));
    }

    /// <summary>What makes the sandboxes that the configuration asks for; null where it asks for none.</summary>
    /// <exception cref="SwarmRefusedException">None can be made here: no agent may run without the one it is to have.
    /// </exception>
    static async Task<Bubblewrap?> FindSandboxAsync(SwarmSetup setup, CancellationToken cancellationToken)
    {
        if (!setup.Config.AsksForSandbox)
        {
            return null;
        }

        if (SandboxRules.HomeProblem(setup.Environment.GetValueOrDefault("HOME")) is { } home)
        {
            var trouble = SandboxTroubles.Home(home);
            throw new SwarmRefusedException(trouble.Message, trouble.Remedy);
        }

        var finding = await Bubblewrap.FindAsync(setup.Environment, setup.Time, cancellationToken);
        return finding.Trouble is { } refused
            ? throw new SwarmRefusedException(refused.Message, refused.Remedy)
            : ((SandboxFinding.Works)finding).Bubblewrap;
    }

    /// <summary>Mode pull-request: whom beads are proposed to; null in the other modes.</summary>
    /// <exception cref="SwarmRefusedException">It is not known, or there is nothing to ask it with.</exception>
    static async Task<GitHub?> FindForgeAsync(
        SwarmSetup setup, UserRepository user, CancellationToken cancellationToken)
    {
        var (landing, wanted) = (setup.Config.Landing, setup.Config.Landing.PullRequest);
        if (landing.Mode != LandingMode.PullRequest)
        {
            return null;
        }

        var remote = landing.Remote
            ?? throw new SwarmRefusedException("mode pull-request needs a remote", "name one in landing.remote");
        var url = (await RemoteAddress.FindAsync(user, remote, cancellationToken)).PushUrl;
        var address = wanted.Repository is { } given ? ForgeAddress.Parse(given) : ForgeAddress.OfRemote(url);
        if (address is null)
        {
            throw new SwarmRefusedException(
                $"the URL of remote '{remote}' does not say which repository of a forge it is",
                "set landing.pullRequest.repository to OWNER/NAME or HOST/OWNER/NAME");
        }

        try
        {
            var gh = GhProgram.Find(
                wanted.Program, user.Root, SwarmAssembly.CommandTag(user.Root), setup.Environment, setup.Time);
            return new GitHub(gh, address, setup.Time);
        }
        catch (ProcessStartException missing)
        {
            throw new SwarmRefusedException(
                $"mode pull-request needs GitHub's program '{wanted.Program}': {missing.Message}",
                "install it, or name it by landing.pullRequest.program");
        }
    }

    static IEnumerable<JournalEvent.RecoveryFound> Cleared(LeakReport abandoned) =>
        abandoned.Ended.Select(process => new JournalEvent.RecoveryFound(
                $"process {process.Pid} of an earlier orchestrator: {process.Command}", "ended"))
            .Concat(abandoned.Remaining.Select(process => new JournalEvent.RecoveryFound(
                $"process {process.Pid} of an earlier orchestrator: {process.Command}", "it does not end")));

    /// <summary>
    /// What an agent's git might have held while the swarm began is nobody's when the last of them is gone.
    /// </summary>
    static async Task RemoveLocksAsync(Hub hub)
    {
        try
        {
            await hub.RemoveLocksAsync(CancellationToken.None);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // The next start tries again.
        }
    }

    static async ValueTask CloseAsync(IStore? store, SwarmLock held)
    {
        if (store is not null)
        {
            await store.DisposeAsync();
        }

        held.Dispose();
    }

    static async Task<IReadOnlyList<(BeadId, BeadState)>> StatesAsync(
        IStore store, CancellationToken cancellationToken) =>
        [.. (await store.ReadBeadsAsync(cancellationToken)).Select(bead => (bead.Id, bead.State))];

    static WorkspaceOptions Room(LimitsConfig limits) => new()
    {
        Cleaning = WorkspaceCleaning.KeepIgnored,
        BytesMax = Bytes(limits.DiskGb),
        BytesFreeMin = Bytes(limits.DiskFreeGbMin),
    };

    static GateLimits Bounds(LimitsConfig limits) => new()
    {
        Grace = limits.Grace,
        LogBytesMax = limits.LogBytesMax,
        OutputBytesMax = limits.FeedbackBytesMax,

        // Less than work is begun with: else nothing red could be judged on a small disk.
        DiskFreeBytesMin = Math.Clamp(Bytes(limits.DiskFreeGbMin), BlamedBytesMin, BlamedBytesMax),
    };

    const long BlamedBytesMin = 1 << 20;
    const long BlamedBytesMax = 64 << 20;

    static long Bytes(double gigabytes) => (long)(gigabytes * 1024 * 1024 * 1024);

    // Templates belong to the user's checkout: an agent's branch must not be able to change its own instructions.
    static string? ReadTemplate(string repository, string relative)
    {
        var path = Path.Combine(repository, relative);
        return File.Exists(path) ? File.ReadAllText(path) : null;
    }

    static IReadOnlyList<HookCommand> BeforeCommit(SwarmConfig config) =>
        [.. config.Gates.Values.Where(gate => gate.BeforeCommit).Select(gate => new HookCommand(gate.Name, gate.Run))];
}
