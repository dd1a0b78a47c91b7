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

    /// <summary>A bead that need not be named.</summary>
    public static Argument<BeadId?> OptionalBead(string description) => new("BEAD")
    {
        Description = description,
        Arity = ArgumentArity.ZeroOrOne,
        CustomParser = result => result.Tokens.Count == 0 ? null : ParseBead(result),
    };

    public static Option<BeadId?> Bead(string description) =>
        new("--bead") { Description = description, HelpName = "BEAD", CustomParser = ParseBead };

    public static Option<AgentNumber?> Agent(string description) =>
        new("--agent") { Description = description, HelpName = "N", CustomParser = ParseAgent };

    /// <summary>A number from 1 on.</summary>
    public static Option<int> Count(string name, string[] aliases, string description, int fallback) =>
        new(name, aliases)
        {
            Description = description,
            HelpName = "N",
            DefaultValueFactory = _ => fallback,
            CustomParser = result => ParseCount(result, name),
        };

    static int ParseCount(ArgumentResult result, string name)
    {
        if (int.TryParse(result.Tokens[0].Value, out var number) && number > 0)
        {
            return number;
        }

        result.AddError($"{name} is '{result.Tokens[0].Value}'; it must be a whole number from 1 on");
        return 0;
    }

    public static BeadId? ParseBead(ArgumentResult result)
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
