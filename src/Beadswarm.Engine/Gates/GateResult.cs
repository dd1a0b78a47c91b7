namespace Beadswarm.Gates;

/// <summary>How a run of a gate ended.</summary>
enum GateStatus
{
    Passed,
    Failed,

    /// <summary>Could not be judged: killed by us, no space, could not start. Never a failure of the bead.</summary>
    NoVerdict,
}

/// <summary>How the runs of one gate have ended so far, in all swarms of a store.</summary>
/// <param name="Flaky">Runs that passed where the last one, on the same tree, had failed.</param>
/// <param name="PassedTime">Of all runs that passed, together.</param>
sealed record GateSummary(
    string Gate, int Passed, int Failed, int WithoutVerdict, int Flaky, TimeSpan PassedTime, DateTimeOffset LastAt)
{
    public int Runs => Passed + Failed + WithoutVerdict;

    /// <summary>How long a run that passes takes on average; null before the first one.</summary>
    public TimeSpan? Typical => Passed > 0 ? PassedTime / Passed : null;
}

/// <summary>The evidence of one run of one gate on one exact commit.</summary>
/// <param name="Recipe">Hash of everything that decides what is run; the cache's key with the tree.</param>
/// <param name="Count">Matches of the gate's pattern, for gates with a baseline.</param>
/// <param name="OutputTail">What a person or an agent needs to see, trimmed.</param>
sealed record GateResult(
    string Gate, string Recipe, string Commit, string Tree, GateStatus Status, int? ExitCode, string Reason,
    string LogPath, string LogSha256, string OutputTail, int? Count, DateTimeOffset At, TimeSpan Duration);
