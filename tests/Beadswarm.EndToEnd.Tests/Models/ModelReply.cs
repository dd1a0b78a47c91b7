namespace Beadswarm.EndToEnd.Tests.Models;

/// <summary>What the model of a test answers to one call.</summary>
abstract record ModelReply
{
    ModelReply() { }

    /// <summary>Tokens it says the call took.</summary>
    public int InputTokens { get; init; } = 1000;

    public int OutputTokens { get; init; } = 20;

    /// <summary>Plain words: the turn is over.</summary>
    public sealed record Say(string Text) : ModelReply;

    /// <summary>A command for the agent's shell.</summary>
    public sealed record Run(string Command) : ModelReply;

    /// <summary>A call of any other tool, as the agent names it.</summary>
    public sealed record Use(string Tool, object Input) : ModelReply;

    /// <summary>A verdict in the form that was asked for.</summary>
    public sealed record Verdict(bool Passed, string Summary) : ModelReply
    {
        public string Json => System.Text.Json.JsonSerializer.Serialize(new
        {
            verdict = Passed ? "pass" : "fail",
            summary = Summary,
            findings = Passed ? [] : new[] { Finding },
        });

        object Finding => new
        {
            severity = "major",
            title = Summary,
            detail = (string?)null,
            file = (string?)null,
            line = (int?)null,
        };
    }

    /// <summary>The vendor refuses, in its own words.</summary>
    public sealed record Refuse(ModelFault Fault) : ModelReply;

    /// <summary>Nothing comes, for as long as the test lasts.</summary>
    public sealed record Wait : ModelReply;
}

/// <summary>Why a vendor refuses a call.</summary>
abstract record ModelFault
{
    ModelFault() { }

    /// <summary>For longer than an agent waits for it; until then, where the vendor says so.</summary>
    public sealed record RateLimited(DateTimeOffset? Until = null) : ModelFault;

    public sealed record Overloaded : ModelFault;

    public sealed record Unauthorized : ModelFault;

    /// <summary>The conversation does not fit the model.</summary>
    public sealed record TooLong : ModelFault;

    /// <summary>The call itself is wrong.</summary>
    public sealed record Invalid(string Detail) : ModelFault;
}

/// <summary>A refusal on the wire.</summary>
sealed record Refusal(int Status, object Body)
{
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();
}
