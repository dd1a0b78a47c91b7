using Beadswarm.Agents;
using Beadswarm.Costs;
using Beadswarm.Pipelines;

namespace Beadswarm.Tests.Costs;

/// <summary>When an agent may be started, and when one at work may go on.</summary>
public sealed class BudgetRulesTests
{
    static readonly BudgetLimits Ten = new() { Swarm = new Allowance(10, null) };

    // | recorded | set aside | expected | starts |
    [Theory]
    [InlineData(0, 0, 1, true)]
    [InlineData(9, 0, 1, true)]
    [InlineData(9, 0, 1.01, false)]
    [InlineData(5, 4, 1, true)]
    [InlineData(5, 4.5, 1, false)]
    [InlineData(9.99, 0, 0, true)]
    [InlineData(10, 0, 0, false)]
    [InlineData(0, 10, 0, false)]
    [InlineData(12, 0, 0, false)]
    public void An_agent_is_started_only_where_what_it_is_expected_to_use_is_left(
        double recorded, double aside, double expected, bool starts) => Assert.Equal(
            starts,
            BudgetRules.MayStart(Ten, Use((decimal)recorded, 0, (decimal)aside), Usd((decimal)expected)) is null);

    // | recorded | used at work | goes on |
    [Theory]
    [InlineData(0, 10, true)]
    [InlineData(10, 0, true)]
    [InlineData(4, 6.01, false)]
    [InlineData(11, 0, false)]
    public void An_agent_at_work_is_ended_when_the_limit_is_passed(double recorded, double running, bool goesOn) =>
        Assert.Equal(
            goesOn,
            BudgetRules.MayGoOn(Ten, Use((decimal)recorded, 0, (decimal)running), default) is null);

    [Theory]
    [InlineData(0.99, true)]
    [InlineData(1, false)]
    [InlineData(2, false)]
    public void A_beads_limit_can_be_used_to_the_end_and_not_beyond(double used, bool works)
    {
        var limits = new BudgetLimits { Bead = new Allowance(1, null) };

        Assert.Equal(works, BudgetRules.MayWorkOn(limits, Usd((decimal)used)) is null);
        Assert.Null(BudgetRules.MayGoOn(limits, Use(50, 50, 50), Usd(1)));
        Assert.Equal(BudgetScope.Bead, BudgetRules.MayGoOn(limits, Use(0, 0, 0), Usd(1.01m))?.Scope);
    }

    [Fact]
    public void A_refusal_names_the_limit_with_its_value_and_what_is_used()
    {
        BudgetLimits day = new() { Day = new Allowance(null, 1_000) };

        Assert.Equal(
            new BudgetRefusal(
                BudgetScope.Swarm,
                "limits.budgetUsd is 10.00 USD: 8.5 used, 1 set aside, 0.75 expected of the next"),
            BudgetRules.MayStart(Ten, Use(8.5m, 0, 1), Usd(0.75m)));
        Assert.Equal(
            new BudgetRefusal(BudgetScope.Day, "limits.tokensPerDay is 1000: 1001 used"),
            BudgetRules.MayGoOn(
                day, new BudgetUse(default, new Amount(0, 1_000), new Amount(0, 1)), default));
        Assert.Equal(
            new BudgetRefusal(BudgetScope.Bead, "limits.budgetUsdPerBead is 0.0125 USD: 0.02 used"),
            BudgetRules.MayWorkOn(new BudgetLimits { Bead = new Allowance(0.0125m, null) }, Usd(0.02m)));
    }

    [Fact]
    public void Without_limits_everything_may_be_used()
    {
        var all = new BudgetUse(new Amount(1e9m, long.MaxValue / 4), new Amount(1e9m, 0), new Amount(1e9m, 0));

        Assert.Null(BudgetRules.MayStart(BudgetLimits.None, all, Usd(1e9m)));
        Assert.Null(BudgetRules.MayGoOn(BudgetLimits.None, all, Usd(1e9m)));
        Assert.Null(BudgetRules.MayWorkOn(BudgetLimits.None, Usd(1e9m)));
    }

    [Fact]
    public void What_is_expected_is_the_mean_of_the_stage_or_of_all_or_a_share_of_the_limit()
    {
        var stage = new CostSum(4, 2, 9, new TokenCount(400, 0, 0, 0), 6);
        var all = new CostSum(10, 5, 9, new TokenCount(10, 20, 30, 40), 5);
        var limits = new BudgetLimits { Swarm = new Allowance(10, 2_000), Day = new Allowance(5, null) };

        Assert.Equal(new Amount(3, 100), BudgetRules.Expected(limits, stage, all, measurable: true));
        Assert.Equal(new Amount(1, 10), BudgetRules.Expected(limits, CostSum.None, all, measurable: true));
        Assert.Equal(
            new Amount(0.25m, 100), BudgetRules.Expected(limits, CostSum.None, CostSum.None, measurable: true));
        Assert.Equal(default, BudgetRules.Expected(limits, stage, all, measurable: false));
    }

    [Fact]
    public void However_many_agents_start_and_end_what_is_used_and_set_aside_stays_within_the_limit()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var limits = new BudgetLimits { Swarm = new Allowance(random.Next(1, 50), null) };
            var (recorded, running) = (0m, new List<decimal>());
            for (var step = 0; step < 200; step++)
            {
                var expected = random.Next(0, 200) / 100m;
                if (random.Next(3) > 0)
                {
                    if (BudgetRules.MayStart(limits, Use(recorded, 0, running.Sum()), Usd(expected)) is null)
                    {
                        running.Add(expected);
                    }
                }
                else if (running.Count > 0)
                {
                    var (ended, share) = (random.Next(running.Count), random.Next(0, 101) / 100m);
                    recorded += running[ended] * share;
                    running.RemoveAt(ended);
                }

                Assert.True(recorded + running.Sum() <= limits.Swarm.Usd, $"seed {seed}, step {step}");
            }
        }
    }

    static Amount Usd(decimal usd) => new(usd, 0);

    static BudgetUse Use(decimal swarm, decimal day, decimal running) => new(Usd(swarm), Usd(day), Usd(running));
}
