using System.CommandLine;
using Beadswarm.Pipelines;

namespace Beadswarm.Cli.Commands;

/// <summary>
/// Shows what agents did and wrote: all stages of a bead, or the newest one of each agent. What programs print in a
/// form of their own is told in words; secrets are left out.
/// </summary>
static class LogsCommand
{
    public const int TailDefault = 200;

    public static Command Create(CliHost host)
    {
        var named = BeadOptions.OptionalBead("Show every stage of this bead");
        var bead = BeadOptions.Bead("Show every stage of this bead");
        var agent = BeadOptions.Agent("Show the newest stage of this agent");
        var stage = new Option<string?>("--stage") { Description = "Only stages of this name", HelpName = "STAGE" };
        var attempt = BeadOptions.Count("--attempt", [], "Only this attempt", 0);
        var tail = BeadOptions.Count("--tail", ["-n"], "Show the last N lines of each log", TailDefault);
        var raw = new Option<bool>("--raw") { Description = "Show the lines as the agent's program printed them" };
        var follow = new Option<bool>("--follow", "-f") { Description = "Go on with what is written from now on" };
        var command = new Command("logs", "Show what the agents did and wrote")
        {
            named, agent, bead, stage, attempt, tail, raw, follow,
        };
        command.Does(host, async (call, cancellationToken) =>
        {
            await using var swarm = SwarmReader.Open(call);
            var selection = new LogSelection(call.Get(named) ?? call.Get(bead), call.Get(agent))
            {
                Stage = call.Get(stage) is { } name ? new StageName(name) : null,
                Attempt = call.Has(attempt) ? call.Get(attempt) : null,
                Raw = call.Get(raw),
            };
            var logs = new AgentLogs(call, swarm, selection);
            await logs.ShowAsync(call.Get(tail), cancellationToken);
            if (call.Get(follow))
            {
                await logs.FollowAsync(cancellationToken);
            }

            return ExitCodes.Ok;
        });
        return command;
    }
}
