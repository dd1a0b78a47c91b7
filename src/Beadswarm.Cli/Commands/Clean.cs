using System.CommandLine;
using System.Globalization;
using Beadswarm.Cli.Rendering;
using Beadswarm.Diagnosis;
using Beadswarm.Swarms;

namespace Beadswarm.Cli.Commands;

/// <summary>Removes what is provably not needed any more, and says what it kept and why.</summary>
static class CleanCommand
{
    const int DaysDefault = 7;
    const int DaysMax = 36_500;

    public static Command Create(CliHost host)
    {
        var dryRun = new Option<bool>("--dry-run") { Description = "Say what would be removed and remove nothing" };
        var days = new Option<int>("--older-than")
        {
            Description = "Keep logs of finished beads that are younger than this many days",
            HelpName = "DAYS",
            DefaultValueFactory = _ => DaysDefault,
        };
        var command = new Command("clean", "Remove landed workspaces and old logs; unlanded commits are kept")
        {
            dryRun,
            days,
        };
        command.Does(host, async (call, cancellationToken) =>
        {
            if (call.Get(days) is < 0 or > DaysMax)
            {
                throw new UserError(
                    $"--older-than is {call.Get(days)}", $"it can be 0 to {DaysMax} days", ExitCodes.Usage);
            }

            return await RunAsync(call, TimeSpan.FromDays(call.Get(days)), call.Get(dryRun), cancellationToken);
        });
        return command;
    }

    static async Task<int> RunAsync(VerbCall call, TimeSpan age, bool dryRun, CancellationToken cancellationToken)
    {
        var paths = new SwarmPaths(call.RepositoryPath);
        if (!Directory.Exists(paths.Folder))
        {
            throw new UserError(
                $"no swarm has worked on '{paths.Repository}' yet", "there is nothing to clean", ExitCodes.NoSwarm);
        }

        var host = call.Host;
        using var held = SwarmLock.Take(paths, SwarmHolder.OfThisProcess("clean", host.Time));
        var scope = new ExaminationScope(
            paths.Repository, null, [], host.Environment, host.Time, Quiet: true, Holder: null)
        {
            Place = StoreChoice.Of(call),
        };
        var removed = 0;
        var bytes = 0L;
        foreach (var step in await Cleaning.PlanAsync(scope, age, cancellationToken))
        {
            var result = dryRun && step is not CleaningStep.Keep
                ? new TreatmentResult(true, Would(step))
                : await Cleaning.ApplyAsync(scope, step, cancellationToken);
            removed += result.Done ? 1 : 0;
            bytes += result.Done && step is CleaningStep.Remove remove ? remove.What.Bytes : 0;
            call.PrintLine(call.Json ? Json(result, dryRun) : SafeText.Line(result.What));
        }

        call.PrintLine(call.Json
            ? JsonLine.Object(json =>
            {
                json.WriteString("type", "summary");
                json.WriteNumber("removed", dryRun ? 0 : removed);
                json.WriteNumber("removable", removed);
                json.WriteNumber("bytes", bytes);
            })
            : string.Create(
                CultureInfo.InvariantCulture,
                $"{(dryRun ? "would remove" : "removed")} {removed} things, {bytes / 1024.0 / 1024:0.0} MB of logs"));
        return ExitCodes.Ok;
    }

    static string Would(CleaningStep step) => step switch
    {
        CleaningStep.Remove remove => $"would remove {remove.What.Path}: {remove.Why}",
        CleaningStep.PutAway put => $"would put away: {put.Orphan.Describe()}",
        CleaningStep.Keep keep => $"would keep {keep.What}: {keep.Why}",
    };

    static string Json(TreatmentResult result, bool dryRun) => JsonLine.Object(json =>
    {
        json.WriteString("type", result.Done ? "removed" : "kept");
        json.WriteBoolean("dryRun", dryRun);
        json.WriteString("what", result.What);
    });
}
