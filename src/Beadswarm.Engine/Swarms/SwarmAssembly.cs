using System.Security.Cryptography;
using System.Text;
using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Gates;
using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Pipelines;
using Beadswarm.Storage;
using Beadswarm.Storage.Sqlite;
using Beadswarm.Workspaces;

namespace Beadswarm.Swarms;

/// <summary>An agent slot with what it serves and what runs it.</summary>
sealed record AssembledAgent(AgentSlot Slot, AgentWorker Worker);

/// <summary>
/// The parts of one orchestrator, put together by hand from the bottom up: lock, repository, store, hub, target,
/// agents.
/// Whatever fails on the way lets go of everything taken before.
/// </summary>
sealed class SwarmAssembly : IAsyncDisposable
{
    const int TagHashCharacters = 12;

    SwarmLock? _lock;

    public required SwarmSetup Setup { get; init; }
    public required SwarmParts Parts { get; init; }
    public required SwarmRecord Swarm { get; init; }
    public required TrackerSync Tracker { get; init; }
    public required Lander Lander { get; init; }
    public required LeaseKeeper Leases { get; init; }
    public required Reaper Reaper { get; init; }
    public required IReadOnlyList<AssembledAgent> Agents { get; init; }
    public required IReadOnlyDictionary<AgentNumber, AdoptedStage> Unfinished { get; init; }

    public static async Task<SwarmAssembly> OpenAsync(SwarmSetup setup, CancellationToken cancellationToken)
    {
        var runner = new GitRunner(GitSettings.From(setup.Environment, setup.Time));
        var user = await UserRepository.OpenAsync(runner, setup.RepositoryPath, cancellationToken);
        var target = new BranchName(setup.Config.Landing.Target);
        var problems = await user.ProblemsAsync(target, cancellationToken);
        if (problems.FirstOrDefault(problem => problem.Blocking) is { } problem)
        {
            throw new SwarmRefusedException(problem.Message, "repair the repository, or see beadswarm doctor");
        }

        var paths = new SwarmPaths(user.Root);
        var tracker = new JsonlTracker(TrackerLocation.Find(user.Root, setup.Config.Tracker.Dialect), setup.Time);

        // Read once before anything is written: a tracker that cannot be read is refused with nothing changed.
        await tracker.ReadAsync(cancellationToken);
        user.Ignore(paths.Folder);
        var node = Environment.MachineName;
        var held = SwarmLock.Take(paths, new SwarmHolder(Environment.ProcessId, node, setup.Time.GetUtcNow()));
        SqliteStore? store = null;
        try
        {
            store = await SqliteStore.OpenAsync(paths.Store, setup.Time, cancellationToken);
            var assembly = await AssembleAsync(setup, paths, node, runner, user, tracker, store, cancellationToken);
            assembly._lock = held;
            return assembly;
        }
        catch
        {
            if (store is not null)
            {
                await store.DisposeAsync();
            }

            held.Dispose();
            throw;
        }
    }

    public SwarmMonitor Monitor(SwarmStop stop) =>
        new(Parts.Store, Parts.Epoch, Tracker, Parts.Claims, stop, Swarm.Target, Parts.Bell);

    public async ValueTask DisposeAsync()
    {
        Tracker.Dispose();
        Parts.Backlog.Dispose();
        Parts.Gates.Dispose();
        await Parts.Store.DisposeAsync();
        _lock?.Dispose();
    }

    static async Task<SwarmAssembly> AssembleAsync(
        SwarmSetup setup, SwarmPaths paths, string node, GitRunner runner, UserRepository user, JsonlTracker tracker,
        IStore store, CancellationToken cancellationToken)
    {
        var config = setup.Config;
        var slots = Slots(config);
        var swarm = await store.BeginSwarmAsync(
            new SwarmBegin(
                node, config.Select.Target, config.Select.Limit, config.Select.Order, config.Pipeline.Stages[0].Name,
                slots, setup.Resume)
            {
                RetryStage = config.Pipeline.RetryFrom,
                Actor = config.Tracker.Actor,
            },
            cancellationToken);
        var hub = await Hub.OpenAsync(
            user, runner,
            new HubOptions { SwarmFolder = paths.Folder, BeforeCommit = BeforeCommit(config) }, cancellationToken);
        var branches = await LandingBranches.OpenAsync(hub, config.Landing, cancellationToken);
        var bell = new Bell();
        var claims = new ClaimRegistry(setup.Time);
        var parts = new SwarmParts
        {
            Config = config,
            Paths = paths,
            Epoch = swarm.Epoch,
            Node = node,
            Store = store,
            Backlog = new CurrentBacklog(tracker),
            Workspaces = new WorkspacePool(hub, new WorkspaceOptions
            {
                Cleaning = WorkspaceCleaning.KeepIgnored,
                BytesMax = (long)(config.Limits.DiskGb * 1024 * 1024 * 1024),
                BytesFreeMin = (long)(config.Limits.DiskFreeGbMin * 1024 * 1024 * 1024),
            }),
            Agents = new AgentHost(
                setup.Environment, [new CommandRunner(), new ScriptedRunner(setup.ScriptedAgentPath)], setup.Time),
            Gates = Gates(setup, paths, runner, store, swarm.Epoch),
            LandsOn = branches.LandsOn,
            Claims = claims,
            Bell = bell,
            Time = setup.Time,
            Random = new Random(),
            TagPrefix = TagPrefix(paths.Repository),
        };
        var lander = new Lander(new LanderParts(
            store, swarm.Epoch, config, branches.Target, branches.Integration, parts.Gates, tracker, parts.Backlog,
            paths.Repository, branches.PublishAsync, parts.Workspaces, bell, setup.Time));
        // This process holds the repository's lock, so whatever a lander left half done is a dead one's.
        await branches.Target.RecoverAsync(cancellationToken);
        var unfinished = await new Recovery(parts, slots).RunAsync(cancellationToken);
        var strays = await StrayStagesAsync(store, config, cancellationToken);
        IEnumerable<StageName> StraysFor(PoolConfig pool) =>
            pool.Stages.Contains(config.Pipeline.Stages[0].Name) ? strays : [];

        return new SwarmAssembly
        {
            Setup = setup,
            Parts = parts,
            Swarm = swarm,
            Tracker = new TrackerSync(
                store, tracker, parts.Backlog, swarm.Epoch, config, setup.Once, lander.TrackerChanged, bell,
                setup.Time),
            Lander = lander,
            Leases = new LeaseKeeper(store, claims, config.Limits.Lease, setup.Time),
            Reaper = new Reaper(store, swarm.Epoch, claims, config.Limits.Lease, bell, setup.Time),
            Agents = [.. slots.Zip(Pools(config)).Select(pair =>
                new AssembledAgent(
                    pair.First,
                    new AgentWorker(parts, pair.First, [.. pair.Second.Stages, .. StraysFor(pair.Second)])))],
            Unfinished = unfinished,
        };
    }

    /// <summary>
    /// Stages at which begun beads wait, but which the pipeline does not have any more: whoever serves its first stage
    /// takes them up there.
    /// </summary>
    static async Task<IReadOnlyList<StageName>> StrayStagesAsync(
        IStore store, SwarmConfig config, CancellationToken cancellationToken)
    {
        var beads = await store.ReadBeadsAsync(cancellationToken);
        return
        [
            .. beads.Select(bead => bead.State).OfType<BeadState.Pending>().Select(pending => pending.Stage).Distinct()
                .Where(stage => !config.Pipeline.Has(stage)),
        ];
    }

    /// <summary>Marks the processes of one repository's swarm among all on this machine.</summary>
    public static string TagPrefix(string repository) =>
        "beadswarm-"
        + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(repository)))[..TagHashCharacters];

    static Gatekeeper Gates(SwarmSetup setup, SwarmPaths paths, GitRunner git, IStore store, SwarmEpoch epoch)
    {
        var limits = setup.Config.Limits;
        var runner = new GateRunner(
            setup.Environment, [], new GateCheckout(git), new StoredGateLedger(store),
            new GateLimits
            {
                GatesMax = limits.GatesMax,
                Grace = limits.Grace,
                LogBytesMax = limits.LogBytesMax,
                OutputBytesMax = limits.FeedbackBytesMax,
            },
            setup.Time);
        return new Gatekeeper(
            runner, store, setup.Config.Gates, Path.Combine(paths.GateLogs, $"{epoch.Value}"),
            $"{TagPrefix(paths.Repository)}/gate-{epoch.Value}");
    }

    static AgentSlot[] Slots(SwarmConfig config) =>
        [.. Pools(config).Select((pool, index) => new AgentSlot(new AgentNumber(index + 1), pool.Role, pool.Runner))];

    static IEnumerable<PoolConfig> Pools(SwarmConfig config) =>
        config.Pools.SelectMany(pool => Enumerable.Repeat(pool, pool.Agents));

    static IReadOnlyList<HookCommand> BeforeCommit(SwarmConfig config) =>
        [.. config.Gates.Values.Where(gate => gate.BeforeCommit).Select(gate => new HookCommand(gate.Name, gate.Run))];
}
