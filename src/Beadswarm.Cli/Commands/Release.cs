using System.CommandLine;
using Beadswarm.Beads;
using Beadswarm.Control;
using Beadswarm.Swarms;

namespace Beadswarm.Cli.Commands;

/// <summary>
/// Takes a bead from whoever holds it; with the token of a claim, gives that one back. What was committed stays.
/// </summary>
static class ReleaseCommand
{
    public static Command Create(CliHost host)
    {
        var bead = new Argument<BeadId?>("BEAD")
        {
            Description = "The bead that an agent holds",
            Arity = ArgumentArity.ZeroOrOne,
            CustomParser = BeadOptions.ParseBead,
        };
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
        var options = new ExternalOptions(command, "As an agent with its token: the bead it holds", held: true);
        command.Does(host, (call, cancellationToken) =>
        {
            var why = call.Get(reason)!; // it has a default
            if (options.NamesToken(call))
            {
                var asked = options.Of(call, ExternalVerb.Release, call.Has(reason) ? why : null, call.Get(bead));
                return ExternalVerbs.AskAsync(call, asked, cancellationToken);
            }

            var id = call.Get(bead) ?? options.Named(call) ?? throw new UserError(
                "no bead is named", "give the bead that is to be taken from its agent", ExitCodes.Usage);
            return PersonalCall.AskAsync(
                call, id,
                (swarm, token) => swarm.ReleaseAsync(id, why, token),
                (store, token) => PersonalRequests.ReleaseAsync(store, id, why, token),
                cancellationToken);
        });
        return command;
    }
}
