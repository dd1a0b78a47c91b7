namespace Beadswarm.Landing.Forges;

/// <summary>A pull request as the forge shows it.</summary>
sealed record PullRequestView
{
    public required int Number { get; init; }
    public required string Url { get; init; }
    public required PullRequestState State { get; init; }

    /// <summary>The commit that its branch is at.</summary>
    public required string Head { get; init; }
    public bool Draft { get; init; }
    public Mergeability Mergeable { get; init; }
    public BranchPolicy Policy { get; init; }
    public ReviewDecision Decision { get; init; }

    /// <summary>Of the head, one for each name.</summary>
    public IReadOnlyList<ForgeCheck> Checks { get; init; } = [];

    /// <summary>The last word of each reviewer.</summary>
    public IReadOnlyList<ForgeReview> Reviews { get; init; } = [];
}

/// <summary>Whether a pull request has ended.</summary>
abstract record PullRequestState
{
    PullRequestState() { }

    public sealed record Open : PullRequestState;

    /// <param name="Commit">What the target got by it.</param>
    public sealed record Merged(string Commit) : PullRequestState;

    /// <param name="By">Who closed it, where the forge says so.</param>
    public sealed record Closed(string? By) : PullRequestState;
}

/// <summary>Whether the forge can merge it as it is. It works that out in its own time.</summary>
enum Mergeability
{
    Unknown,
    Clean,
    Conflicting,
}

/// <summary>What the rules of the target branch say, as the forge sums them up.</summary>
enum BranchPolicy
{
    Unknown,
    Allows,
    Blocks,

    /// <summary>The branch must hold the target's newest commit first.</summary>
    Behind,
}

/// <summary>What the forge's own review policy has come to.</summary>
enum ReviewDecision
{
    /// <summary>No review is required.</summary>
    None,
    Required,
    Approved,
    ChangesRequested,
}

/// <summary>A check or a commit status of the head.</summary>
/// <param name="Detail">What it says of itself.</param>
sealed record ForgeCheck(string Name, CheckState State, string Detail, string? Url)
{
    /// <summary>The job of GitHub's own CI that it is; null for a check of somebody else.</summary>
    public long? Job { get; init; }

    /// <summary>What its job printed, as far as it matters; null where that was not asked for, or is not
    /// kept.</summary>
    public string? Log { get; init; }
}

/// <summary>How a check stands.</summary>
enum CheckState
{
    Pending,
    Passed,
    Failed,

    /// <summary>It ended without a verdict: cancelled, stale, or it wants a person.</summary>
    Undecided,
}

/// <summary>A review that approves or asks for changes.</summary>
/// <param name="Commit">What was reviewed.</param>
sealed record ForgeReview(string Author, bool Approves, string? Commit, string Body);
