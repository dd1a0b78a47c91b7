using Beadswarm.Pipelines;

namespace Beadswarm.Agents;

/// <summary>Changes the words of an end that come from the agent, whatever end it is.</summary>
static class AgentEndText
{
    public static AgentEnd Map(AgentEnd end, Func<string, string> change) => end switch
    {
        AgentEnd.Finished finished => finished with
        {
            Verdict = finished.Verdict is { } verdict ? Map(verdict, change) : null,
            VerdictProblem = MapOrNull(finished.VerdictProblem, change),
        },
        AgentEnd.Failed failed => failed with { OutputTail = change(failed.OutputTail) },
        AgentEnd.MaxTurns turns => turns with { Detail = change(turns.Detail) },
        AgentEnd.ContextExhausted context => context with { Detail = change(context.Detail) },
        AgentEnd.RateLimited limited => limited with { Detail = change(limited.Detail) },
        AgentEnd.Overloaded overloaded => overloaded with { Detail = change(overloaded.Detail) },
        AgentEnd.Unauthorized unauthorized => unauthorized with { Detail = change(unauthorized.Detail) },
        AgentEnd.WaitingForPermission waiting => waiting with { Detail = change(waiting.Detail) },
        AgentEnd.ConversationLost lost => lost with { Detail = change(lost.Detail) },
        AgentEnd.MemoryLimit memory => memory with { Largest = change(memory.Largest) },
        AgentEnd.BudgetExceeded exceeded => exceeded with { Detail = change(exceeded.Detail) },
        AgentEnd.Crashed crashed => crashed with { OutputTail = change(crashed.OutputTail) },
        AgentEnd.FailedToStart failed => failed with { Reason = change(failed.Reason) },
        AgentEnd.TimedOut => end,
        AgentEnd.Stalled => end,
        AgentEnd.LogLimit => end,
        AgentEnd.Killed => end,
        AgentEnd.Lost => end,
    };

    static AgentVerdict Map(AgentVerdict verdict, Func<string, string> change) => verdict with
    {
        Summary = MapOrNull(verdict.Summary, change),
        Findings =
        [
            .. verdict.Findings.Select(finding => finding with
            {
                Title = change(finding.Title),
                Detail = MapOrNull(finding.Detail, change),
            }),
        ],
    };

    static string? MapOrNull(string? text, Func<string, string> change) => text is null ? null : change(text);
}
