using System.CommandLine;

namespace Beadswarm.Cli.Commands;

/// <summary>Claims a bead for an agent that the swarm has not started, and makes its workspace ready.</summary>
static class ClaimCommand
{
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public static Command Create(CliHost host)
    {
        var wait = RunOptions.Minutes("--wait", "Wait up to this many minutes for a bead, while the swarm runs");
        var command = new Command("claim", "Claim a bead for an agent that the swarm has not started") { wait };
        var options = new ExternalOptions(command, "Only this bead", held: false);
        command.Does(host, async (call, cancellationToken) =>
        {
            var asked = options.Claim(call);
            var began = host.Time.GetTimestamp();
            while (true)
            {
                var answer = await ExternalVerbs.AskSwarmAsync(call, asked, cancellationToken);
                if ((string?)answer["reason"] != "nothing-ready"
                    || host.Time.GetElapsedTime(began) + Pause >= (call.Get(wait) ?? TimeSpan.Zero))
                {
                    return ExternalVerbs.Print(call, answer);
                }

                await Task.Delay(Pause, host.Time, cancellationToken);
            }
        });
        return command;
    }
}
