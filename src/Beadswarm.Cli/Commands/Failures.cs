using System.CommandLine;
using System.Globalization;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Cli.Rendering;
using Beadswarm.Pipelines;
using Beadswarm.Storage;

namespace Beadswarm.Cli.Commands;

/// <summary>Lists blocked beads, and those that failed and are being tried again.</summary>
static class FailuresCommand
{
    const int HistoryMax = 100_000;

    public static Command Create(CliHost host)
    {
        var command = new Command("failures", "List blocked beads and failing stages, with the reason for each");
        command.Does(host, async (call, cancellationToken) =>
        {
            await using var swarm = SwarmReader.Open(call);
            var beads = await swarm.ReadAsync((store, token) => store.ReadBeadsAsync(token), cancellationToken);
            var history = await swarm.ReadAsync(
                (store, token) => store.ReadHistoryAsync(null, null, HistoryMax, token), cancellationToken);
            var failures = Select(beads, history);
            call.Print(call.Json ? FormatJson(failures) : FormatText(failures, host));
            return ExitCodes.Ok;
        });
        return command;
    }

    /// <summary>Blocked beads first, then the others whose newest ended stage failed; each group by id.</summary>
    static IReadOnlyList<Failure> Select(IReadOnlyList<BeadWork> beads, IReadOnlyList<StageRun> history)
    {
        var last = new Dictionary<BeadId, StageRun>();
        foreach (var run in history.Where(run => run.Status is not (StageStatus.Started or StageStatus.Interrupted)))
        {
            last[run.Bead] = run;
        }

        var failures = new List<Failure>();
        foreach (var bead in beads)
        {
            var run = last.GetValueOrDefault(bead.Id);
            if (bead.State is BeadState.Blocked blocked)
            {
                failures.Add(new(bead, run, Blocked: true, blocked.Reason));
            }
            else if (bead.State is BeadState.Pending or BeadState.Held
                && run is { Status: StageStatus.Failed or StageStatus.Error })
            {
                failures.Add(new(bead, run, Blocked: false, run.Summary ?? HistoryCommand.Word(run.Status)));
            }
        }

        return [.. failures.OrderBy(failure => !failure.Blocked).ThenBy(failure => failure.Bead.Id)];
    }

    static string FormatJson(IReadOnlyList<Failure> failures) =>
        string.Concat(failures.Select(failure => JsonLine.Object(json =>
        {
            json.WriteString("bead", failure.Bead.Id.Value);
            json.WriteString("title", failure.Bead.Title);
            json.WriteBoolean("blocked", failure.Blocked);
            json.WriteString("stage", failure.Run?.Stage.Value);
            json.WriteNumber("attempt", failure.Bead.Attempt);
            json.WriteNumber("attemptsAllowed", failure.Bead.AttemptsAllowed);
            json.WriteString("reason", failure.Reason);
            json.WriteInstant("at", failure.Run?.CompletedAt ?? failure.Bead.UpdatedAt);
        }) + "\n"));

    static string FormatText(IReadOnlyList<Failure> failures, CliHost host)
    {
        if (failures.Count == 0)
        {
            return "nothing has failed\n";
        }

        var table = new TextTable("bead", "state", "stage", "attempt", new TextColumn("reason", Flexible: true));
        foreach (var failure in failures)
        {
            table.Add(
                failure.Bead.Id.Value, failure.Blocked ? "blocked" : "retrying", failure.Run?.Stage.Value,
                string.Create(CultureInfo.InvariantCulture, $"{failure.Bead.Attempt}/{failure.Bead.AttemptsAllowed}"),
                failure.Reason);
        }

        return table.Format(host.Width)
            + (failures.Any(failure => failure.Blocked)
                ? "\n'beadswarm why BEAD' tells all about one, 'beadswarm retry BEAD' takes it up again\n"
                : "");
    }

    sealed record Failure(BeadWork Bead, StageRun? Run, bool Blocked, string Reason);
}
