using System.CommandLine;
using Beadswarm.Cli.Rendering;
using Beadswarm.Control;

namespace Beadswarm.Cli.Commands;

/// <summary>Lists the agents and what each one does.</summary>
static class AgentsCommand
{
    public static Command Create(CliHost host)
    {
        var command = new Command("agents", "List the agents and what each of them does");
        command.Does(host, async (call, cancellationToken) =>
        {
            await using var swarm = SwarmReader.Open(call);
            var status = await swarm.ReadAsync((store, token) => store.ReadStatusAsync(token), cancellationToken);
            if (call.Json)
            {
                foreach (var agent in status.Agents)
                {
                    call.PrintLine(JsonLine.Value(json => StatusJson.WriteAgent(json, agent)));
                }
            }
            else
            {
                var view = StatusView.Parse(StatusJson.Format(status, swarm.Life));
                call.Print(view.Agents.Count == 0
                    ? "no agents: no swarm has run here yet\n"
                    : view.FormatAgents(host.Time.GetUtcNow().UtcDateTime, host.Width));
            }

            return ExitCodes.Ok;
        });
        return command;
    }
}
