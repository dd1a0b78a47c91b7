using System.Globalization;
using System.Text;
using Beadswarm.Cli.Commands;
using Beadswarm.Cli.Rendering;
using Beadswarm.Simulation;

namespace Beadswarm.Cli;

/// <summary>
/// Runs the engine through made-up worlds in which whatever can fail does, as its developers do, and reports what did
/// not hold. Needs no repository.
/// </summary>
static class SimulatedFaults
{
    public static Task<int> RunAsync(VerbCall call, SimulationWish wish, CancellationToken cancellationToken)
    {
        var report = Campaign.Run(wish.AllSeeds, new SimulationProgress(call).Tell, cancellationToken);
        call.Print(call.Json ? FormatJson(report, wish) : FormatText(report, wish));
        return Task.FromResult(report.Violations.Count == 0 ? ExitCodes.Ok : ExitCodes.Violated);
    }

    static string FormatText(CampaignReport report, SimulationWish wish)
    {
        var text = new StringBuilder();
        foreach (var violation in report.Violations)
        {
            var replay = $"beadswarm simulate --faults --seeds 1 --seed {violation.Seed}";
            text.Append(CultureInfo.InvariantCulture, $"seed {violation.Seed} does not hold; replay it with {replay}\n")
                .Append(SafeText.Lines(violation.Failure ?? "")).Append('\n');
        }

        var table = new TextTable("fault", new TextColumn("times", Right: true));
        foreach (var (kind, count) in report.Faults)
        {
            table.Add(kind.ToString(), Number(count));
        }

        return text.Append(table.Count > 0 ? table.Format(CliHost.PlainWidth) : "")
            .Append(CultureInfo.InvariantCulture, $"seeds {wish.FirstSeed} to {wish.FirstSeed + wish.Seeds - 1}: ")
            .Append(CultureInfo.InvariantCulture, $"{report.Time.TotalHours:0} simulated hours, ")
            .Append(CultureInfo.InvariantCulture, $"{report.FaultCount} faults, {report.Steps} steps\n")
            .Append(CultureInfo.InvariantCulture, $"{report.Orchestrators} orchestrators, {report.Agents} agents, ")
            .Append(CultureInfo.InvariantCulture, $"{report.GateRuns} gate runs, {report.JournalEntries} entries\n")
            .Append(CultureInfo.InvariantCulture, $"violations: {report.Violations.Count}\n").ToString();
    }

    static string FormatJson(CampaignReport report, SimulationWish wish)
    {
        var text = new StringBuilder();
        foreach (var violation in report.Violations)
        {
            text.Append(JsonLine.Object(json =>
            {
                json.WriteString("type", "violation");
                json.WriteNumber("seed", violation.Seed);
                json.WriteString("invariant", violation.Invariant);
                json.WriteString("failure", violation.Failure);
            })).Append('\n');
        }

        return text.Append(JsonLine.Object(json =>
        {
            json.WriteString("type", "summary");
            json.WriteNumber("seed", wish.FirstSeed);
            json.WriteNumber("seeds", report.Runs);
            json.WriteNumber("hours", Math.Round(report.Time.TotalHours, 2));
            json.WriteNumber("steps", report.Steps);
            json.WriteNumber("faults", report.FaultCount);
            json.WriteStartObject("faultsByKind");
            foreach (var (kind, count) in report.Faults)
            {
                json.WriteNumber(kind.ToString(), count);
            }

            json.WriteEndObject();
            json.WriteNumber("orchestrators", report.Orchestrators);
            json.WriteNumber("agents", report.Agents);
            json.WriteNumber("gateRuns", report.GateRuns);
            json.WriteNumber("entries", report.JournalEntries);
            json.WriteNumber("violations", report.Violations.Count);
        })).Append('\n').ToString();
    }

    static string Number(int number) => number.ToString(CultureInfo.InvariantCulture);
}
