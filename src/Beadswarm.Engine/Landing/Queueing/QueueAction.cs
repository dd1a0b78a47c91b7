using System.Collections.Immutable;
using Beadswarm.Git;

namespace Beadswarm.Landing.Queueing;

/// <summary>One landing in a candidate: the commit that brings it in.</summary>
sealed record CandidateMember(LandingId Landing, CommitId Commit, TreeId Tree);

/// <summary>
/// Landings merged onto a tip, each upon the one before. Its last commit's tree is what is tested and what lands.
/// </summary>
sealed record Candidate(CommitId Base, ImmutableArray<CandidateMember> Members)
{
    public CommitId Commit => Members[^1].Commit;

    public TreeId Tree => Members[^1].Tree;
}

/// <summary>What is to be done for the queue, in this order. Doing any of it twice is harmless.</summary>
abstract record QueueAction
{
    QueueAction() { }

    /// <summary>Try this merge and decide again.</summary>
    public sealed record Merge(CommitId Onto, LandingId Landing) : QueueAction;

    /// <summary>Move the target from the candidate's base to its commit: its tree is green.</summary>
    public sealed record Land(Candidate Candidate) : QueueAction;

    /// <summary>The target, as it is, has this landing's content.</summary>
    public sealed record Complete(LandingId Landing) : QueueAction;

    /// <summary>It conflicts with the target as it is.</summary>
    public sealed record ReturnConflict(LandingId Landing) : QueueAction;

    /// <summary>It fails on the target as it is, alone.</summary>
    public sealed record ReturnRed(Candidate Candidate) : QueueAction;

    public sealed record Cancel(TreeId Tree) : QueueAction;

    public sealed record Test(Candidate Candidate) : QueueAction;

    /// <summary>A tree gets no verdict whatever is tried; somebody must look.</summary>
    public sealed record Hold(Candidate Candidate) : QueueAction;
}

/// <summary>A decision: what is to be remembered, and what is to be done.</summary>
sealed record QueuePlan(QueueState State, ImmutableArray<QueueAction> Actions)
{
    /// <summary>False for a step within a decision, after which there is more to see.</summary>
    public bool Complete { get; private init; } = true;

    public static QueuePlan Onward(QueueState state) => new(state, []) { Complete = false };
}
