namespace Beadswarm.Gates;

/// <summary>How a run of a gate ended.</summary>
enum GateStatus
{
    Passed,
    Failed,

    /// <summary>Could not be judged: killed by us, no space, could not start. Never a failure of the bead.</summary>
    NoVerdict,
}

/// <summary>The evidence of one run of one gate on one exact commit.</summary>
/// <param name="Recipe">Hash of everything that decides what is run; the cache's key with the tree.</param>
/// <param name="Count">Matches of the gate's pattern, for gates with a baseline.</param>
/// <param name="OutputTail">What a person or an agent needs to see, trimmed.</param>
sealed record GateResult(
    string Gate, string Recipe, string Commit, string Tree, GateStatus Status, int? ExitCode, string Reason,
    string LogPath, string LogSha256, string OutputTail, int? Count, DateTimeOffset At, TimeSpan Duration);
