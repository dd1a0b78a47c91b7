using System.CommandLine;
using System.Globalization;
using Beadswarm.Cli.Rendering;
using Beadswarm.Control;

namespace Beadswarm.Cli.Commands;

/// <summary>Shows how far the swarm is, how fast, and when it will be through.</summary>
static class ProgressCommand
{
    public static Command Create(CliHost host)
    {
        var command = new Command("progress", "Show how far the swarm is, and how fast");
        command.Does(host, async (call, cancellationToken) =>
        {
            await using var swarm = SwarmReader.Open(call);
            var view = StatusView.Parse(await swarm.ReadStatusJsonAsync(cancellationToken));
            var pace = Pace.Of(view, host.Time.GetUtcNow());
            call.PrintLine(call.Json ? FormatJson(view, pace) : FormatText(view, pace));
            return ExitCodes.Ok;
        });
        return command;
    }

    static string FormatJson(StatusView status, Pace pace) =>
        JsonLine.Object(json =>
        {
            json.WriteNumber("landed", status.Landed);
            json.WriteNumber("target", pace.Target);
            json.WriteNumber("percent", pace.Percent);
            json.WriteNumber("inProgress", status.InProgress);
            json.WriteNumber("blocked", status.Blocked);
            json.WriteNumber("pending", status.Pending);
            json.WriteNumber("attempts", status.Attempts);
            json.WriteNumber("elapsedMs", (long)pace.Elapsed.TotalMilliseconds);
            json.WriteNumberOrNull("remainingMs", (long?)pace.ToGo?.P50.TotalMilliseconds);
            json.WriteNumberOrNull("remainingP10Ms", (long?)pace.ToGo?.P10.TotalMilliseconds);
            json.WriteNumberOrNull("remainingP90Ms", (long?)pace.ToGo?.P90.TotalMilliseconds);
        });

    static string FormatText(StatusView status, Pace pace) =>
        status.State == StatusJson.None
            ? "no swarm has run here yet; 'beadswarm run' starts one"
            : pace.Bar() + string.Create(
                CultureInfo.InvariantCulture,
                $" {status.Landed}/{pace.Target} landed, {status.InProgress} in progress, ")
            + $"{status.Blocked} blocked, {status.Pending} pending, {status.Attempts} attempts in "
            + Spans.Format(pace.Elapsed)
            + (pace.ToGo is { } left ? $", {left}" : "");
}
