using Beadswarm.Git;

namespace Beadswarm.Landing.Queueing;

/// <summary>What merging one landing onto a commit gives.</summary>
abstract record MergeResult
{
    MergeResult() { }

    public sealed record Clean(CommitId Commit, TreeId Tree) : MergeResult;

    public sealed record Conflict : MergeResult;

    /// <summary>Nothing yet: a command of the configuration is settling its conflicts.</summary>
    public sealed record UnderWay : MergeResult;

    /// <summary>Nothing: the commit has the content already.</summary>
    public sealed record Empty : MergeResult;
}

/// <summary>What is known of a tree.</summary>
/// <param name="Passed">The gates passed on it, once.</param>
/// <param name="Failures">How often they did not.</param>
/// <param name="WithoutVerdict">How often nothing could be said.</param>
readonly record struct TreeKnowledge(bool Passed, int Failures, int WithoutVerdict)
{
    public static readonly TreeKnowledge None;
}

/// <summary>The facts that a decision of the merge queue rests upon.</summary>
/// <param name="Tip">Where the target is.</param>
/// <param name="Waiting">The landings that may land, in the order in which they are to.</param>
/// <param name="Urgent">Those of them that go to the head of the line, alone, whatever is under way.</param>
/// <param name="Running">The trees whose tests are running.</param>
/// <param name="Merged">What merging a landing onto a commit gave; null while nobody has tried.</param>
/// <param name="Known">What is known of a tree.</param>
sealed record QueueView(
    CommitId Tip, IReadOnlyList<LandingId> Waiting, IReadOnlySet<LandingId> Urgent, IReadOnlySet<TreeId> Running,
    Func<CommitId, LandingId, MergeResult?> Merged, Func<TreeId, TreeKnowledge> Known)
{
    /// <summary>
    /// Whether two landings are foreseen to conflict. It may be wrong, and is only ever used to choose what is tested.
    /// </summary>
    public Func<LandingId, LandingId, bool> Conflict { get; init; } = (_, _) => false;
}
