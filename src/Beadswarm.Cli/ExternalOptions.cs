using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Control;

namespace Beadswarm.Cli;

/// <summary>
/// The options by which an external agent says who it is. What is left out is taken from the variables of the agent
/// protocol.
/// </summary>
sealed class ExternalOptions
{
    const int SummaryMax = 4000;

    readonly Option<AgentNumber?> _agent = BeadOptions.Agent("The agent's number; else $BEADSWARM_AGENT");
    readonly Option<BeadId?> _bead;
    readonly Option<FencingToken?> _token = new("--token")
    {
        Description = "The token that the claim answered; else $BEADSWARM_TOKEN",
        HelpName = "T",
        CustomParser = result => ParseToken(result),
    };

    readonly Option<RequestId?> _request = new("--request-id")
    {
        Description = "Asked twice under the same id, it is done once and answered the same",
        HelpName = "ID",
        CustomParser = ParseRequest,
    };

    /// <param name="bead">What <c>--bead</c> means to the verb.</param>
    /// <param name="held">The verb is about a claim, and so takes its token.</param>
    public ExternalOptions(Command command, string bead, bool held)
    {
        _bead = BeadOptions.Bead(bead);
        command.Options.Add(_agent);
        command.Options.Add(_bead);
        if (held)
        {
            command.Options.Add(_token);
        }

        command.Options.Add(_request);
    }

    /// <summary>Whether it was said, or is set around us, that the agent's own claim is meant.</summary>
    public bool NamesToken(VerbCall call) => call.Get(_token) is not null || Variable(call, "TOKEN") is not null;

    /// <summary>The bead on the command line.</summary>
    public BeadId? Named(VerbCall call) => call.Get(_bead);

    /// <summary>The question, as a claim asks it: the bead is only what is wanted.</summary>
    public ExternalCall Claim(VerbCall call) =>
        new(ExternalVerb.Claim, RequestOf(call), AgentOf(call)) { Bead = call.Get(_bead) };

    /// <summary>The question on behalf of a claim.</summary>
    /// <exception cref="UserError">It is not said which.</exception>
    public ExternalCall Of(VerbCall call, ExternalVerb verb, string? summary, BeadId? bead = null) =>
        new(verb, RequestOf(call), AgentOf(call))
        {
            Bead = bead ?? BeadOf(call) ?? throw Missing("--bead", "BEAD"),
            Token = TokenOf(call),
            Summary = summary is { Length: > SummaryMax } ? summary[..SummaryMax] : summary ?? "",
        };

    public AgentNumber AgentOf(VerbCall call) => call.Get(_agent)
        ?? (Variable(call, "AGENT") is { } set
            ? int.TryParse(set, CultureInfo.InvariantCulture, out var number) && number > 0
                ? new AgentNumber(number)
                : throw Wrong("AGENT", set)
            : throw Missing("--agent", "AGENT"));

    BeadId? BeadOf(VerbCall call) => call.Get(_bead) ?? (Variable(call, "BEAD") is { } set
        ? BeadId.TryParse(set, out var bead) ? bead : throw Wrong("BEAD", set)
        : null);

    FencingToken TokenOf(VerbCall call) => call.Get(_token)
        ?? (Variable(call, "TOKEN") is { } set
            ? long.TryParse(set, CultureInfo.InvariantCulture, out var number)
                ? new FencingToken(number)
                : throw Wrong("TOKEN", set)
            : throw Missing("--token", "TOKEN"));

    RequestId RequestOf(VerbCall call) =>
        call.Get(_request) ?? new RequestId(Guid.CreateVersion7(call.Host.Time.GetUtcNow()).ToString());

    static string? Variable(VerbCall call, string name) =>
        call.Host.Environment.GetValueOrDefault($"BEADSWARM_{name}") is { Length: > 0 } set ? set : null;

    static UserError Missing(string option, string variable) => new(
        $"it is not said for which claim: {option} is missing", $"give {option}, or set BEADSWARM_{variable}",
        ExitCodes.Usage);

    static UserError Wrong(string variable, string value) => new(
        $"BEADSWARM_{variable} is '{value}'", "it must be what the claim answered", ExitCodes.Usage);

    static FencingToken? ParseToken(ArgumentResult result)
    {
        if (long.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out var token))
        {
            return new FencingToken(token);
        }

        result.AddError($"--token is '{result.Tokens[0].Value}'; it must be the number that the claim answered");
        return null;
    }

    static RequestId? ParseRequest(ArgumentResult result)
    {
        if (RequestId.TryParse(result.Tokens[0].Value, out var id))
        {
            return id;
        }

        result.AddError($"--request-id must be 1 to {RequestId.LengthMax} letters, digits and . _ : -");
        return null;
    }
}
