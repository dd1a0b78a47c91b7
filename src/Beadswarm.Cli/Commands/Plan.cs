using System.CommandLine;
using Beadswarm.Beads;

namespace Beadswarm.Cli.Commands;

/// <summary>
/// Lets an agent split a bead into beads with dependencies and contracts. They are proposals: nobody works on them
/// until a person accepts them.
/// </summary>
static class PlanCommand
{
    public static Command Create(CliHost host)
    {
        var bead = BeadOptions.BeadArgument("The epic or vague bead to be planned");
        var runner = new Option<string?>("--runner")
        {
            Description = "The runner of the planner; without it, that of the pool with the role planner, or of the "
                + "first pool",
            HelpName = "NAME",
        };
        var dryRun = new Option<bool>("--dry-run") { Description = "Show the proposal, and keep it for the next call" };
        var again = new Option<bool>("--again") { Description = "Ask anew, although a proposal is kept" };
        var command = new Command("plan", "Let an agent split a bead into beads, written to the tracker as proposals")
        {
            bead,
            runner,
            dryRun,
            again,
            Decision(
                host, "accept", "Accept the proposals of a bead: they are open beads from now on",
                ProposalDecision.Accept),
            Decision(host, "reject", "Reject the proposals of a bead: they are closed", ProposalDecision.Reject),
        };
        command.Does(host, (call, cancellationToken) => new PlanSession(call).PlanAsync(
            call.Get(bead), new PlanWish(call.Get(runner), call.Get(dryRun), call.Get(again)), cancellationToken));
        return command;
    }

    static Command Decision(CliHost host, string name, string description, ProposalDecision decision)
    {
        var bead = BeadOptions.BeadArgument("The bead that was planned");
        var only = new Option<string[]>("--only")
        {
            Description = "Only these of them, by their ids; the others stay proposed",
            HelpName = "BEAD",
            AllowMultipleArgumentsPerToken = true,
        };
        var command = new Command(name, description) { bead, only };
        command.Does(host, (call, cancellationToken) => new PlanSession(call).DecideAsync(
            call.Get(bead), call.Get(only) ?? [], decision, cancellationToken));
        return command;
    }
}
