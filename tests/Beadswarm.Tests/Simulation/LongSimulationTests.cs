using System.Globalization;
using Beadswarm.Simulation;
using Beadswarm.Simulation.Worlds;

namespace Beadswarm.Tests.Simulation;

/// <summary>
/// As many simulated runs as somebody asks for by <c>BEADSWARM_SEEDS</c>: <c>200</c> for the seeds 1 to 200, or
/// <c>201..400</c>; in the world that <c>BEADSWARM_SITUATION</c> names (<c>Fought</c>), or in mixed ones.
/// </summary>
public sealed class LongSimulationTests(ITestOutputHelper output)
{
    const int SeedsUsual = 100;

    readonly Lock _lock = new();

    [Fact(Explicit = true)]
    public void Many_seeds_find_nothing()
    {
        var (from, to) = Seeds();
        var options = Options();
        var began = TimeProvider.System.GetTimestamp();
        var reports = new List<SimulationReport>();
        Parallel.For(from, to + 1, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, seed =>
        {
            var report = SimulatedSwarm.Run(seed, options);
            lock (_lock)
            {
                reports.Add(report);
                Tell(report);
            }
        });

        Tell(reports, TimeProvider.System.GetElapsedTime(began));
        Assert.Empty(reports.Where(report => report.Failure is not null).Select(report => report.Seed).Order());
    }

    void Tell(SimulationReport report)
    {
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"seed {report.Seed}: {report.Time.TotalHours:0.0} h, {report.Steps} steps, "
            + $"{report.Faults.Values.Sum()} faults, {report.Orchestrators} orchestrators, {report.Agents} agents, "
            + $"{report.Outcome?.End.ToString() ?? "no end"}"));
        if (report.Failure is not null)
        {
            output.WriteLine(report.Failure);
        }
    }

    void Tell(List<SimulationReport> reports, TimeSpan took)
    {
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{reports.Count} seeds in {took.TotalSeconds:0} s: {reports.Sum(report => report.Time.TotalHours):0} "
            + $"simulated hours, {reports.Sum(report => report.Steps)} steps, "
            + $"{reports.Sum(report => report.Orchestrators)} orchestrators, {reports.Sum(report => report.Agents)} "
            + $"agents, {reports.Sum(report => report.GateRuns)} runs of gates, "
            + $"{reports.Sum(report => report.JournalEntries)} journal entries, "
            + $"{reports.Count(report => report.Failure is not null)} violations"));
        output.WriteLine("faults: " + string.Join(", ", Enum.GetValues<FaultKind>().Select(kind =>
            $"{kind} {reports.Sum(report => report.Faults.GetValueOrDefault(kind))}")));
    }

    static SimulationOptions? Options() =>
        Environment.GetEnvironmentVariable("BEADSWARM_SITUATION") is { Length: > 0 } name
            ? Situation.Named(name) : null;

    static (long From, long To) Seeds()
    {
        var asked = (Environment.GetEnvironmentVariable("BEADSWARM_SEEDS") ?? "").Split("..");
        return asked is [var from, var to] ? (Number(from), Number(to))
            : asked is [{ Length: > 0 } count] ? (1, Number(count))
            : (1, SeedsUsual);
    }

    static long Number(string text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
