namespace Beadswarm.Pipelines;

/// <summary>One thing a review stage found.</summary>
sealed record Finding(string Severity, string Title, string? Detail, string? File, int? Line);

/// <summary>What an agent wrote into <c>$BEADSWARM_RESULT</c>. Its own word, never evidence.</summary>
sealed record AgentVerdict(bool Passed, string? Summary, IReadOnlyList<Finding> Findings);

/// <summary>How a stage execution is recorded.</summary>
enum StageStatus
{
    Started,

    /// <summary>Process, verdict and gates were all good.</summary>
    Passed,

    /// <summary>A check failed: counts as an attempt.</summary>
    Failed,

    /// <summary>Infrastructure: crash, timeout, lost node. Does not count as an attempt.</summary>
    Error,

    /// <summary>Ended without a result because the swarm stopped or the claim was lost.</summary>
    Interrupted,
}
