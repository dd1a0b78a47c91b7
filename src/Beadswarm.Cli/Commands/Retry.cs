using System.CommandLine;
using Beadswarm.Swarms;

namespace Beadswarm.Cli.Commands;

/// <summary>Takes a blocked bead up again, with as many further attempts as a new one has.</summary>
static class RetryCommand
{
    public static Command Create(CliHost host)
    {
        var bead = BeadOptions.BeadArgument("The blocked bead");
        var command = new Command("retry", "Take a blocked bead up again") { bead };
        command.Does(host, (call, cancellationToken) =>
        {
            var id = call.Get(bead);
            return PersonalCall.AskAsync(
                call, id,
                (swarm, token) => swarm.RetryAsync(id, token),
                async (store, token) =>
                {
                    var sources = await Settings.ReadAsync(call.RepositoryPath, host, [], token);
                    return await PersonalRequests.RetryAsync(store, Settings.Load(sources).Config.Pipeline, id, token);
                },
                cancellationToken);
        });
        return command;
    }
}
