using System.Text.Json.Serialization;
using Beadswarm.Beads;
using Beadswarm.Claims;

namespace Beadswarm.Landing;

/// <summary>One try of one bead to get onto the target branch.</summary>
readonly record struct LandingId(long Value)
{
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>Where a landing stands.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "state")]
[JsonDerivedType(typeof(Queued), "queued")]
[JsonDerivedType(typeof(Intended), "intended")]
[JsonDerivedType(typeof(Integrated), "integrated")]
[JsonDerivedType(typeof(Landed), "landed")]
[JsonDerivedType(typeof(Left), "left")]
[JsonDerivedType(typeof(Returned), "returned")]
abstract record LandingState
{
    LandingState() { }

    public sealed record Queued : LandingState;

    /// <summary>
    /// The target is about to become, or has become, <see cref="LandingIntent.Candidate"/>: ask git, not this row.
    /// </summary>
    public sealed record Intended(LandingIntent Intent) : LandingState;

    /// <summary>Mode integration: waits for promotion.</summary>
    public sealed record Integrated(string Commit) : LandingState;

    public sealed record Landed(string Commit, DateTimeOffset At) : LandingState;

    public sealed record Left(string Branch) : LandingState;

    public sealed record Returned(string Reason) : LandingState;
}

/// <summary>A landing of a bead.</summary>
/// <param name="Agent">Who finished it.</param>
sealed record LandingEntry(
    LandingId Id, BeadId Bead, string Title, int Priority, int Attempt, int AttemptsAllowed, AgentNumber Agent,
    string Branch, string BaseCommit, string HeadCommit, string HeadTree, LandingState State,
    DateTimeOffset QueuedAt, DateTimeOffset UpdatedAt);

/// <summary>
/// What the target is to become: moved from exactly <paramref name="Base"/> to exactly <paramref name="Candidate"/>.
/// </summary>
sealed record LandingIntent(string Base, string Candidate, string Tree, IReadOnlyList<string> Paths);

/// <summary>What was seen on the target after it moved.</summary>
/// <param name="Commit">The landing's commit.</param>
/// <param name="ObservedTip">The tip of the target on which its content was found.</param>
sealed record LandingProof(string Commit, string ObservedTip);
