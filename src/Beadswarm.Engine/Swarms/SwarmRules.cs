namespace Beadswarm.Swarms;

/// <summary>What the swarm does next, as a whole.</summary>
abstract record SwarmDecision
{
    SwarmDecision() { }

    public sealed record GoOn : SwarmDecision;

    /// <summary>Begin nothing new; end when what runs has reached a safe point.</summary>
    public sealed record Drain(SwarmEnd End, string Reason) : SwarmDecision;

    public sealed record Finish(SwarmEnd End, string Reason) : SwarmDecision;
}

/// <summary>What a decision about the swarm as a whole is made from.</summary>
/// <param name="Draining">Why it was asked to stop, or null.</param>
/// <param name="Unsettled">Something decided here has still to reach the tracker or the target branch.</param>
/// <param name="ServedReady">Beads that could be claimed now by an agent that is not parked.</param>
sealed record SwarmView(
    int Landed, int Left, int InProgress, int Landing, int Blocked, int Pending, int ServedReady, bool Snoozed,
    bool Unsettled, int? Target, SwarmDecision.Drain? Draining)
{
    /// <summary>Why going on would only burn money, or null.</summary>
    public string? Meltdown { get; init; }

    /// <summary>Why nothing more may be used, or null.</summary>
    public string? OverBudget { get; init; }

    /// <summary>What an agent was told that its vendor does not let in, or null.</summary>
    public string? Unauthorized { get; init; }

    /// <summary>The store belongs to a later orchestrator: what it says is not for this one to act on.</summary>
    public bool TakenOver { get; init; }
}

/// <summary>Decides when a swarm is over.</summary>
static class SwarmRules
{
    public static SwarmDecision Decide(SwarmView view)
    {
        if (view.TakenOver)
        {
            return new SwarmDecision.Finish(SwarmEnd.TakenOver, TakenOverReason);
        }

        var busy = view.InProgress > 0 || view.Unsettled;
        if (view.Draining is { } drain)
        {
            // What is queued to land is a safe point by itself: the queue survives.
            return busy ? new SwarmDecision.GoOn() : new SwarmDecision.Finish(drain.End, drain.Reason);
        }

        if (view.Unauthorized is { } refusal)
        {
            return new SwarmDecision.Drain(SwarmEnd.Unauthorized, refusal);
        }

        if (view.OverBudget is { } spent)
        {
            return new SwarmDecision.Drain(SwarmEnd.BudgetExceeded, spent);
        }

        if (view.Meltdown is { } storm)
        {
            return new SwarmDecision.Drain(SwarmEnd.Meltdown, storm);
        }

        if (view.Target is { } target && view.Landed + view.Left >= target)
        {
            return new SwarmDecision.Drain(SwarmEnd.Completed, $"target of {target} reached");
        }

        if (busy || view.Landing > 0 || view.ServedReady > 0 || view.Snoozed)
        {
            return new SwarmDecision.GoOn();
        }

        return view switch
        {
            { Blocked: 0, Pending: 0 } =>
                new SwarmDecision.Finish(SwarmEnd.Completed, "every selected bead has landed"),
            { Pending: 0 } => new SwarmDecision.Finish(
                SwarmEnd.Exhausted, $"nothing is left to do but {Count(view.Blocked, "blocked bead")}"),
            _ => new SwarmDecision.Finish(
                SwarmEnd.Exhausted,
                $"nothing can become ready: {view.Pending} waiting, {view.Blocked} blocked"),
        };
    }

    /// <summary>How the swarm has ended, for a node that only sees that it has.</summary>
    public static SwarmOutcome Whole(SwarmOutcome seen) =>
        seen.End == SwarmEnd.Completed && seen.Blocked + seen.Pending > 0 && !(seen.Landed + seen.Left >= seen.Target)
            ? seen with { End = SwarmEnd.Exhausted }
            : seen;

    public const string TakenOverReason = "another orchestrator has taken over this swarm";

    static string Count(int number, string noun) => number == 1 ? $"1 {noun}" : $"{number} {noun}s";
}
