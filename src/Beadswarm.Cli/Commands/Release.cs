using System.CommandLine;
using Beadswarm.Swarms;

namespace Beadswarm.Cli.Commands;

/// <summary>Takes a bead from whoever holds it. What was committed stays on its branch.</summary>
static class ReleaseCommand
{
    public static Command Create(CliHost host)
    {
        var bead = BeadOptions.BeadArgument("The bead that an agent holds");
        var reason = new Option<string>("--reason")
        {
            Description = "Why, for the journal",
            HelpName = "TEXT",
            DefaultValueFactory = _ => "a person asked for it",
        };
        var command = new Command("release", "Take a bead from the agent that holds it; its commits are kept")
        {
            bead,
            reason,
        };
        command.Does(host, (call, cancellationToken) =>
        {
            var id = call.Get(bead);
            var why = call.Get(reason)!; // it has a default
            return PersonalCall.AskAsync(
                call, id,
                (swarm, token) => swarm.ReleaseAsync(id, why, token),
                (store, token) => PersonalRequests.ReleaseAsync(store, id, why, token),
                cancellationToken);
        });
        return command;
    }
}
