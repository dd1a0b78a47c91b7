using Beadswarm.Simulation.Worlds;

namespace Beadswarm.Simulation;

/// <summary>What came of many simulated runs with faults.</summary>
/// <param name="Time">In all simulated worlds together.</param>
/// <param name="Violations">The runs in which something did not hold, by seed.</param>
sealed record CampaignReport(
    int Runs, TimeSpan Time, long Steps, int Orchestrators, int Agents, int GateRuns, long JournalEntries,
    IReadOnlyList<(FaultKind Kind, int Count)> Faults, IReadOnlyList<SimulationReport> Violations)
{
    public long FaultCount => Faults.Sum(fault => (long)fault.Count);
}

/// <summary>
/// Runs the engine through many worlds, each drawn from a seed, in which whatever can fail does, and checks after every
/// step what must always hold.
/// </summary>
static class Campaign
{
    /// <param name="progress">Told how many of how many runs are over.</param>
    public static CampaignReport Run(
        IReadOnlyList<long> seeds, Action<int, int> progress, CancellationToken cancellationToken)
    {
        var reports = Jobs.Run(seeds, seed => SimulatedSwarm.Run(seed), progress, cancellationToken);
        return new CampaignReport(
            reports.Count, TimeSpan.FromTicks(reports.Sum(report => report.Time.Ticks)),
            reports.Sum(report => report.Steps), reports.Sum(report => report.Orchestrators),
            reports.Sum(report => report.Agents), reports.Sum(report => report.GateRuns),
            reports.Sum(report => (long)report.JournalEntries),
            [
                .. reports.SelectMany(report => report.Faults).GroupBy(pair => pair.Key).OrderBy(group => group.Key)
                    .Select(group => (group.Key, group.Sum(pair => pair.Value))),
            ],
            [.. reports.Where(report => report.Failure is not null).OrderBy(report => report.Seed)]);
    }
}
