using System.CommandLine;
using System.Text.Json.Nodes;
using Beadswarm.Beads;
using Beadswarm.Claims;

namespace Beadswarm.Cli.Commands;

/// <summary>Tells an agent that the swarm has not started what became of a bead it has worked on.</summary>
static class DoneCommand
{
    public static Command Create(CliHost host)
    {
        var wait = RunOptions.Minutes("--wait", "Wait up to this many minutes until the bead has landed or comes back");
        var command = new Command("done", "Tell what became of a bead that an agent has worked on") { wait };
        var bead = BeadOptions.Bead("The bead; else $BEADSWARM_BEAD");
        command.Options.Add(bead);
        command.Does(host, async (call, cancellationToken) =>
        {
            var id = call.Get(bead)
                ?? (BeadId.TryParse(host.Environment.GetValueOrDefault("BEADSWARM_BEAD"), out var set)
                    ? set
                    : throw new UserError("no bead is named", "give --bead, or set BEADSWARM_BEAD", ExitCodes.Usage));
            await using var reader = SwarmReader.Open(call);
            var work = await ExternalVerbs.UntilAsync(
                host, call.Get(wait),
                async () => await reader.ReadAsync((store, token) => store.ReadBeadAsync(id, token), cancellationToken)
                    ?? throw new UserError(
                        $"the swarm does not know {id}", "see 'beadswarm beads'", ExitCodes.NotFound),
                work => work.State is not BeadState.Landing, cancellationToken);
            return ExternalVerbs.Print(call, Describe(work));
        });
        return command;
    }

    /// <summary>A bead that lands is on its way; one that came back, or is blocked, has not passed.</summary>
    static JsonObject Describe(BeadWork work)
    {
        var (state, passed, detail) = work.State switch
        {
            BeadState.Pending pending => ("pending", (bool?)false, pending.Stage.Value),
            BeadState.Held held => ("held", null, $"agent {held.Agent}"),
            BeadState.Landing => ("landing", null, null),
            BeadState.Completed completed => ("completed", true, completed.Commit),
            BeadState.Left left => ("left", true, left.Branch),
            BeadState.Blocked blocked => ("blocked", false, blocked.Reason),
            BeadState.Withdrawn => ("withdrawn", (bool?)false, (string?)null),
        };
        var answer = new JsonObject
        {
            ["type"] = "done",
            ["bead"] = work.Id.Value,
            ["state"] = state,
            ["detail"] = detail,
            ["attempt"] = work.Attempt,
        };
        if (passed is { } known)
        {
            answer["passed"] = known;
        }

        return answer;
    }
}
