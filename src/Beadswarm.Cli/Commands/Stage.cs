using System.CommandLine;
using Beadswarm.Control;

namespace Beadswarm.Cli.Commands;

/// <summary>
/// Begins and ends the stages of an agent that the swarm has not started. That it says <c>pass</c> is its word; the
/// gates are run by the swarm on what it has committed.
/// </summary>
static class StageCommand
{
    public static Command Create(CliHost host) =>
        new("stage", "Begin or end a stage, as an agent that the swarm has not started")
        {
            Verb(host, "start", ExternalVerb.StageStart, "Begin the bead's stage, or ask again what it is about"),
            Verb(host, "pass", ExternalVerb.StagePass, "End the stage well: its gates are run, and the bead goes on"),
            Verb(host, "fail", ExternalVerb.StageFail, "End the stage badly: the next attempt gets the findings"),
        };

    static Command Verb(CliHost host, string name, ExternalVerb verb, string description)
    {
        var command = new Command(name, description);
        var options = new ExternalOptions(command, "The bead it holds; else $BEADSWARM_BEAD", held: true);
        var summary = new Option<string?>("--summary")
        {
            Description = "What was done or found, in a line; findings go into the result file",
            HelpName = "TEXT",
        };
        if (verb != ExternalVerb.StageStart)
        {
            command.Options.Add(summary);
        }

        command.Does(host, (call, cancellationToken) => ExternalVerbs.AskAsync(
            call, options.Of(call, verb, verb == ExternalVerb.StageStart ? null : call.Get(summary)),
            cancellationToken));
        return command;
    }
}
