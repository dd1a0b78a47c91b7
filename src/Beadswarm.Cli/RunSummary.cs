using System.Globalization;
using Beadswarm.Cli.Rendering;
using Beadswarm.Swarms;

namespace Beadswarm.Cli;

/// <summary>How a run ended, for people, programs and shells; the same for <c>run</c> and <c>attach</c>.</summary>
static class RunSummary
{
    public static int ExitCodeOf(SwarmEnd end) =>
        end switch
        {
            SwarmEnd.Completed => ExitCodes.Ok,
            SwarmEnd.Exhausted => ExitCodes.Exhausted,
            SwarmEnd.Drained => ExitCodes.Drained,
            SwarmEnd.Terminated => ExitCodes.Terminated,
            SwarmEnd.Meltdown => ExitCodes.Meltdown,
            SwarmEnd.Unauthorized => ExitCodes.Unauthorized,
            SwarmEnd.BudgetExceeded => ExitCodes.BudgetExceeded,
            SwarmEnd.TakenOver => ExitCodes.Held,
        };

    /// <summary>Prints the last line, or the last lines, and says the exit code.</summary>
    public static int Print(VerbCall call, SwarmOutcome outcome)
    {
        var exitCode = ExitCodeOf(outcome.End);
        call.PrintLine(call.Json ? ToJson(outcome, exitCode) : ToText(outcome));
        return exitCode;
    }

    /// <summary>The last line of <c>run --format json</c>. Public and stable.</summary>
    public static string ToJson(SwarmOutcome outcome, int exitCode) =>
        JsonLine.Object(json =>
        {
            json.WriteString("type", "summary");
            json.WriteNumber("landed", outcome.Landed);
            json.WriteNumber("blocked", outcome.Blocked);
            json.WriteNumber("pending", outcome.Pending);
            json.WriteNumber("target", outcome.Target ?? Selected(outcome));
            json.WriteNumber("attempts", outcome.Attempts);
            json.WriteNumber("durationMs", (long)outcome.Duration.TotalMilliseconds);
            json.WriteNumber("exitCode", exitCode);
            if (outcome.Red is { } red)
            {
                json.WriteString("targetRed", red);
            }
        });

    public static string ToText(SwarmOutcome outcome)
    {
        var how = outcome.End switch
        {
            SwarmEnd.Completed => "completed",
            SwarmEnd.Exhausted => "nothing more can be done without a person",
            SwarmEnd.Drained => "stopped at a safe point; 'beadswarm run --resume' goes on",
            SwarmEnd.Terminated => "terminated, with all work kept; 'beadswarm run --resume' goes on",
            SwarmEnd.Meltdown =>
                "stopped by itself: too many failures at once; 'beadswarm run --resume' goes on when that is mended",
            SwarmEnd.Unauthorized =>
                "stopped by itself: an agent is not let in; log in, and 'beadswarm run --resume' goes on",
            SwarmEnd.BudgetExceeded =>
                "stopped by itself: its budget is used up; 'beadswarm run --resume' goes on with a higher limit",
            SwarmEnd.TakenOver =>
                "gave up, because another process runs this swarm now; 'beadswarm attach' follows it",
        };
        var counts = string.Create(
            CultureInfo.InvariantCulture,
            $"{outcome.Landed} of {outcome.Target ?? Selected(outcome)} landed, {outcome.Blocked} blocked, ")
            + (outcome.Left > 0 ? $"{outcome.Left} left on branches, " : "")
            + $"{outcome.Pending} pending, {outcome.Attempts} attempts in {Spans.Format(outcome.Duration)}";
        var reason = outcome.Reason is null ? "" : $" ({SafeText.Line(outcome.Reason)})";
        var next = outcome.Blocked > 0 ? "\n'beadswarm failures' lists what is blocked and why" : "";
        var costs = outcome.Costs.Measured ? $"\ncosts {CostText.Describe(outcome.Costs)}" : "";
        var red = outcome.Red is { } said ? $"\n{SafeText.Line(said)}" : "";
        return $"{how}{reason}\n{counts}{costs}{red}{next}";
    }

    static int Selected(SwarmOutcome outcome) => outcome.Landed + outcome.Blocked + outcome.Left + outcome.Pending;
}
