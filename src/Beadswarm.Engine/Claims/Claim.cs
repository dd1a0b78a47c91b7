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
}

/// <summary>What an agent asks for: any bead that waits at one of the stages it serves.</summary>
sealed record ClaimRequest(AgentNumber Agent, string Node, IReadOnlyList<StageName> Stages, TimeSpan Lease);

/// <summary>Whether a guarded write took effect.</summary>
enum WriteOutcome
{
    /// <summary>Written, with its journal entry.</summary>
    Done,

    /// <summary>The token is stale or the claim has expired or moved on: nothing was changed.</summary>
    Fenced,
}
