using Beadswarm.Agents;
using Beadswarm.Pipelines;
using Beadswarm.Storage;

namespace Beadswarm.Swarms;

/// <summary>What one execution of a stage came to: the evidence, and what it left.</summary>
/// <param name="End">What the orchestrator itself observed.</param>
sealed record StageReport(
    StageRunId Run, StageEnd End, string? BaseCommit, string? HeadCommit, string? HeadTree, FailedCheck? Check,
    IReadOnlyList<NewArtifact> Artifacts)
{
    /// <summary>A stage that came to its end before there was anything to look at.</summary>
    public static StageReport Without(StageRunId run, StageEnd end) => new(run, end, null, null, null, null, []);
}

/// <summary>The material that feedback is made of.</summary>
/// <param name="Output">The gate's or the agent's own last output, trimmed.</param>
sealed record FailedCheck(string? Gate, int? ExitCode, AgentVerdict? Verdict, string Output);

/// <summary>Maps the many ways an agent can end to what the pipeline decides about.</summary>
static class AgentEndRules
{
    /// <summary>Null: the agent ended well, and its work is now to be judged.</summary>
    public static StageEnd? Trouble(AgentEnd end) => end switch
    {
        AgentEnd.Finished { VerdictProblem: { } problem } => new StageEnd.VerdictUnreadable(problem),
        AgentEnd.Finished => null,
        AgentEnd.Failed failed => new StageEnd.AgentFailed(failed.ExitCode, null),
        AgentEnd.MaxTurns turns => new StageEnd.GaveUp(turns.Detail),
        AgentEnd.ContextExhausted exhausted => new StageEnd.GaveUp(exhausted.Detail),
        AgentEnd.RateLimited limited => new StageEnd.RateLimited(limited.Until),
        AgentEnd.Overloaded overloaded => new StageEnd.Unavailable(overloaded.Detail),
        AgentEnd.Unauthorized unauthorized => new StageEnd.Unauthorized(unauthorized.Detail),
        AgentEnd.WaitingForPermission waiting => new StageEnd.GaveUp(
            $"it asked: {waiting.Detail}; nobody answers: see runners.NAME.permission"),
        AgentEnd.TimedOut timedOut => new StageEnd.TimedOut(timedOut.After),
        AgentEnd.Stalled stalled => new StageEnd.Stalled(stalled.Silence),
        AgentEnd.LogLimit flooded => new StageEnd.Crashed(
            $"it wrote more than limits.logBytesMax ({flooded.BytesMax} bytes) and was ended"),
        AgentEnd.MemoryLimit memory => new StageEnd.Crashed(
            $"its processes used {MemoryWatch.Gibibytes(memory.Bytes)} ({memory.Largest}), more than "
            + $"limits.agentMemoryGb ({MemoryWatch.Gibibytes(memory.BytesMax)}), and were ended"),
        AgentEnd.BudgetExceeded exceeded => new StageEnd.OverBudget(exceeded.Scope, exceeded.Detail),
        AgentEnd.Crashed crashed => new StageEnd.Crashed($"signal {crashed.Signal}"),
        AgentEnd.FailedToStart failed => new StageEnd.FailedToStart(failed.Reason),
        AgentEnd.Killed => new StageEnd.Interrupted(),
        AgentEnd.ConversationLost => new StageEnd.Continued("its conversation is not there any more"),
        AgentEnd.Lost => new StageEnd.Lost("its process is gone and left no exit code"),
    };

    /// <summary>Whether it stopped before it was done, with its work begun.</summary>
    public static bool IsUnfinished(AgentEnd end) => end is AgentEnd.MaxTurns or AgentEnd.ContextExhausted;

    public static string OutputTail(AgentEnd end) => end switch
    {
        AgentEnd.Failed failed => failed.OutputTail,
        AgentEnd.Crashed crashed => crashed.OutputTail,
        _ => "",
    };
}
