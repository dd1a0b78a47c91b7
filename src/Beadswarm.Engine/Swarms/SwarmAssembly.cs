using System.Security.Cryptography;
using System.Text;
using Beadswarm.Claims;
using Beadswarm.Configuration;
using Beadswarm.Gates;
using Beadswarm.Git;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Pipelines;
using Beadswarm.Planning;
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

    /// <summary>As it was when this process began to take part in it.</summary>
    public required SwarmRecord Swarm { get; init; }

    /// <summary>Keeps it among the nodes of the swarm; null where there is one orchestrator only.</summary>
    public NodeKeeper? Node { get; init; }

    /// <summary>How long the journal was before it took part.</summary>
    public long JournalBefore { get; init; }

    /// <summary>The swarm as it was when this node took it over; null: it did not.</summary>
    public SwarmRecord? TakenOver { get; private set; }
    public required TrackerSync Tracker { get; init; }
    public required Lander Lander { get; init; }
    public required LeaseKeeper Leases { get; init; }
    public required Reaper Reaper { get; init; }

    /// <summary>Null where nobody is to look after what has landed.</summary>
    public LandingWatch? Watch { get; init; }

    /// <summary>Null where the gates of the whole are not run.</summary>
    public TargetWatch? TargetWatch { get; init; }
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
        new(Parts, Tracker, stop, (TakenOver ?? Swarm).Target);

    /// <summary>
    /// What a node does that has taken the swarm over, before it lands or tells the tracker anything: what its
    /// predecessor was in the middle of is looked at. Claims are left alone: its own agents go on, and those of the
    /// predecessor's end by their leases.
    /// </summary>
    public async Task RecoverAsync(CancellationToken cancellationToken)
    {
        try
        {
            // The tracker's file may be of the time when this clone was made; what was brought onto the target since
            // is newer.
            await Surroundings.Merge.FollowAsync(
                await Surroundings.Target.TipAsync(cancellationToken), cancellationToken);
        }
        catch (GitException away)
        {
            await Parts.Store.AppendAsync(
                null, null, new JournalEvent.RecoveryFound("the target cannot be looked at", away.Message),
                cancellationToken);
        }

        await new EffectRecovery(Parts, Surroundings).RunAsync(
            [], _ => Task.FromResult<Func<OpenEffect, bool>>(EffectRules.IsOfAgent), cancellationToken);
    }

    /// <summary>
    /// What a node does that leaves without ever having held the swarm. An agent that was between two stages still has
    /// its bead. Another node has landed its beads, so their branches are still here, and the user's checkout has not
    /// followed.
    /// </summary>
    public async Task TidyAsync(CancellationToken cancellationToken)
    {
        if (Surroundings.Membership is { } membership && Parts.Standing.Node is { } node)
        {
            await Parts.Standing.CatchUpAsync(Parts.Store, cancellationToken);
            var elsewhere = Elsewhere.Of(membership.Registry, node);
            await new Recovery(Parts, [.. Agents.Select(agent => agent.Slot)], elsewhere)
                .ReleaseIdleClaimsAsync([], cancellationToken);
        }

        try
        {
            var mine = Agents.Select(agent => agent.Slot.Number).ToHashSet();
            foreach (var landing in await Parts.Store.ReadLandingsAsync(null, cancellationToken))
            {
                if (landing is { State: LandingState.Landed } && mine.Contains(landing.Agent))
                {
                    // Refuses by itself while anything is only there.
                    await Surroundings.Workspaces.RemoveLandedBranchAsync(
                        new BranchName(landing.Branch), CommitId.Parse(landing.HeadCommit), cancellationToken);
                }
            }

            await Surroundings.Merge.FollowAsync(
                await Surroundings.Target.TipAsync(cancellationToken), cancellationToken);
        }
        catch (GitException)
        {
            // Nothing is lost by it: 'clean' removes branches, and the next pull brings the checkout up to date.
        }
    }

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
        var store = outside.Store;
        var begin = new SwarmBegin(
            outside.Node, config.Select.Target, config.Select.Limit, config.Select.Order,
            config.Pipeline.Stages[0].Name, Slots(config), setup.Resume)
        {
            RetryStage = config.Pipeline.RetryFrom,
            Actor = config.Tracker.Actor,
            Bounds = BoundsOf(config, outside.Gates),
        };
        var before = outside.Membership is { } membership
            ? await membership.Registry.ReadJournalEndAsync(cancellationToken) : 0;
        var (swarm, standing, block) = await EnterAsync(outside, begin, config, setup.Time, cancellationToken);
        var slots = begin.At(block).Agents;
        var elsewhere = outside.Membership is { } several
            ? Elsewhere.Of(several.Registry, standing.Node!) // it has entered
            : Elsewhere.Nothing;
        foreach (var cleared in outside.Cleared)
        {
            await store.AppendAsync(null, null, cleared, cancellationToken);
        }

        foreach (var gate in config.Gates.Values.Where(gate => gate.Quarantined))
        {
            await store.AppendAsync(null, null, new JournalEvent.GateQuarantined(gate.Name), cancellationToken);
        }

        var parts = Share(setup, outside, standing);
        async Task<bool> RecordPlanAsync(PlanUse use, CancellationToken _) =>
            (await parts.Plans.RecordAsync(use.Bead, PlanBudgetRules.EntryOf(use, config))).Done;
        await parts.Budget.BeginAsync(cancellationToken);
        await outside.SettlePlansAsync(RecordPlanAsync, cancellationToken);
        await parts.Turns.BeginAsync(store, parts.Time.GetUtcNow(), cancellationToken);
        var landing = new LanderParts(
            store, standing, config, outside.Target, outside.Integration, parts.Gates, outside.Tracker,
            parts.Backlog, parts.Paths.Repository, outside.PublishAsync, parts.Workspaces, parts.Agents, parts.Effects,
            parts.Bell, setup.Time)
        {
            Merge = outside.Merge,
            Forge = outside.Forge,
            Foreseen = parts.Foreseen,
            Exchange = parts.Exchange,
        };
        var lander = new Lander(landing);
        var unfinished = await new Recovery(parts, slots, elsewhere).RunAsync(cancellationToken);
        await new EffectRecovery(parts, outside).RunAsync(
            unfinished.Values,
            async token =>
            {
                var has = await elsewhere.EffectsAsync(token);
                return standing.Holds ? has : open => !EffectRules.IsOfAgent(open) || has(open);
            },
            cancellationToken);
        if (standing.Holds)
        {
            await outside.Merge.BeginAsync(cancellationToken);
        }

        var strays = await StrayStagesAsync(store, config, cancellationToken);
        IEnumerable<StageName> StraysFor(PoolConfig pool) =>
            pool.Stages.Contains(config.Pipeline.Stages[0].Name) ? strays : [];

        SwarmAssembly? assembly = null;
        return assembly = new SwarmAssembly
        {
            Setup = setup,
            Surroundings = outside,
            Parts = parts,
            Swarm = swarm,
            JournalBefore = before,
            Node = outside.Membership is { } nodes
                ? new NodeKeeper(
                    nodes.Registry, parts, begin, taken => assembly!.TakenOver = taken) // made before it runs
                : null,
            Tracker = new TrackerSync(
                store, outside.Tracker, parts.Backlog,
                new OutdatedLines(store, outside.Tracker, outside.Target, parts.Paths.Repository),
                new LostStarts(
                    store, outside.Tracker, outside.Target, parts.Paths.Repository, config.Tracker.Actor),
                standing, config, setup.Once, lander.TrackerChanged, parts.Bell, setup.Time),
            Lander = lander,
            Leases = new LeaseKeeper(store, parts.Claims, config.Limits.Lease, setup.Time),
            Reaper = new Reaper(
                store, standing, parts.Claims, new ExternalRescue(parts), config.Limits.LeaseMin, parts.Bell,
                setup.Time,
                async token =>
                {
                    await outside.TidyLogsAsync(token);
                    await outside.SettlePlansAsync(RecordPlanAsync, token);
                }),
            Watch = config.Landing.Watch > TimeSpan.Zero && config.Landing.Mode is not LandingMode.Branch
                ? new LandingWatch(parts, outside.Target, config.Landing.Watch)
                : null,
            TargetWatch = config.Landing is { WatchEvery.Ticks: > 0, WatchGates.Count: > 0 }
                ? new TargetWatch(parts, outside.Target, config.Landing.WatchGates, config.Landing.WatchEvery)
                : null,
            Agents = [.. slots.Zip(Pools(config)).Select(pair =>
                new AssembledAgent(
                    pair.First,
                    new AgentWorker(parts, pair.First, [.. pair.Second.Stages, .. StraysFor(pair.Second)])))],
            Unfinished = unfinished,
            AllStages = [.. config.Pipeline.Stages.Select(stage => stage.Name), .. strays],
        };
    }

    /// <summary>Begins the swarm, goes on with it, or joins the node that holds it.</summary>
    static async Task<(SwarmRecord Swarm, Standing Standing, AgentBlock Agents)> EnterAsync(
        SwarmSurroundings outside, SwarmBegin begin, SwarmConfig config, TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (outside.Membership is not { } membership)
        {
            var begun = await outside.Store.BeginSwarmAsync(begin, cancellationToken);
            return (begun, Standing.Alone(begun.Epoch, time), new AgentBlock(1, begin.Agents.Count));
        }

        var lease = config.Limits.Lease;
        Standing As(SwarmRecord swarm, NodeGrant node, bool holds) =>
            Standing.AsNode(swarm.Epoch, holds, node, membership.Registry, lease, time);
        return await membership.Registry.EnterAsync(membership.Card, begin, lease, cancellationToken) switch
        {
            NodeEntry.Holds holds => (holds.Swarm, As(holds.Swarm, holds.Node, holds: true), holds.Agents),
            NodeEntry.Joined joined => (joined.Swarm, As(joined.Swarm, joined.Node, holds: false), joined.Agents),
            NodeEntry.Refused refused => throw new NodeRefusedException(membership.Card, refused.Holder, refused.Why),
        };
    }

    static SwarmParts Share(SwarmSetup setup, SwarmSurroundings outside, Standing standing)
    {
        var epoch = standing.Epoch;
        var prefix = TagPrefix(outside.Paths.Repository);
        var effects = new EffectLog(outside.Store, standing);
        var bell = new Bell();
        var budget = new Budget(
            outside.Store, setup.Config, bell, setup.Time,
            outside.Membership is { Registry: var registry } && standing.Node is { } node
                ? (mine, stop) => registry.ShareSpendingAsync(node, mine, stop)
                : null);
        return new SwarmParts
        {
            Config = setup.Config,
            Paths = outside.Paths,
            Standing = standing,
            Exchange = outside.Membership?.Work is { } work
                ? new BeadExchange(work, standing.Node!.Name, setup.Time) // it has entered
                : null,
            Node = standing.Node?.Name ?? outside.Node,
            Store = outside.Store,
            Effects = effects,
            Backlog = new CurrentBacklog(
                outside.Tracker,
                standing.Holds
                    ? null
                    : stop => TargetBacklog.ReadAsync(
                        outside.Tracker, outside.Target, outside.Paths.Repository, stop)),
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
            Budget = budget,
            Plans = new PlanDesk(outside.Store, budget),
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
