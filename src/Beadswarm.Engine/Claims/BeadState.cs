using System.Text.Json.Serialization;
using Beadswarm.Beads;
using Beadswarm.Pipelines;

namespace Beadswarm.Claims;

/// <summary>Where the swarm's work on a bead stands. Stored as one row; the row and this type always agree.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "state")]
[JsonDerivedType(typeof(Pending), "pending")]
[JsonDerivedType(typeof(Held), "held")]
[JsonDerivedType(typeof(Landing), "landing")]
[JsonDerivedType(typeof(Completed), "completed")]
[JsonDerivedType(typeof(Left), "left")]
[JsonDerivedType(typeof(Blocked), "blocked")]
[JsonDerivedType(typeof(Withdrawn), "withdrawn")]
abstract record BeadState
{
    BeadState() { }

    /// <summary>
    /// Waits for an agent that serves <paramref name="Stage"/>, not before <paramref name="NotBefore"/> when it is
    /// snoozed.
    /// </summary>
    public sealed record Pending(StageName Stage, DateTimeOffset? NotBefore) : BeadState;

    /// <summary>An agent works on it; anybody may take it over once the lease has expired.</summary>
    public sealed record Held(AgentNumber Agent, FencingToken Token, StageName Stage, DateTimeOffset ExpiresAt)
        : BeadState
    {
        /// <summary>
        /// The agent was not started by the swarm. What it leaves is saved before anybody takes the bead over.
        /// </summary>
        public bool External { get; init; }
    }

    /// <summary>Passed every stage; in the merge queue.</summary>
    public sealed record Landing : BeadState;

    /// <summary>Its content was observed on the target branch.</summary>
    public sealed record Completed(string Commit, DateTimeOffset At) : BeadState;

    /// <summary>Mode branch: finished, its branch waits for a person.</summary>
    public sealed record Left(string Branch) : BeadState;

    /// <summary>Attempts or retries used up; a person must look.</summary>
    public sealed record Blocked(string Reason) : BeadState;

    /// <summary>Closed, deleted or deselected by somebody else before the swarm finished it.</summary>
    public sealed record Withdrawn : BeadState;
}

/// <summary>One bead as the swarm knows it.</summary>
/// <param name="Started">The tracker was told that we work on it, and nothing since.</param>
sealed record BeadWork(
    BeadId Id,
    string Title,
    int Priority,
    int Unblocks,
    DateTimeOffset CreatedAt,
    long Ordinal,
    bool Ready,
    BeadState State,
    int Attempt,
    int AttemptsAllowed,
    int InfrastructureFailures,
    bool Started,
    string? BaseCommit,
    string? HeadCommit,
    string? HeadTree,
    AgentNumber? LastAgent,
    DateTimeOffset UpdatedAt)
{
    /// <summary>Claimed in the newest swarm: it counts against that swarm's target and limit.</summary>
    public bool Begun { get; init; }
}

/// <summary>What happens to a bead when a stage, a landing or a person is done with it.</summary>
abstract record BeadTransition
{
    BeadTransition() { }

    /// <summary>The same agent goes on with the next stage under the same claim.</summary>
    public sealed record Keep(StageName Stage, int Attempt) : BeadTransition;

    /// <summary>
    /// The claim ends; any agent that serves the stage may take it, not before <paramref name="NotBefore"/>.
    /// </summary>
    public sealed record Free(StageName Stage, int Attempt, int InfrastructureFailures, DateTimeOffset? NotBefore)
        : BeadTransition;

    /// <summary>All stages passed: the claim ends and the bead enters the merge queue.</summary>
    public sealed record Land : BeadTransition;

    /// <summary>The claim ends; nothing more happens until a person asks for it.</summary>
    public sealed record Block(string Reason) : BeadTransition;
}
