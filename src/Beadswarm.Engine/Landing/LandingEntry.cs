using System.Text.Json.Serialization;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Journal;

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
    /// The target is about to become, or has become, <see cref="LandingIntent.Arrival"/>: ask git, not this row.
    /// </summary>
    public sealed record Intended(LandingIntent Intent) : LandingState;

    /// <summary>Mode integration: waits for promotion.</summary>
    /// <param name="Commit">The commit that brings the bead in.</param>
    public sealed record Integrated(string Commit) : LandingState
    {
        /// <summary>The beads that it came onto the integration branch with; null: it came alone.</summary>
        public LandingBatch? Batch { get; init; }

        /// <summary>What the integration branch became by it: this is tested, and looked for on the target.</summary>
        public string Arrival => Batch?.Commit ?? Commit;
    }

    public sealed record Landed(string Commit, DateTimeOffset At) : LandingState;

    public sealed record Left(string Branch) : LandingState;

    public sealed record Returned(string Reason) : LandingState;
}

/// <summary>What a person asks of a landing that waits. The lander does it, as nobody else writes there.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "wish")]
[JsonDerivedType(typeof(First), "first")]
[JsonDerivedType(typeof(Eject), "eject")]
abstract record LandingWish
{
    LandingWish() { }

    /// <summary>It goes to the head of the queue, whatever is under way.</summary>
    public sealed record First : LandingWish;

    /// <summary>It leaves the queue, and its bead is blocked for the given reason.</summary>
    public sealed record Eject(string Reason) : LandingWish;
}

/// <summary>Why what had landed is taken up again.</summary>
enum LandingFault
{
    /// <summary>It is not on the target any more.</summary>
    TakenOff,

    /// <summary>Since it landed a gate of the whole fails.</summary>
    BreaksTarget,
}

/// <summary>A landing of a bead.</summary>
/// <param name="Agent">Who finished it.</param>
sealed record LandingEntry(
    LandingId Id, BeadId Bead, string Title, int Priority, int Attempt, int AttemptsAllowed, AgentNumber Agent,
    string Branch, string BaseCommit, string HeadCommit, string HeadTree, LandingState State,
    DateTimeOffset QueuedAt, DateTimeOffset UpdatedAt)
{
    /// <summary>Null: nobody has asked for anything.</summary>
    public LandingWish? Wish { get; init; }

    /// <summary>Mode pull-request: where it is proposed, once it is. It stays so while it is intended.</summary>
    public PullRequest? PullRequest { get; init; }

    /// <summary>The commit that is to be merged: the bead's own, or that with the target taken up.</summary>
    public string ProposedCommit => PullRequest?.Head ?? HeadCommit;
}

/// <summary>
/// What waits for or is in the course of landing: what is intended, what is integrated, then what is queued, each in
/// order of arrival.
/// </summary>
/// <param name="Pause">Null: the queue is at work.</param>
sealed record LandingQueue(IReadOnlyList<LandingEntry> Entries, QueuePause? Pause)
{
    public static readonly LandingQueue Empty = new([], null);
}

/// <summary>
/// That a person has stopped the queue: the target stays as it is until it is resumed, also over restarts.
/// </summary>
sealed record QueuePause(string? Reason, DateTimeOffset Since);

/// <summary>What the target is to become: moved from exactly <see cref="Departure"/> to exactly
/// <see cref="Arrival"/>.</summary>
/// <param name="Base">What the bead is merged onto.</param>
/// <param name="Candidate">The commit that brings the bead in.</param>
/// <param name="Tree">The candidate's tree.</param>
/// <param name="Paths">The files that the candidate changes on its base.</param>
sealed record LandingIntent(string Base, string Candidate, string Tree, IReadOnlyList<string> Paths)
{
    /// <summary>The beads that it lands together with; null: it lands alone.</summary>
    public LandingBatch? Batch { get; init; }

    /// <summary>Where the target is to be moved from.</summary>
    public string Departure => Batch?.Base ?? Base;

    /// <summary>What the target is to be moved to.</summary>
    public string Arrival => Batch?.Commit ?? Candidate;
}

/// <summary>
/// Beads that land by one movement of the target, tested together as one tree. Each is merged by a commit of its own
/// onto the one before it, and one commit takes all of these in.
/// </summary>
/// <param name="Base">The target as it was.</param>
/// <param name="Commit">
/// On the target's own line: its parents are the base and the last bead's candidate, and its tree is that of the last.
/// </param>
sealed record LandingBatch(string Base, string Commit);

/// <summary>What is to become of one landing.</summary>
sealed record IntendedLanding(LandingId Landing, LandingIntent Intent)
{
    /// <summary>What the journal says of it.</summary>
    public JournalEvent.LandingIntended Event => new(
        Landing.Value, Intent.Base, Intent.Candidate, Intent.Tree, Intent.Batch?.Base, Intent.Batch?.Commit);
}

/// <summary>What was seen on the target after it moved.</summary>
/// <param name="Commit">The landing's commit.</param>
/// <param name="ObservedTip">The tip of the target on which its content was found.</param>
sealed record LandingProof(string Commit, string ObservedTip);
