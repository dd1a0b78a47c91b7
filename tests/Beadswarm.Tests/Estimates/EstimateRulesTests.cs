using Beadswarm.Estimates;

namespace Beadswarm.Tests.Estimates;

/// <summary>What is said about the end of a swarm holds as often as it says.</summary>
public sealed class EstimateRulesTests
{
    static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch;

    [Fact]
    public void The_true_end_lies_between_p10_and_p90_about_four_times_in_five()
    {
        int inside = 0, before = 0, after = 0;
        var moments = new Random(7);
        for (var seed = 1; seed <= 200; seed++)
        {
            var swarm = new MadeUpSwarm(seed);
            var looked = (int)(swarm.Beads * (0.1 + (0.6 * moments.NextDouble())));
            while (!swarm.Over && swarm.Landed < looked)
            {
                swarm.Step();
            }

            var (at, seen) = (swarm.Now, swarm.Seen());
            while (!swarm.Over)
            {
                swarm.Step();
            }

            if (seen.Beads.Count == 0 || EstimateRules.Of(seen, Now, seed) is not { } estimate)
            {
                continue;
            }

            var truth = Now.AddSeconds(swarm.Now - at);
            inside += truth >= estimate.P10 && truth <= estimate.P90 ? 1 : 0;
            before += truth < estimate.P10 ? 1 : 0;
            after += truth > estimate.P90 ? 1 : 0;
        }

        var all = inside + before + after;
        Assert.InRange((double)inside / all, 0.70, 0.90);
        Assert.InRange((double)before / all, 0.02, 0.22);
        Assert.InRange((double)after / all, 0.02, 0.22);
    }

    [Fact]
    public void Without_a_measurement_nothing_is_said() => Assert.Null(EstimateRules.Of(Input([], beads: 3), Now, 1));

    [Fact]
    public void The_same_records_and_seed_give_the_same_estimate() =>
        Assert.Equal(EstimateRules.Of(Input([10, 20, 30]), Now, 5), EstimateRules.Of(Input([10, 20, 30]), Now, 5));

    [Fact]
    public void Much_experience_gives_a_narrower_span_than_little()
    {
        var little = EstimateRules.Of(Input([60]), Now, 1)!;
        var much = EstimateRules.Of(Input([.. Enumerable.Repeat(60.0, 100)]), Now, 1)!;

        Assert.True(Width(much) < Width(little) / 2, $"{Width(little)} {Width(much)}");
        Assert.InRange((much.P50 - Now).TotalSeconds, 500, 750);
    }

    [Theory]
    [InlineData(1, 10, 600)]
    [InlineData(10, 10, 60)]
    [InlineData(4, 10, 180)]
    public void Agents_share_what_does_not_wait_for_each_other(int agents, int beads, double seconds) =>
        Near(seconds, Input([.. Enumerable.Repeat(60.0, 200)], beads, agents));

    [Fact]
    public void A_chain_takes_as_long_as_its_length_however_many_agents_there_are()
    {
        var input = Input([.. Enumerable.Repeat(60.0, 200)], beads: 10, agents: 12);

        Near(600, input with
        {
            Beads = [.. input.Beads.Select((bead, i) => bead with { WaitsFor = i == 0 ? [] : [i - 1] })],
        });
    }

    [Fact]
    public void What_waits_for_a_bead_that_cannot_land_is_not_waited_for()
    {
        var input = Input([.. Enumerable.Repeat(60.0, 200)], beads: 2, agents: 2);

        Near(60, input with
        {
            Stages = [input.Stages[0] with { Passed = 0, Failed = 100_000 }],
            Beads = [new EstimatedBead(0, false, 0, []), new EstimatedBead(0, false, 0, [0])],
        });
    }

    [Fact]
    public void The_end_is_when_enough_has_landed() =>
        Near(180, Input([.. Enumerable.Repeat(60.0, 200)], beads: 10) with { LandingsWanted = 3 });

    [Fact]
    public void What_has_been_going_for_long_is_nearly_through()
    {
        var input = Input([.. Enumerable.Repeat(60.0, 200)], beads: 1);
        var worked = input with { Beads = [input.Beads[0] with { Worked = (0, 50) }] };

        Assert.InRange((EstimateRules.Of(worked, Now, 1)!.P50 - Now).TotalSeconds, 3, 25);
    }

    [Fact]
    public void One_that_runs_longer_than_all_before_makes_the_end_later()
    {
        var input = Input([60, 60, 60, 60], beads: 10);
        var late = input with { Stages = [input.Stages[0] with { RunningSeconds = [600, 600, 600] }] };

        Assert.True(EstimateRules.Of(late, Now, 1)!.P50 > EstimateRules.Of(input, Now, 1)!.P90);
    }

    [Fact]
    public void A_backlog_of_thousands_is_played_within_the_bound_of_steps()
    {
        var estimate = EstimateRules.Of(Input([.. Enumerable.Repeat(60.0, 50)], beads: 20_000, agents: 100), Now, 1)!;

        Assert.InRange((estimate.P50 - Now).TotalSeconds, 10_000, 14_000);
    }

    static void Near(double seconds, EstimateInput input) =>
        Assert.InRange(
            (EstimateRules.Of(input, Now, 1)!.P50 - Now).TotalSeconds, seconds * 0.85, seconds * 1.15);

    static double Width(Estimate estimate) => (estimate.P90 - estimate.P10).TotalSeconds;

    /// <summary>One stage that always passes, nothing to wait for, and landings that take no time.</summary>
    static EstimateInput Input(double[] seconds, int beads = 10, int agents = 1) =>
        new()
        {
            Stages = [new MeasuredStage(seconds, [], 100_000, 0, 0)],
            Landing = MeasuredStage.Nothing with { Passed = 100_000 },
            RetryFrom = 0,
            Pools = [new EstimatedPool(agents, [0])],
            Beads = [.. Enumerable.Repeat(new EstimatedBead(0, false, 2, []), beads)],
        };
}
