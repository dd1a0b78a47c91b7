using System.CommandLine;
using Beadswarm.Control;

namespace Beadswarm.Cli.Commands;

/// <summary>Renews the claim of an agent that the swarm has not started.</summary>
static class HeartbeatCommand
{
    public static Command Create(CliHost host)
    {
        var command = new Command("heartbeat", "Renew the claim of an agent that the swarm has not started");
        var options = new ExternalOptions(command, "The bead it holds; else $BEADSWARM_BEAD", held: true);
        command.Does(host, (call, cancellationToken) => ExternalVerbs.AskAsync(
            call, options.Of(call, ExternalVerb.Heartbeat, null), cancellationToken));
        return command;
    }
}
