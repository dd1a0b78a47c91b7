using System.Security.Cryptography;
using System.Text;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Gates;
using Beadswarm.Journal;
using Beadswarm.Pipelines;
using Beadswarm.Processes;
using Beadswarm.Storage;
using Beadswarm.Supervision;
using Beadswarm.Waiting;

namespace Beadswarm.Swarms;

/// <summary>An agent slot with what it serves and what runs it.</summary>
sealed record AssembledAgent(AgentSlot Slot, AgentWorker Worker);

/// <summary>
/// The parts of one orchestrator, put together by hand from the bottom up, and what its predecessor left recovered.
/// </summary>
sealed class SwarmAssembly : IAsyncDisposable
{
    const int TagHashCharacters = 12;

    public required SwarmSetup Setup { get; init; }
    public required SwarmSurroundings Surroundings { get; init; }
    public required SwarmParts Parts { get; init; }
    public required SwarmRecord Swarm { get; init; }
    public required TrackerSync Tracker { get; init; }
    public required Lander Lander { get; init; }
    public required LeaseKeeper Leases { get; init; }
    public required Reaper Reaper { get; init; }

    /// <summary>Null where nobody is to look after what has landed.</summary>
    public LandingWatch? Watch { get; init; }
    public required IReadOnlyList<AssembledAgent> Agents { get; init; }
    public required IReadOnlyDictionary<AgentNumber, AdoptedStage> Unfinished { get; init; }

    /// <summary>Those of the pipeline, and those that it had when beads were left at them.</summary>
    public required IReadOnlyList<StageName> AllStages { get; init; }

    /// <summary>Begins the swarm in its surroundings; when that fails, they are let go of.</summary>
    public static async Task<SwarmAssembly> AssembleAsync(
        SwarmSetup setup, SwarmSurroundings surroundings, CancellationToken cancellationToken)
    {
        try
        {
            return await BeginAsync(setup, surroundings, cancellationToken);
        }
        catch
        {
            await surroundings.DisposeAsync();
            throw;
        }
    }

    public SwarmMonitor Monitor(SwarmStop stop) =>
        new(Parts, Tracker, stop, Swarm.Target);

    public ValueTask DisposeAsync() => Surroundings.DisposeAsync();

    /// <summary>Marks the processes of one repository's swarm among all on this machine.</summary>
    public static string TagPrefix(string repository) =>
        "beadswarm-"
        + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(repository)))[..TagHashCharacters];

    /// <summary>Marks every process of one stage under one claim.</summary>
    public static string TagOf(SwarmPaths paths, Claim claim) =>
        $"{TagPrefix(paths.Repository)}/{claim.Bead}/{claim.Key.Token}/{claim.Stage}";

    /// <summary>Marks the gits that an orchestrator of this repository starts.</summary>
    public static string CommandTag(string repository) => AbandonedCommands.TagOf(TagPrefix(repository));

    static async Task<SwarmAssembly> BeginAsync(
        SwarmSetup setup, SwarmSurroundings outside, CancellationToken cancellationToken)
    {
        var config = setup.Config;
        var slots = Slots(config);
        var store = outside.Store;
        var swarm = await store.BeginSwarmAsync(
            new SwarmBegin(
                outside.Node, config.Select.Target, config.Select.Limit, config.Select.Order,
                config.Pipeline.Stages[0].Name, slots, setup.Resume)
            {
                RetryStage = config.Pipeline.RetryFrom,
                Actor = config.Tracker.Actor,
                Bounds = BoundsOf(config, outside.Gates),
            },
            cancellationToken);
        foreach (var cleared in outside.Cleared)
        {
            await store.AppendAsync(null, null, cleared, cancellationToken);
        }

        foreach (var gate in config.Gates.Values.Where(gate => gate.Quarantined))
        {
            await store.AppendAsync(null, null, new JournalEvent.GateQuarantined(gate.Name), cancellationToken);
        }

        var parts = Share(setup, outside, swarm.Epoch);
        await parts.Budget.BeginAsync(cancellationToken);
        await parts.Turns.BeginAsync(store, parts.Time.GetUtcNow(), cancellationToken);
        var landing = new LanderParts(
            store, swarm.Epoch, config, outside.Target, outside.Integration, parts.Gates, outside.Tracker,
            parts.Backlog, parts.Paths.Repository, outside.PublishAsync, parts.Workspaces, parts.Agents, parts.Effects,
            parts.Bell, setup.Time)
        {
            Forge = outside.Forge,
            Foreseen = parts.Foreseen,
        };
        var lander = new Lander(landing);
        var unfinished = await new Recovery(parts, slots).RunAsync(cancellationToken);
        await new EffectRecovery(parts, outside).RunAsync(unfinished.Values, cancellationToken);
        var strays = await StrayStagesAsync(store, config, cancellationToken);
        IEnumerable<StageName> StraysFor(PoolConfig pool) =>
            pool.Stages.Contains(config.Pipeline.Stages[0].Name) ? strays : [];

        return new SwarmAssembly
        {
            Setup = setup,
            Surroundings = outside,
            Parts = parts,
            Swarm = swarm,
            Tracker = new TrackerSync(
                store, outside.Tracker, parts.Backlog,
                new LostStarts(
                    store, outside.Tracker, outside.Target, parts.Paths.Repository, config.Tracker.Actor),
                swarm.Epoch, config, setup.Once, lander.TrackerChanged, parts.Bell, setup.Time),
            Lander = lander,
            Leases = new LeaseKeeper(store, parts.Claims, config.Limits.Lease, setup.Time),
            Reaper = new Reaper(
                store, swarm.Epoch, parts.Claims, new ExternalRescue(parts), config.Limits.LeaseMin, parts.Bell,
                setup.Time, outside.TidyLogsAsync),
            Watch = config.Landing.Watch > TimeSpan.Zero && config.Landing.Mode is not LandingMode.Branch
                ? new LandingWatch(parts, outside.Target, config.Landing.Watch)
                : null,
            Agents = [.. slots.Zip(Pools(config)).Select(pair =>
                new AssembledAgent(
                    pair.First,
                    new AgentWorker(parts, pair.First, [.. pair.Second.Stages, .. StraysFor(pair.Second)])))],
            Unfinished = unfinished,
            AllStages = [.. config.Pipeline.Stages.Select(stage => stage.Name), .. strays],
        };
    }

    static SwarmParts Share(SwarmSetup setup, SwarmSurroundings outside, SwarmEpoch epoch)
    {
        var prefix = TagPrefix(outside.Paths.Repository);
        var effects = new EffectLog(outside.Store, epoch);
        var bell = new Bell();
        return new SwarmParts
        {
            Config = setup.Config,
            Paths = outside.Paths,
            Epoch = epoch,
            Node = outside.Node,
            Store = outside.Store,
            Effects = effects,
            Backlog = new CurrentBacklog(outside.Tracker),
            Workspaces = outside.Workspaces,
            Agents = outside.Agents,
            Room = new RoomWatch(outside.Workspaces, outside.Store, setup.Notify),
            Admission = new Admission(outside.Machine, outside.Workspaces.Admit, setup.Config.Limits, setup.Time),
            Gates = new Gatekeeper(
                new GateRunner(outside.Gates, new StoredGateLedger(outside.Store), setup.Config.Limits.GatesMax),
                outside.Store, effects, setup.Config.Gates, Path.Combine(outside.Paths.GateLogs, $"{epoch.Value}"),
                $"{prefix}/gate-{epoch.Value}"),
            LandsOn = outside.LandsOn,
            Claims = new ClaimRegistry(setup.Config.Limits.Lease, setup.Time),
            Turns = new RunnerTurns(setup.Config.Runners, setup.Config.Pools, setup.Config.Limits.Retry),
            Failures = new FailureMeter(setup.Config.Limits.Restarts, setup.Config.AgentCount, setup.Time),
            Budget = new Budget(outside.Store, setup.Config, bell, setup.Time),
            Bell = bell,
            Time = setup.Time,
            Random = outside.Random,
            TagPrefix = prefix,
            ReadTemplate = outside.ReadTemplate,
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

    static SwarmBounds BoundsOf(SwarmConfig config, IGateCommands gates) => new(
        config.Pipeline.MaxAttempts, config.Limits.InfrastructureRetriesMax, config.Landing.Target,
        config.Landing.Remote,
        config.Landing.Gates.Where(name => !config.Gates[name].Quarantined)
            .ToDictionary(name => name, name => gates.RecipeOf(config.Gates[name])));

    static AgentSlot[] Slots(SwarmConfig config) =>
        [.. Pools(config).Select((pool, index) => new AgentSlot(new AgentNumber(index + 1), pool.Role, pool.Runner))];

    static IEnumerable<PoolConfig> Pools(SwarmConfig config) =>
        config.Pools.SelectMany(pool => Enumerable.Repeat(pool, pool.Agents));
}
