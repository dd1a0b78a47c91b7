using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Configuration;
using Beadswarm.Gates;
using Beadswarm.Pipelines;
using Beadswarm.Simulation.Agents;
using Beadswarm.Simulation.Scheduling;

namespace Beadswarm.Simulation.Worlds;

/// <summary>Draws a world from a seed: configuration, backlog, agents, and what will go wrong.</summary>
static class WorldPlanning
{
    /// <summary>In so many worlds several nodes work one swarm.</summary>
    const double NodesRate = 0.25;

    const string Runner = "simulated";
    const string Remote = "origin";
    const string Integration = "integration";

    public static WorldPlan Draw(long seed, FaultMix? faults)
    {
        var chance = new Chance(seed, "plan");
        var mix = faults ?? FaultMix.Draw(new Chance(seed, "faults"));
        var config = DrawConfig(chance);
        config = config with { Landing = DrawQueue(new Chance(seed, "queue"), config.Landing) };
        var vendor = DrawVendor(new Chance(seed, "vendor"));
        if (vendor is not null)
        {
            config = config with { Runners = AskingVendor };
        }

        var plan = new WorldPlan
        {
            Vendor = vendor,
            Seed = seed,
            Config = config,
            Dialect = chance.Pick(Enum.GetValues<TrackerDialect>()),
            Beads = DrawBeads(chance),
            TrackerInGit = chance.Happens(0.5),
            Pace = new Pace(
                TimeSpan.FromMinutes(chance.Between(1, 6)), TimeSpan.FromSeconds(chance.Between(2, 60)),
                0.2 + (0.8 * chance.Fraction())),
            Habits = mix.Kinds.Contains(FaultKind.AgentMisbehaves) ? DrawHabits(chance) : AgentHabits.Reliable,
            Faults = mix,
            FaultyTime = TimeSpan.FromMinutes(chance.Between(10, 60)),
            CalmTimeMax = TimeSpan.FromDays(5),
            Scheduling = chance.Happens(0.5) ? SchedulingOptions.Prompt
                : new SchedulingOptions(0.05, TimeSpan.FromMilliseconds(chance.Between(1, 400))),
        };

        return faults is null ? WithOthers(plan) : plan;
    }

    /// <summary>Each of these by a stream of its own, so that worlds without it stay what they were.</summary>
    static WorldPlan WithOthers(WorldPlan plan)
    {
        var nodes = new Chance(plan.Seed, "nodes");
        if (nodes.Happens(NodesRate))
        {
            plan = nodes.Happens(0.5) ? plan with { Faults = plan.Faults.And(FaultKind.StoreAway) } : plan;
            plan = WithNodes(plan, nodes.Between(2, 4));
        }

        if (plan is { HasRemote: true, TrackerInGit: true } && new Chance(plan.Seed, "strangers").Happens(0.4))
        {
            plan = plan with { Faults = plan.Faults.And(FaultKind.TrackerPush) };
        }

        return new Chance(plan.Seed, "wishes").Happens(0.2)
            ? plan with { Faults = plan.Faults.And(FaultKind.PersonSteersQueue) }
            : plan;
    }

    /// <summary>
    /// The swarm is worked from several clones, which share a remote: there the others find the work of each, and the
    /// tracker's file.
    /// </summary>
    public static WorldPlan WithNodes(WorldPlan plan, int clones) => plan with
    {
        Clones = clones,
        TrackerInGit = true,
        Config = plan.Config with
        {
            Landing = plan.Config.Landing with { Remote = Remote },
            Tracker = plan.Config.Tracker with { Commit = true },
        },
    };

    static AgentHabits DrawHabits(Chance chance)
    {
        var all = Enum.GetValues<AgentConduct>().Where(conduct => conduct != AgentConduct.Good).ToArray();
        var share = 0.1 + (0.9 * chance.Fraction());
        return new AgentHabits(
            0.5 * chance.Fraction(), [.. all.Where(_ => chance.Happens(share)).DefaultIfEmpty(chance.Pick(all))],
            0.5 * chance.Fraction());
    }

    static SwarmConfig DrawConfig(Chance chance)
    {
        string[] gates = chance.Happens(0.5) ? ["test"] : ["build", "test"];
        var preset = chance.Pick(PipelinePresets.All);
        var pipeline = chance.Happens(0.4)
            ? Short(gates)
            : PipelinePresets.Build(preset, gates, chance.Between(2, 4));
        var mode = chance.Fraction() switch
        {
            < 0.6 => LandingMode.Queue,
            < 0.85 => LandingMode.Integration,
            _ => LandingMode.Branch,
        };
        return new SwarmConfig
        {
            Tracker = new TrackerConfig(
                "jsonl", null, chance.Happens(0.7), TimeSpan.FromSeconds(chance.Between(0, 30)), "beadswarm"),
            Select = new SelectConfig
            {
                Order = chance.Happens(0.7) ? SelectOrder.Triage : SelectOrder.Tracker,
                Limit = chance.Happens(0.1) ? chance.Between(1, 6) : null,
                Target = chance.Happens(0.1) ? chance.Between(1, 6) : null,
            },
            Pools = DrawPools(chance, pipeline),
            Runners = new Dictionary<string, RunnerSpec> { [Runner] = new() { Name = Runner, Kind = "command" } },
            Pipeline = pipeline,
            Gates = gates.ToDictionary(name => name, name => new GateSpec
            {
                Name = name,
                Run = $"./{name}",
                Timeout = TimeSpan.FromMinutes(30),
                Cached = chance.Happens(0.9),
            }),
            Landing = new LandingConfig(
                mode, "main", chance.Happens(0.4) ? Remote : null, gates, 1, Integration, chance.Happens(0.3)),
            Workspace = new WorkspaceConfig("git-worktree"),
            Store = "sqlite",
            Limits = new LimitsConfig
            {
                Lease = TimeSpan.FromSeconds(chance.Between(20, 90)),
                InfrastructureRetriesMax = chance.Between(3, 8),
                GatesMax = chance.Between(1, 3),
            },
        };
    }

    /// <summary>Its agents are those of a CLI with an account.</summary>
    public static readonly IReadOnlyDictionary<string, RunnerSpec> AskingVendor =
        new Dictionary<string, RunnerSpec>
        {
            [Runner] = new() { Name = Runner, Kind = ClaudeCodeRunner.KindName },
        };

    static SimulatedVendor? DrawVendor(Chance chance) => chance.Happens(0.3)
        ? new SimulatedVendor(
            chance.Between(1, 6), 1m, chance.Happens(0.6) ? chance.Between(5, 40) : null)
        : null;

    static Pipeline Short(IReadOnlyList<string> gates) => new(
        [new StageSpec { Name = StageName.Implement, Prompt = "implement", ProgressRequired = true, Gates = gates }], 3,
        StageName.Implement);

    static LandingConfig DrawQueue(Chance chance, LandingConfig landing) => landing with
    {
        Tests = chance.Between(1, 3),
        Reruns = chance.Between(0, 2),
        Batch = chance.Between(1, 4),
    };

    static PoolConfig[] DrawPools(Chance chance, Pipeline pipeline)
    {
        StageName[] all = [.. pipeline.Stages.Select(stage => stage.Name)];
        if (all.Length == 1 || chance.Happens(0.6))
        {
            return [new PoolConfig(PipelinePresets.Worker, chance.Between(1, 5), Runner, all)];
        }

        var cut = chance.Between(1, all.Length - 1);
        return
        [
            new PoolConfig("implementer", chance.Between(1, 3), Runner, all[..cut]),
            new PoolConfig("reviewer", chance.Between(1, 3), Runner, all[cut..]),
        ];
    }

    static PlannedBead[] DrawBeads(Chance chance)
    {
        var (beads, epic) = (new List<PlannedBead>(), chance.Happens(0.4));
        var count = chance.Between(2, 14);
        if (epic)
        {
            beads.Add(new PlannedBead(Some("bd-0", "an epic", 1, [], "epic"), null, null));
        }

        var (clashes, shares) = (chance.Fraction() * 0.6, chance.Fraction() * 0.5);
        for (var i = 1; i <= count; i++)
        {
            var dependencies = new List<BeadDependency>();
            if (i > 1 && chance.Happens(0.25))
            {
                dependencies.Add(new BeadDependency($"bd-{chance.Between(1, i - 1)}", "blocks", null));
            }

            if (epic && chance.Happens(0.4))
            {
                dependencies.Add(new BeadDependency("bd-0", "parent-child", null));
            }

            beads.Add(new PlannedBead(
                Some($"bd-{i}", $"change number {i}", chance.Between(0, 4), dependencies),
                chance.Happens(clashes) ? $"{WorkRules.Clash}{chance.Between(1, 3)}" : null,
                chance.Happens(shares) ? WorkRules.SharedPath($"{chance.Between(1, 2)}") : null));
        }

        return [.. beads];
    }

    public static Bead Some(
        string id, string title, int priority, IReadOnlyList<BeadDependency> dependencies,
        string type = "task") => new()
        {
            Id = BeadId.Parse(id),
            Title = title,
            Priority = priority,
            Type = type,
            CreatedAt = SimulatedClock.Start - TimeSpan.FromDays(1),
            UpdatedAt = SimulatedClock.Start - TimeSpan.FromDays(1),
            Dependencies = dependencies,
        };
}
