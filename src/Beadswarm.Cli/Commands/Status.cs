using System.CommandLine;
using System.Text;
using Beadswarm.Cli.Rendering;
using Beadswarm.Control;

namespace Beadswarm.Cli.Commands;

/// <summary>
/// Shows counts and agents at this moment. While a swarm runs, the fast path has answered before this.
/// </summary>
static class StatusCommand
{
    public static Command Create(CliHost host)
    {
        var command = new Command("status", "Show the state of the swarm, its counts and its agents");
        command.Does(host, async (call, cancellationToken) =>
        {
            await using var swarm = SwarmReader.Open(call);
            var json = await ReadAsync(swarm, cancellationToken);
            call.Print(call.Json
                ? Encoding.UTF8.GetString(json) + "\n"
                : StatusView.Parse(json).Format(host.Time.GetUtcNow().UtcDateTime, host.Width));
            return ExitCodes.Ok;
        });
        return command;
    }

    /// <summary>The object of <c>status --format json</c>.</summary>
    public static async Task<byte[]> ReadAsync(SwarmReader swarm, CancellationToken cancellationToken)
    {
        var status = await swarm.ReadAsync((store, token) => store.ReadStatusAsync(token), cancellationToken);
        return StatusJson.Format(status, swarm.Alive);
    }
}
