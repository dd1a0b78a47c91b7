using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Configuration;
using Beadswarm.Estimates;
using Beadswarm.Pipelines;
using Beadswarm.Simulation.Agents;
using Beadswarm.Simulation.Scheduling;
using Beadswarm.Simulation.Worlds;

namespace Beadswarm.Simulation.Outlooks;

/// <summary>
/// Makes a world from what is real. Nothing goes wrong in it but what was measured or assumed. Time in it goes faster
/// by <see cref="SlownessOf"/>, with every duration and limit of the configuration: the engine's own short pauses,
/// which only matter when something is lost, would else be most of the steps.
/// </summary>
static class OutlookPlanning
{
    const string Runner = "simulated";
    const string Prompt = "implement";

    /// <summary>How long the middle stage takes in the world; everything else follows from that.</summary>
    static readonly TimeSpan StageInWorld = TimeSpan.FromSeconds(1);

    const double SlownessMax = 3600;

    /// <summary>No step is lost in a forecast, so no lease ever has to end, and no silence means anything.</summary>
    static readonly TimeSpan Never = TimeSpan.FromDays(20);

    public static WorldPlan Plan(
        long seed, OutlookInput input, SwarmConfig config, OutlookPace pace, IReadOnlyList<Bead> beads, int selected)
    {
        var slowness = SlownessOf(pace);
        return new WorldPlan
        {
            Seed = seed,
            Config = ConfigOf(config, slowness, selected),
            Dialect = input.Dialect,
            Beads = [.. beads.Select(bead => new PlannedBead(Moved(bead, input, slowness), null, null))],
            TrackerInGit = input.TrackerInGit,
            Pace = new Pace(TimeSpan.Zero, TimeSpan.Zero, 0) { Measured = Draw(seed, config, pace, slowness) },
            Habits = AgentHabits.Reliable,
            Faults = FaultMix.None,
            FaultyTime = TimeSpan.Zero,
            CalmTimeMax = Never,
            Scheduling = SchedulingOptions.Prompt,
            LatencyMax = TimeSpan.Zero,
            SilenceMax = Never,
        };
    }

    /// <summary>How many seconds of reality are one in the world.</summary>
    public static double SlownessOf(OutlookPace pace)
    {
        var middle = pace.Stages.Average(stage => EstimateRules.Quantile([.. stage.Seconds.Order()], 0.5));
        return Math.Clamp(middle / StageInWorld.TotalSeconds, 1, SlownessMax);
    }

    /// <summary>
    /// What is unfinished, and of the rest what something unfinished refers to; without the texts, which nobody reads.
    /// </summary>
    public static IReadOnlyList<Bead> Relevant(OutlookInput input)
    {
        var all = input.Beads.ToDictionary(bead => bead.Id);
        var kept = new HashSet<BeadId>();
        var open = new Stack<Bead>(input.Beads.Where(bead => bead.Unfinished));
        while (open.TryPop(out var bead))
        {
            if (kept.Add(bead.Id))
            {
                foreach (var target in bead.Dependencies.Select(dependency => dependency.Target))
                {
                    if (BeadId.TryParse(target, out var id) && all.TryGetValue(id, out var found))
                    {
                        open.Push(found);
                    }
                }
            }
        }

        return [.. input.Beads.Where(bead => kept.Contains(bead.Id)).Select(bead => Slim(bead, input))];
    }

    static Bead Slim(Bead bead, OutlookInput input) => new()
    {
        Id = bead.Id,
        Title = bead.Id.Value,
        Status = bead.Pinned || bead.Ephemeral || bead.IsTemplate ? BeadStatus.Blocked
            : input.ListedStatuses.Contains(bead.Status) ? BeadStatus.Open
            : bead.Status,
        Priority = bead.Priority,
        Type = bead.Type,
        Assignee = bead.Assignee,
        CreatedAt = bead.CreatedAt,
        UpdatedAt = bead.UpdatedAt,
        ClosedAt = bead.ClosedAt,
        CloseReason = bead.CloseReason,
        DeferUntil = bead.DeferUntil,
        Labels = bead.Labels,
        Dependencies = bead.Dependencies,
    };

    static Bead Moved(Bead bead, OutlookInput input, double slowness) => bead with
    {
        CreatedAt = SimulatedClock.Start - (input.Now - bead.CreatedAt),
        DeferUntil = bead.DeferUntil is { } until && until > input.Now
            ? SimulatedClock.Start + ((until - input.Now) / slowness)
            : null,
    };

    static MeasuredPace Draw(long seed, SwarmConfig config, OutlookPace pace, double slowness)
    {
        var random = new Random(new Chance(seed, "measured").Below(int.MaxValue));
        var known = Beadswarm.Estimates.Chances.Know(new EstimateInput
        {
            Stages = pace.Stages,
            Landing = pace.Landing,
            RetryFrom = 0,
            Pools = [],
            Beads = [],
        });
        var chances = Beadswarm.Estimates.Chances.Draw(known, random);
        return new MeasuredPace(
            [.. config.Pipeline.Stages.Select(stage => stage.Name)], chances,
            pace.Gates.OrderBy(pair => pair.Key, StringComparer.Ordinal)
                .ToDictionary(pair => pair.Key, pair => DrawnTimes.From(KnownTimes.From(pair.Value, [], 0), random)),
            slowness);
    }

    static SwarmConfig ConfigOf(SwarmConfig config, double slowness, int selected) => config with
    {
        Tracker = config.Tracker with { CommitInterval = config.Tracker.CommitInterval / slowness },
        Runners = new Dictionary<string, RunnerSpec> { [Runner] = new() { Name = Runner, Kind = "command" } },

        // More agents than beads are never at work at once.
        Pools =
        [
            .. config.Pools.Select(pool => pool with
            {
                Runner = Runner,
                Agents = Math.Min(pool.Agents, Math.Max(1, selected)),
            }),
        ],
        Pipeline = config.Pipeline with
        {
            Stages =
            [
                .. config.Pipeline.Stages.Select(stage => stage with
                {
                    Prompt = stage.Kind == StageKind.Agent ? Prompt : null,
                    Timeout = stage.Timeout / slowness,
                }),
            ],
        },
        Gates = config.Gates.ToDictionary(
            pair => pair.Key,
            pair => pair.Value with { Timeout = pair.Value.Timeout / slowness, CountPattern = null }),
        Landing = config.Landing with
        {
            Target = "main",
            Remote = config.Landing.Remote is null ? null : "origin",
            IntegrationBranch = "integration",
        },
        Limits = config.Limits with
        {
            Lease = Never,
            IdleTimeout = Never,
            StageTimeout = config.Limits.StageTimeout / slowness,
            RetryDelayMin = config.Limits.RetryDelayMin / slowness,
            RetryDelayMax = config.Limits.RetryDelayMax / slowness,
            RestartWindow = config.Limits.RestartWindow / slowness,
            MemoryFreeGbMin = 0,
            AgentMemoryGb = 0,
        },
    };
}
