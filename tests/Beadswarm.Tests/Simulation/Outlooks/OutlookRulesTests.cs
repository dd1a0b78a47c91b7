using Beadswarm.Beads;
using Beadswarm.Simulation.Outlooks;

namespace Beadswarm.Tests.Simulation.Outlooks;

/// <summary>What bounds a run, and what many runs come to, decided from times alone.</summary>
public sealed class OutlookRulesTests
{
    [Fact]
    public void What_waits_for_its_blocker_is_bound_by_the_chain()
    {
        var run = Run(Bead("a", 0, 40, 41), Bead("b", 41, 99, 100), Bead("c", 0, 20, 21));

        var path = BoundRules.Path(run, Waits("b", "a"));

        Assert.Equal("t-a t-b", string.Join(' ', path.Beads));
        Assert.Equal((100, 0, 0), Minutes(path));
        Assert.Equal(Bound.Chain, Of(path));
    }

    [Fact]
    public void What_is_ready_and_not_taken_is_bound_by_agents()
    {
        var path = BoundRules.Path(Run(Bead("a", 0, 59, 60), Bead("b", 60, 99, 100)), Nothing);

        Assert.Equal((40, 60, 0), Minutes(path));
        Assert.Equal(Bound.Agents, Of(path));
    }

    [Fact]
    public void What_is_through_and_not_landed_is_bound_by_the_lander()
    {
        var path = BoundRules.Path(Run(Bead("a", 0, 10, 50), Bead("b", 0, 10, 90)), Nothing);

        Assert.Equal((50, 0, 40), Minutes(path));
        Assert.Equal(Bound.Lander, Of(path with { Work = TimeSpan.FromMinutes(39) }));
    }

    [Fact]
    public void Full_slots_of_gates_are_the_bound_whatever_the_path_says() =>
        Assert.Equal(
            Bound.Gates, BoundRules.Of(TimeSpan.FromHours(1), TimeSpan.Zero, TimeSpan.Zero, BoundRules.GatesSaturated));

    [Fact]
    public void A_returned_landing_is_work_and_waiting_for_the_next_agent()
    {
        var run = Run(new BeadTimes(
            Id("a"), [Part(0, 10), Part(30, 50)], [Part(10, 20), Part(50, 60)], TimeSpan.FromMinutes(60)));

        Assert.Equal((50, 10, 0), Minutes(BoundRules.Path(run, Nothing)));
    }

    [Fact]
    public void Nothing_landed_is_no_path()
    {
        var run = Run(new BeadTimes(Id("a"), [Part(0, 10)], [], null));

        Assert.Empty(BoundRules.Path(run, Nothing).Beads);
        Assert.Equal(TimeSpan.FromMinutes(10), run.Duration);
    }

    [Fact]
    public void A_row_gives_percentiles_and_shares_of_all_its_runs()
    {
        var runs = Enumerable.Range(1, 11).Select(i => Run(Bead("a", 0, i * 10, i * 10))).ToArray();

        var row = OutlookRules.Row(2, runs, 4, Nothing);

        Assert.Equal(("20", "60", "100"), ($"{row.P10.TotalMinutes:0}", $"{row.P50.TotalMinutes:0}",
            $"{row.P90.TotalMinutes:0}"));
        Assert.Equal(0.5, row.Utilization, 3);
        Assert.Equal(1, row.LandingsPerHour, 3);
        Assert.Equal(1, row.Work + row.ForAgent + row.ForLander, 3);
    }

    [Theory]
    [InlineData("1:100 4:30 12:29 30:29.5", 4)]
    [InlineData("1:100 4:30 12:20", null)]
    [InlineData("1:100", null)]
    [InlineData("1:100 4:100 12:100", 1)]
    [InlineData("1:100 4:60 12:62 30:40", null)]
    public void More_agents_than_enough_do_not_help(string rows, int? enough) =>
        Assert.Equal(enough, OutlookRules.Enough([.. rows.Split(' ').Select(row => row.Split(':')).Select(row =>
            OutlookRules.Row(int.Parse(row[0]), [Run(Bead("a", 0, 1, double.Parse(row[1])))], 1, Nothing))]));

    static RunRecord Run(params BeadTimes[] beads) =>
        new(1, 1, beads, new Dictionary<BeadId, string>(), 0, TimeSpan.Zero, null);

    static BeadTimes Bead(string id, double from, double to, double landed) =>
        new(Id(id), [Part(from, to)], [Part(to, landed)], TimeSpan.FromMinutes(landed));

    static Stretch Part(double from, double to) => new(TimeSpan.FromMinutes(from), TimeSpan.FromMinutes(to));

    static BeadId Id(string id) => BeadId.Parse($"t-{id}");

    static Func<BeadId, IEnumerable<BeadId>> Waits(string bead, string on) => id => id == Id(bead) ? [Id(on)] : [];

    static IEnumerable<BeadId> Nothing(BeadId bead) => [];

    static Bound Of(RunPath path) => BoundRules.Of(path.Work, path.ForAgent, path.ForLander, 0);

    static (int Work, int ForAgent, int ForLander) Minutes(RunPath path) =>
        ((int)path.Work.TotalMinutes, (int)path.ForAgent.TotalMinutes, (int)path.ForLander.TotalMinutes);
}
