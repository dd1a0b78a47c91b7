using System.Globalization;
using Beadswarm.Agents;
using Beadswarm.Pipelines;

namespace Beadswarm.Planning;

/// <summary>Says in a line why a planner did not come to its end.</summary>
static class PlanFailureText
{
    public static string Describe(AgentEnd end) => PipelineRules.OneLine(Words(end));

    static string Words(AgentEnd end) => end switch
    {
        AgentEnd.Finished finished => finished.VerdictProblem ?? "it ended well",
        AgentEnd.Failed failed => string.Create(
            CultureInfo.InvariantCulture, $"the planner ended with code {failed.ExitCode}: {failed.OutputTail}"),
        AgentEnd.MaxTurns turns => $"the planner used up its turns: {turns.Detail}",
        AgentEnd.ContextExhausted full => $"the planner's context is full: {full.Detail}",
        AgentEnd.RateLimited limited => limited.Until is { } until
            ? string.Create(CultureInfo.InvariantCulture, $"no work is accepted before {until:u}: {limited.Detail}")
            : $"no work is accepted now: {limited.Detail}",
        AgentEnd.Overloaded overloaded => $"its vendor cannot serve now: {overloaded.Detail}",
        AgentEnd.Unauthorized unauthorized => $"it is not authorized: {unauthorized.Detail}",
        AgentEnd.WaitingForPermission waiting => $"it waited for a permission: {waiting.Detail}",
        AgentEnd.TimedOut timedOut => $"it took longer than {Durations.Format(timedOut.After)}",
        AgentEnd.Stalled stalled => $"it was silent for {Durations.Format(stalled.Silence)}",
        AgentEnd.LogLimit limit => string.Create(
            CultureInfo.InvariantCulture, $"it printed more than {limit.BytesMax} bytes"),
        AgentEnd.MemoryLimit memory => string.Create(
            CultureInfo.InvariantCulture, $"it used {memory.Bytes} bytes of memory, most of it {memory.Largest}"),
        AgentEnd.BudgetExceeded exceeded => $"more was used than may be: {exceeded.Detail}",
        AgentEnd.Crashed crashed => string.Create(
            CultureInfo.InvariantCulture, $"signal {crashed.Signal} ended it: {crashed.OutputTail}"),
        AgentEnd.FailedToStart failed => $"it could not be started: {failed.Reason}",
        AgentEnd.Killed killed => killed.Reason,
        AgentEnd.ConversationLost lost => $"its conversation is gone: {lost.Detail}",
        AgentEnd.Lost => "it vanished",
    };
}
