using Beadswarm.Beads;
using Beadswarm.Estimates;

namespace Beadswarm.Simulation.Outlooks;

/// <summary>Makes one row of many runs, and says from which row on more agents are of no use.</summary>
static class OutlookRules
{
    /// <summary>Less of the time saved than this is none: two sets of seeds differ by as much.</summary>
    public const double HelpMin = 0.05;

    const double Low = 0.1;
    const double Middle = 0.5;
    const double High = 0.9;

    /// <param name="runs">With the same number of agents, at least one.</param>
    /// <param name="gateSlots">Gates that may run at once.</param>
    public static OutlookRow Row(
        int agents, IReadOnlyList<RunRecord> runs, int gateSlots, Func<BeadId, IEnumerable<BeadId>> waitsFor)
    {
        var seconds = runs.Select(run => run.Duration.TotalSeconds).Order().ToArray();
        var total = runs.Sum(run => run.Duration.TotalSeconds);
        double Share(double part, double of) => of > 0 ? part / of : 0;
        TimeSpan At(double share) => TimeSpan.FromSeconds(EstimateRules.Quantile(seconds, share));
        var paths = runs.Select(run => BoundRules.Path(run, waitsFor)).ToArray();
        TimeSpan Sum(Func<RunPath, TimeSpan> part) => TimeSpan.FromTicks(paths.Sum(path => part(path).Ticks));
        var (work, forAgent, forLander) =
            (Sum(path => path.Work), Sum(path => path.ForAgent), Sum(path => path.ForLander));
        var all = (work + forAgent + forLander).TotalSeconds;
        var gatesBusy = Share(runs.Sum(run => run.GateTime.TotalSeconds), total * gateSlots);
        var middle = Enumerable.Range(0, runs.Count)
            .MinBy(run => Math.Abs((runs[run].Duration - At(Middle)).Ticks));
        return new OutlookRow(
            agents, At(Low), At(Middle), At(High), runs.Average(run => run.Landed),
            Share(runs.Sum(run => run.Busy.TotalSeconds), total * agents), runs.Average(run => run.GateRuns), gatesBusy,
            Share(runs.Sum(run => run.Landed) * 3600.0, total),
            BoundRules.Of(work, forAgent, forLander, gatesBusy), Share(work.TotalSeconds, all),
            Share(forAgent.TotalSeconds, all), Share(forLander.TotalSeconds, all), paths[middle].Beads,
            BlockedIn(runs), [.. runs.Select(run => run.Trouble).OfType<string>()]);
    }

    /// <summary>
    /// The smallest number of agents than which no larger one is faster by more than <see cref="HelpMin"/>; null when
    /// that is the largest that was asked about: nobody knows what more would do.
    /// </summary>
    public static int? Enough(IReadOnlyList<OutlookRow> rows)
    {
        var ordered = rows.OrderBy(row => row.Agents).ToArray();
        var enough = ordered.FirstOrDefault(row => ordered
            .Where(other => other.Agents > row.Agents)
            .All(other => other.P50 >= row.P50 * (1 - HelpMin)));
        return enough is null || enough == ordered[^1] ? null : enough.Agents;
    }

    static BlockedBead[] BlockedIn(IReadOnlyList<RunRecord> runs) =>
    [
        .. runs.SelectMany(run => run.Blocked).GroupBy(pair => pair.Key)
            .Select(group => new BlockedBead(group.Key, group.Count(), group.Last().Value))
            .OrderByDescending(blocked => blocked.Runs).ThenBy(blocked => blocked.Bead),
    ];
}
