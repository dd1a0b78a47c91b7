using System.CommandLine;
using System.Globalization;
using Beadswarm.Beads;
using Beadswarm.Cli.Rendering;
using Beadswarm.Costs;
using Beadswarm.Pipelines;
using Beadswarm.Storage;

namespace Beadswarm.Cli.Commands;

/// <summary>Lists stage executions, oldest first.</summary>
static class HistoryCommand
{
    const int LimitDefault = 1000;
    const int CostWidthMin = 100;

    public static Command Create(CliHost host)
    {
        var bead = BeadOptions.Bead("Only stages of this bead");
        var agent = BeadOptions.Agent("Only stages that this agent ran");
        var limit = BeadOptions.Count("--limit", ["-n"], "Show the newest N", LimitDefault);
        var command = new Command("history", "List the stages that agents ran, oldest first") { bead, agent, limit };
        command.Does(host, async (call, cancellationToken) =>
        {
            await using var swarm = SwarmReader.Open(call);
            var runs = await swarm.ReadAsync(
                (store, token) => store.ReadHistoryAsync(call.Get(bead), call.Get(agent), call.Get(limit), token),
                cancellationToken);
            call.Print(call.Json ? FormatJson(runs) : FormatText(runs, host));
            if (!call.Json && call.Get(bead) is { } one)
            {
                await PrintSumAsync(call, swarm, one, cancellationToken);
            }

            return ExitCodes.Ok;
        });
        return command;
    }

    /// <summary>Of all its executions, also of those that are not listed.</summary>
    static async Task PrintSumAsync(
        VerbCall call, SwarmReader swarm, BeadId bead, CancellationToken cancellationToken)
    {
        var costs = await swarm.ReadAsync(
            (store, token) => store.ReadCostsAsync(new CostQuery { Bead = bead }, token), cancellationToken);
        if (costs[0].Sum.Executions > 0)
        {
            call.PrintLine($"\n{bead} has cost {CostText.Describe(costs[0].Sum)}");
        }
    }

    static string FormatJson(IReadOnlyList<StageRun> runs) =>
        string.Concat(runs.Select(run => JsonLine.Object(json =>
        {
            json.WriteNumber("agent", run.Agent.Value);
            json.WriteString("bead", run.Bead.Value);
            json.WriteString("stage", run.Stage.Value);
            json.WriteNumber("attempt", run.Attempt);
            json.WriteString("status", Word(run.Status));
            json.WriteInstant("startedAt", run.StartedAt);
            json.WriteInstant("completedAt", run.CompletedAt);
            json.WriteNumberOrNull("durationMs", (long?)(run.CompletedAt - run.StartedAt)?.TotalMilliseconds);
        }) + "\n"));

    static string FormatText(IReadOnlyList<StageRun> runs, CliHost host)
    {
        if (runs.Count == 0)
        {
            return "no stage has run\n";
        }

        var table = new TextTable(
        [
            "started", new TextColumn("agent", Right: true), "bead", "stage", new TextColumn("attempt", Right: true),
            "status", new TextColumn("took", Right: true),
            .. ShowsCost(host) ? [new TextColumn("cost", Right: true)] : Array.Empty<TextColumn>(),
            new TextColumn("summary", Flexible: true),
        ]);
        foreach (var run in runs)
        {
            table.Add(
            [
                run.StartedAt.UtcDateTime.ToString("MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture),
                run.Agent.ToString(), run.Bead.Value, run.Stage.Value,
                run.Attempt.ToString(CultureInfo.InvariantCulture), Word(run.Status),
                run.CompletedAt is { } end ? Spans.Format(end - run.StartedAt) : null,
                .. ShowsCost(host) ? [CostOf(run)] : Array.Empty<string?>(),
                run.Summary,
            ]);
        }

        return table.Format(host.Width);
    }

    // On a narrow screen the summary is worth more.
    static bool ShowsCost(CliHost host) => host.Width >= CostWidthMin;

    static string? CostOf(StageRun run) =>
        run.CostUsd is { } cost ? CostText.Usd(cost) : run.Tokens is null ? null : "?";

    /// <summary>The public name of a status.</summary>
    public static string Word(StageStatus status) =>
        status switch
        {
            StageStatus.Started => "started",
            StageStatus.Passed => "passed",
            StageStatus.Failed => "failed",
            StageStatus.Error => "error",
            StageStatus.Interrupted => "interrupted",
        };
}
