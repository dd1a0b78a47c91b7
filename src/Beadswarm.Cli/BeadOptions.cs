using System.CommandLine;
using System.CommandLine.Parsing;
using Beadswarm.Beads;
using Beadswarm.Claims;

namespace Beadswarm.Cli;

/// <summary>
/// Options and arguments that name a bead or an agent, parsed at the edge into the domain's own types.
/// </summary>
static class BeadOptions
{
    public static Argument<BeadId> BeadArgument(string description) =>
        new("BEAD") { Description = description, CustomParser = result => ParseBead(result) ?? default };

    public static Option<BeadId?> Bead(string description) =>
        new("--bead") { Description = description, HelpName = "BEAD", CustomParser = ParseBead };

    public static Option<AgentNumber?> Agent(string description) =>
        new("--agent") { Description = description, HelpName = "N", CustomParser = ParseAgent };

    /// <summary>Refuses zero and negative numbers.</summary>
    public static void AtLeastOne(OptionResult result)
    {
        if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, out var number) && number < 1)
        {
            result.AddError($"{result.IdentifierToken?.Value} is {number}; it must be at least 1");
        }
    }

    static BeadId? ParseBead(ArgumentResult result)
    {
        if (BeadId.TryParse(result.Tokens[0].Value, out var bead))
        {
            return bead;
        }

        result.AddError(
            $"'{result.Tokens[0].Value}' is not a bead id: 1 to {BeadId.LengthMax} characters without spaces");
        return null;
    }

    static AgentNumber? ParseAgent(ArgumentResult result)
    {
        if (int.TryParse(result.Tokens[0].Value, out var number) && number > 0)
        {
            return new AgentNumber(number);
        }

        result.AddError($"'{result.Tokens[0].Value}' is not an agent's number: agents count from 1");
        return null;
    }
}
