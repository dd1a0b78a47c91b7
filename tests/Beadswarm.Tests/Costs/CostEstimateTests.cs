using Beadswarm.Costs;

namespace Beadswarm.Tests.Costs;

/// <summary>What a run is expected to cost, and how sure that is.</summary>
public sealed class CostEstimateTests
{
    [Fact]
    public void From_too_few_beads_nothing_is_estimated()
    {
        Assert.Null(CostEstimateRules.Of([], 10, 1));
        Assert.Null(CostEstimateRules.Of([1, 2], 10, 1));
    }

    [Fact]
    public void What_always_costs_the_same_is_expected_to_cost_that() =>
        Assert.Equal(new CostEstimate(20, 20, 20, 10, 3), CostEstimateRules.Of([2, 2, 2], 10, 1));

    [Fact]
    public void The_estimate_is_about_the_mean_and_surer_the_more_was_measured()
    {
        decimal[] few = [1, 2, 6];
        var many = Enumerable.Repeat(few, 40).SelectMany(costs => costs).ToArray();

        var unsure = CostEstimateRules.Of(few, 100, 1)!; // three are enough
        var sure = CostEstimateRules.Of(many, 100, 1)!;

        Assert.InRange(sure.P50, 290, 310);
        Assert.InRange(unsure.P50, 200, 400);
        Assert.True(unsure.P90 - unsure.P10 > 3 * (sure.P90 - sure.P10), $"{unsure} {sure}");
        Assert.True(sure.P10 <= sure.P50 && sure.P50 <= sure.P90, $"{sure}");
    }

    [Fact]
    public void The_same_question_has_the_same_answer_and_no_bead_costs_nothing()
    {
        Assert.Equal(CostEstimateRules.Of([1, 5, 9], 7, 3), CostEstimateRules.Of([1, 5, 9], 7, 3));
        Assert.Equal(new CostEstimate(0, 0, 0, 0, 3), CostEstimateRules.Of([1, 5, 9], 0, 3));
        Assert.InRange(CostEstimateRules.Of([1, 5, 9], 100_000, 3)!.P50, 300_000, 700_000); // three are enough
    }
}
