using Beadswarm.Beads;
using Beadswarm.Configuration;
using Beadswarm.Simulation.Outlooks;
using Beadswarm.Tests.Beads;

namespace Beadswarm.Tests.Simulation.Outlooks;

/// <summary>Which beads of a backlog no swarm could ever begin.</summary>
public sealed class StandstillRulesTests
{
    [Fact]
    public void A_chain_lands_link_by_link()
    {
        var reach = Of([Some.Bead("a-1"), Some.Bead("a-2", ["a-1"]), Some.Bead("a-3", ["a-2"])]);

        Assert.Equal((3, 1, 3, 3), (reach.Selected, reach.Ready, reach.CanLand, reach.Rounds));
        Assert.Empty(reach.Standstills);
    }

    [Fact]
    public void Circles_persons_and_what_is_not_selected_are_named_with_what_waits_for_them()
    {
        var reach = Of(
            [
                Some.Bead("a-1", ["a-2"]), Some.Bead("a-2", ["a-1"]), Some.Bead("a-3", ["a-1"]),
                Some.Bead("b-1", status: "in_progress"), Some.Bead("b-2", ["b-1"]), Some.Bead("b-3", ["b-2"]),
                Some.Bead("c-1", type: "bug"), Some.Bead("c-2", ["c-1"]), Some.Bead("d-1"),
            ],
            new SelectConfig { Types = ["task"] });

        Assert.Equal(
            "a-1 2, a-2 2, b-1 2, c-2 0",
            string.Join(", ", reach.Standstills.OrderBy(found => found.Bead)
                .Select(found => $"{found.Bead} {found.Waiting}")));
        Assert.Equal((8, 1, 1), (reach.Selected, reach.Ready, reach.CanLand));
        Assert.Equal("a-1 a-2", string.Join(' ', Assert.Single(reach.Cycles)));
        Assert.Contains("c-1", reach.Standstills.Single(found => found.Bead.Value == "c-2").Reasons[0],
            StringComparison.Ordinal);
    }

    [Fact]
    public void What_waits_for_an_epic_can_land_when_its_children_have()
    {
        var reach = Of(
        [
            Some.Bead("e-1", type: "epic"), Some.Bead("e-2", ["parent-child>e-1"]), Some.Bead("e-3", ["e-1"]),
        ]);

        Assert.Equal((2, 2, 2), (reach.Selected, reach.CanLand, reach.Rounds));
    }

    static BacklogReach Of(Bead[] beads, SelectConfig? select = null) => StandstillRules.Of(
        beads, select ?? new SelectConfig(), TrackerDialect.Bd, [BeadStatus.Open], Some.Now);
}
