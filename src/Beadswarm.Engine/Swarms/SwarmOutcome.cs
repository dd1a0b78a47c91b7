using System.Text.Json;
using Beadswarm.Agents;
using Beadswarm.Costs;
using Beadswarm.Journal;

namespace Beadswarm.Swarms;

/// <summary>How a run ended, for the summary line and the exit code.</summary>
sealed record SwarmOutcome(
    SwarmEnd End, string? Reason, int Landed, int Blocked, int Left, int Pending, int? Target, int Attempts,
    TimeSpan Duration)
{
    /// <summary>What the swarm's executions have used, over all its runs.</summary>
    public CostSum Costs { get; init; } = CostSum.None;

    /// <summary>How the target is red, as far as the gates of the whole have said; null: they have not.</summary>
    public string? Red { get; init; }

    /// <summary>How the journal tells it.</summary>
    public JournalEvent.SwarmEnded ToJournal() => new(
        JsonNamingPolicy.CamelCase.ConvertName(End.ToString()), Reason, Landed, Blocked, Left, Pending, Target,
        Attempts, (long)Duration.TotalMilliseconds, Costs.Executions, Costs.Unpriced, Costs.Tokens.All, Costs.Usd,
        Red);

    /// <summary>Null when it was written by a newer program that knows other ends.</summary>
    public static SwarmOutcome? From(JournalEvent.SwarmEnded ended) =>
        Enum.TryParse<SwarmEnd>(ended.End, ignoreCase: true, out var end)
            ? new SwarmOutcome(
                end, ended.Reason, ended.Landed, ended.Blocked, ended.Left, ended.Pending, ended.Target,
                ended.Attempts, TimeSpan.FromMilliseconds(ended.DurationMs))
            {
                Costs = new CostSum(
                    ended.Executions ?? 0, ended.Unpriced ?? 0, 0, new TokenCount(ended.Tokens ?? 0, 0, 0, 0),
                    ended.CostUsd ?? 0),
                Red = ended.Red,
            }
            : null;
}

/// <summary>Why a run ended.</summary>
enum SwarmEnd
{
    /// <summary>The target was reached, or nothing is left that could become ready.</summary>
    Completed,

    /// <summary>Nothing can go on by itself: every bead left is blocked or waits for a blocked one.</summary>
    Exhausted,

    /// <summary>A person asked it to stop, and it did at a safe point.</summary>
    Drained,

    /// <summary>A person asked twice: agents were ended, their work kept.</summary>
    Terminated,

    /// <summary>Too many failures at once: it stopped by itself.</summary>
    Meltdown,

    /// <summary>An agent's vendor does not let it in: it stopped by itself.</summary>
    Unauthorized,

    /// <summary>What it may use of money or tokens is used up: it stopped by itself.</summary>
    BudgetExceeded,

    /// <summary>Another orchestrator works on the swarm now: this one, which had slept, let go of everything.</summary>
    TakenOver,
}
