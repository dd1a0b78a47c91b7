using System.CommandLine;

namespace Beadswarm.Cli.Commands;

/// <summary>Claims a bead for an agent that the swarm has not started, and makes its workspace ready.</summary>
static class ClaimCommand
{
    public static Command Create(CliHost host)
    {
        var wait = RunOptions.Minutes("--wait", "Wait up to this many minutes for a bead, while the swarm runs");
        var command = new Command("claim", "Claim a bead for an agent that the swarm has not started") { wait };
        var options = new ExternalOptions(command, "Only this bead", held: false);
        command.Does(host, async (call, cancellationToken) =>
        {
            var asked = options.Claim(call);
            return ExternalVerbs.Print(call, await ExternalVerbs.UntilAsync(
                host, call.Get(wait), () => ExternalVerbs.AskSwarmAsync(call, asked, cancellationToken),
                answer => (string?)answer["reason"] != "nothing-ready", cancellationToken));
        });
        return command;
    }
}
