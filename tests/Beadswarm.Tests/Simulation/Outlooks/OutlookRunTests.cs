using Beadswarm.Beads;
using Beadswarm.Configuration;
using Beadswarm.Estimates;
using Beadswarm.Gates;
using Beadswarm.Pipelines;
using Beadswarm.Simulation.Outlooks;
using Beadswarm.Simulation.Worlds;
using Beadswarm.Swarms;
using Beadswarm.Tests.Beads;

namespace Beadswarm.Tests.Simulation.Outlooks;

/// <summary>The engine itself, run through a backlog with known durations.</summary>
public sealed class OutlookRunTests
{
    const int Beads = 12;
    const double StageSeconds = 600;

    [Fact]
    public void One_agent_takes_the_sum_of_the_work_and_more_never_take_longer()
    {
        var rows = Run([1, 2, 4, 12], [.. Enumerable.Range(1, Beads).Select(i => Some.Bead($"t-{i}"))]).Rows;

        Assert.InRange(rows[0].P50.TotalSeconds, Beads * StageSeconds * 0.8, Beads * StageSeconds * 1.35);
        Assert.Equal(Bound.Agents, rows[0].Bound);
        Assert.Equal(Bound.Chain, rows[^1].Bound);
        Assert.All(rows.Zip(rows.Skip(1)), pair => Assert.True(
            pair.Second.P50 <= pair.First.P50 * 1.1, $"{pair.First} is faster than {pair.Second}"));
        Assert.All(rows, row => Assert.Equal(Beads, row.Landed));
    }

    [Fact]
    public void A_chain_takes_as_long_with_many_agents_and_is_named()
    {
        var outlook = Run(
            [1, 4],
            [Some.Bead("t-1"), Some.Bead("t-2", ["t-1"]), Some.Bead("t-3", ["t-2"]), Some.Bead("t-4", ["t-3"])]);

        Assert.Equal(1, outlook.EnoughAgents);
        Assert.Equal("t-1 t-2 t-3 t-4", string.Join(' ', outlook.Rows[^1].Path));
    }

    [Fact]
    public void A_limit_that_no_stage_can_keep_shows_as_blocked_beads()
    {
        var outlook = Run([2], [Some.Bead("t-1")], config => config with
        {
            Limits = config.Limits with { StageTimeout = TimeSpan.FromMinutes(1), InfrastructureRetriesMax = 2 },
        });

        Assert.Equal(0, outlook.Rows[0].Landed);
        var blocked = Assert.Single(outlook.Rows[0].Blocked);
        Assert.Contains("limits.infrastructure", blocked.Reason, StringComparison.Ordinal);
    }

    static Outlook Run(int[] agents, Bead[] beads, Func<SwarmConfig, SwarmConfig>? adjust = null) => OutlookRun.Run(
        new OutlookInput
        {
            Configs = [.. agents.Select(number => (adjust ?? (config => config))(Config(number)))],
            Beads = beads,
            Dialect = TrackerDialect.Bd,
            ListedStatuses = [BeadStatus.Open],
            TrackerInGit = false,
            Measures = WorkMeasures.Nothing with
            {
                Stages = new Dictionary<string, MeasuredStage>
                {
                    ["implement"] = new([.. Enumerable.Repeat(StageSeconds, 200)], [], 1000, 0, 0),
                },
                Landing = new MeasuredStage([.. Enumerable.Repeat(1.0, 200)], [], 1000, 0, 0),
            },
            Assumptions = Assumptions.None,
            Now = Some.Now,
        },
        [1, 2, 3], (_, _) => { }, CancellationToken.None);

    static SwarmConfig Config(int agents) => WorldPlanning.Draw(1, FaultMix.None).Config with
    {
        Select = new SelectConfig(),
        Gates = new Dictionary<string, GateSpec>(),
        Landing = new LandingConfig(LandingMode.Queue, "main", null, [], 1, "integration", false),
        Pools = [new PoolConfig("worker", agents, "any", [StageName.Implement])],
        Limits = new LimitsConfig { StageTimeout = TimeSpan.FromHours(1) },
        Pipeline = new Pipeline(
            [new StageSpec { Name = StageName.Implement, Prompt = "implement", ProgressRequired = true }], 3,
            StageName.Implement),
    };
}
