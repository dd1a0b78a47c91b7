using Beadswarm.Beads;
using Beadswarm.Pipelines;

namespace Beadswarm.Claims;

/// <summary>A worker slot of the swarm, 1..N.</summary>
readonly record struct AgentNumber(int Value) : IComparable<AgentNumber>
{
    public int CompareTo(AgentNumber other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>
/// Grows with every grant of a claim on a bead and is never reused; a write with an older one changes nothing.
/// </summary>
readonly record struct FencingToken(long Value)
{
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>What every write on behalf of a claim carries.</summary>
sealed record ClaimKey(BeadId Bead, AgentNumber Agent, FencingToken Token);

/// <summary>
/// The exclusive right of one agent to work one bead at one stage, until the store's clock passes
/// <see cref="ExpiresAt"/>.
/// </summary>
sealed record Claim(
    ClaimKey Key,
    StageName Stage,
    int Attempt,
    int AttemptsAllowed,
    int InfrastructureFailures,
    DateTimeOffset ExpiresAt,
    string? HeadCommit,
    string? BaseCommit)
{
    public BeadId Bead => Key.Bead;

    /// <summary>Its agent was not started by the swarm.</summary>
    public bool External { get; init; }
}

/// <summary>What an agent asks for: any bead that waits at one of the stages it serves.</summary>
sealed record ClaimRequest(AgentNumber Agent, string Node, IReadOnlyList<StageName> Stages, TimeSpan Lease)
{
    /// <summary>Asked by an agent that was not started by the swarm.</summary>
    public ExternalAsk? External { get; init; }
}

/// <summary>What an external agent asks for beside a bead.</summary>
/// <param name="Request">Under which the claim is found again by whoever did not get the answer.</param>
/// <param name="Only">The one bead that it wants; null: any.</param>
sealed record ExternalAsk(RequestId Request, BeadId? Only);

/// <summary>Names one request of an external agent: asked twice, it is done once and answered the same.</summary>
readonly record struct RequestId(string Value)
{
    public const int LengthMax = 100;

    /// <summary>Letters, digits and <c>._:-</c>, so that it is a word wherever it is shown.</summary>
    public static bool TryParse(string? text, out RequestId id)
    {
        id = new RequestId(text ?? "");
        return text is { Length: > 0 and <= LengthMax }
            && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or ':' or '-');
    }

    public override string ToString() => Value;
}

/// <summary>The answer to a request, to be kept in the transaction that does what was asked for.</summary>
/// <param name="Text">JSON, as it is given again.</param>
sealed record RequestAnswer(RequestId Id, string Verb, string Text);

/// <summary>A request that was done.</summary>
/// <param name="Stage">Where the claim stood when it was done.</param>
/// <param name="Answer">Null for a claim: what it says follows from the claim.</param>
sealed record DoneRequest(
    RequestId Id, string Verb, ClaimKey Claim, StageName Stage, int Attempt, string? Answer);

/// <summary>Whether a guarded write took effect.</summary>
enum WriteOutcome
{
    /// <summary>Written, with its journal entry.</summary>
    Done,

    /// <summary>The token is stale or the claim has expired or moved on: nothing was changed.</summary>
    Fenced,
}
