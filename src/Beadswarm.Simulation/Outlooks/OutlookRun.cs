using Beadswarm.Beads;
using Beadswarm.Simulation.Worlds;
using Beadswarm.Swarms;

namespace Beadswarm.Simulation.Outlooks;

/// <summary>
/// Runs the user's backlog through the engine in simulated worlds, several at a time, and makes an outlook of it.
/// Nothing outside of memory is touched. The same input and seeds give the same outlook.
/// </summary>
static class OutlookRun
{
    const int TroubleMax = 300;

    /// <param name="progress">Told how many of how many runs are over.</param>
    public static Outlook Run(
        OutlookInput input, IReadOnlyList<long> seeds, Action<int, int> progress, CancellationToken cancellationToken)
    {
        var first = input.Configs[0];
        var beads = OutlookPlanning.Relevant(input);
        var reach = StandstillRules.Of(
            input.Beads, first.Select, input.Dialect, input.ListedStatuses, input.Now);
        var pace = PaceRules.Resolve(first, input.Measures, input.Assumptions);
        var graph = new BeadGraph(input.Beads);
        if (reach.Ready == 0)
        {
            return new Outlook(reach, pace.Sources, seeds, [], null);
        }

        // The longest runs first, so that none of them is begun when all others are over.
        var jobs = input.Configs.SelectMany(config => seeds.Select(seed => (config, seed)))
            .OrderByDescending(job => job.config.AgentCount).ToArray();
        var records = Jobs.Run(
            jobs, job => RunOne(job.seed, input, pace, job.config, beads, reach.Selected), progress,
            cancellationToken);
        var slots = first.Limits.GatesMax;
        OutlookRow[] rows =
        [
            .. input.Configs.Select(config => config.AgentCount).Distinct().Order().Select(agents => OutlookRules.Row(
                agents, [.. records.Where(record => record.Agents == agents)], slots,
                bead => ForecastRules.Blockers(graph, bead))),
        ];
        return new Outlook(reach, pace.Sources, seeds, rows, OutlookRules.Enough(rows));
    }

    static RunRecord RunOne(
        long seed, OutlookInput input, OutlookPace pace, Configuration.SwarmConfig config, IReadOnlyList<Bead> beads,
        int selected)
    {
        var reading = new RunReading(OutlookPlanning.SlownessOf(pace));
        var report = SimulatedSwarm.Run(seed, new SimulationOptions
        {
            Faults = FaultMix.None,
            Adjust = _ => OutlookPlanning.Plan(seed, input, config, pace, beads, selected),
            Checked = false,
            Ended = world =>
            {
                for (var number = 1; number <= world.Database.Journal.Count; number++)
                {
                    if (world.Database.Journal.Find(number) is { } entry)
                    {
                        reading.See(entry);
                    }
                }
            },
        });
        return reading.Record(seed, config.AgentCount, TroubleOf(report));
    }

    static string? TroubleOf(SimulationReport report) =>
        report.Failure is { } failure ? failure[..Math.Min(failure.Length, TroubleMax)]
        : report.Outcome is { End: not (SwarmEnd.Completed or SwarmEnd.Exhausted), Reason: var reason } ? reason
        : null;
}
