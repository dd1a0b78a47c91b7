using Beadswarm.Beads;
using Beadswarm.Claims;

namespace Beadswarm.Storage;

/// <summary>
/// A way in which the world outside of the store is changed. Each is written down as intended before it is done and as
/// done after; what a restart finds intended and not done it settles by looking. Moving the target for a bead, telling
/// the tracker and the agent of a stage have rows of their own and are not among these.
/// </summary>
enum EffectKind
{
    /// <summary>A workspace is made, or made ready for another bead. The subject is its branch.</summary>
    Workspace,

    /// <summary>An agent is started. The subject is the tag of all its processes.</summary>
    Process,

    /// <summary>An agent is ended by us. The subject is the tag of all its processes.</summary>
    Termination,

    /// <summary>What an agent left uncommitted is committed. The subject is its branch.</summary>
    Rescue,

    /// <summary>A gate is run. The subject is the tag of all its processes.</summary>
    Gate,

    /// <summary>The target is moved by a commit of the tracker's file.</summary>
    TrackerCommit,

    /// <summary>The target becomes what the integration branch is.</summary>
    Promotion,

    /// <summary>The integration branch takes up what somebody else brought onto the target.</summary>
    TakeUp,

    /// <summary>A finished bead is made visible to a person. The subject is its branch.</summary>
    Publication,

    /// <summary>The branch of a bead that has landed is removed. The subject is that branch.</summary>
    BranchRemoval,

    /// <summary>The user's own branch and checkout follow the target. The subject is the target.</summary>
    Follow,

    /// <summary>The branch of a pull request is moved on the remote. The subject is that branch.</summary>
    PullRequestBranch,

    /// <summary>A pull request is made, or found and told of a later attempt. The subject is its branch.</summary>
    PullRequest,

    /// <summary>What a landed bead's pull request leaves on the forge is ended. The subject is its branch.</summary>
    PullRequestEnd,
}

/// <summary>An effect, of all that were ever intended.</summary>
readonly record struct EffectId(long Value)
{
    public override string ToString() => Value.ToString(System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>What is about to be done.</summary>
/// <param name="Subject">What it is done to.</param>
sealed record NewEffect(EffectKind Kind, string Subject)
{
    public BeadId? Bead { get; init; }
    public AgentNumber? Agent { get; init; }

    /// <summary>The commit at which the subject is expected to be, where there is one.</summary>
    public string? From { get; init; }

    /// <summary>The commit at which it is to be afterwards, where there is one.</summary>
    public string? To { get; init; }
}

/// <summary>An effect that was intended, and of which nobody has said what became of it.</summary>
sealed record OpenEffect(EffectId Id, NewEffect Effect, DateTimeOffset At);
