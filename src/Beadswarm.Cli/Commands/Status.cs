using System.CommandLine;
using System.Text;
using Beadswarm.Cli.Rendering;

namespace Beadswarm.Cli.Commands;

/// <summary>
/// Shows counts and agents at this moment. While a swarm runs, the fast path has answered before this.
/// </summary>
static class StatusCommand
{
    public static Command Create(CliHost host)
    {
        var tree = new Option<bool>("--tree") { Description = "Show who supervises whom, and how often each failed" };
        var command = new Command("status", "Show the state of the swarm, its counts and its agents") { tree };
        command.Does(host, async (call, cancellationToken) =>
        {
            await using var swarm = SwarmReader.Open(call);
            var json = await swarm.ReadStatusJsonAsync(cancellationToken);
            var view = StatusView.Parse(json);
            call.Print(call.Json ? Encoding.UTF8.GetString(json) + "\n"
                : call.Get(tree) ? TreeText.Format(view)
                : view.Format(host.Time.GetUtcNow().UtcDateTime, host.Width));
            return ExitCodes.Ok;
        });
        return command;
    }
}
