using System.CommandLine;
using System.Globalization;
using Beadswarm.Cli.Rendering;
using Beadswarm.Swarms;

namespace Beadswarm.Cli.Commands;

/// <summary>Shows how far the swarm is, how fast, and when it would be through at that pace.</summary>
static class ProgressCommand
{
    public static Command Create(CliHost host)
    {
        var command = new Command("progress", "Show how far the swarm is, and how fast");
        command.Does(host, async (call, cancellationToken) =>
        {
            await using var swarm = SwarmReader.Open(call);
            var status = await swarm.ReadAsync((store, token) => store.ReadStatusAsync(token), cancellationToken);
            var pace = Pace.Of(status, host.Time.GetUtcNow());
            call.PrintLine(call.Json ? FormatJson(status, pace) : FormatText(status, pace));
            return ExitCodes.Ok;
        });
        return command;
    }

    static string FormatJson(StatusSnapshot status, Pace pace) =>
        JsonLine.Object(json =>
        {
            json.WriteNumber("landed", status.Landed);
            json.WriteNumber("target", pace.Target);
            json.WriteNumber("percent", pace.Percent);
            json.WriteNumber("inProgress", status.InProgress + status.Landing);
            json.WriteNumber("blocked", status.Blocked);
            json.WriteNumber("pending", status.Pending);
            json.WriteNumber("attempts", status.Attempts);
            json.WriteNumber("elapsedMs", (long)pace.Elapsed.TotalMilliseconds);
            json.WriteNumberOrNull("remainingMs", (long?)pace.Remaining?.TotalMilliseconds);
        });

    static string FormatText(StatusSnapshot status, Pace pace) =>
        status.Swarm is null
            ? "no swarm has run here yet; 'beadswarm run' starts one"
            : pace.Bar() + string.Create(
                CultureInfo.InvariantCulture,
                $" {status.Landed}/{pace.Target} landed, {status.InProgress + status.Landing} in progress, ")
            + $"{status.Blocked} blocked, {status.Pending} pending, {status.Attempts} attempts in "
            + Spans.Format(pace.Elapsed)
            + (pace.Remaining is { } remaining ? $", about {Spans.Format(remaining)} to go" : "");
}
