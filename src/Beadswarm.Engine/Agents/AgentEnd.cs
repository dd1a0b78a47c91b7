using Beadswarm.Pipelines;

namespace Beadswarm.Agents;

/// <summary>All the ways an agent's work on a stage can end; every runner maps its program to this set.</summary>
abstract record AgentEnd
{
    AgentEnd() { }

    /// <summary>It ended well. The verdict is its own word; null with a problem when it is unusable.</summary>
    public sealed record Finished(AgentVerdict? Verdict, string? VerdictProblem) : AgentEnd;

    /// <summary>It ended with an error of its own.</summary>
    public sealed record Failed(int ExitCode, string OutputTail) : AgentEnd;

    /// <summary>It used up the turns it was given.</summary>
    public sealed record MaxTurns(string Detail) : AgentEnd;

    /// <summary>The conversation no longer fits its model.</summary>
    public sealed record ContextExhausted(string Detail) : AgentEnd;

    /// <summary>Its vendor refuses more work for now; null when nobody said until when.</summary>
    public sealed record RateLimited(DateTimeOffset? Until, string Detail) : AgentEnd;

    /// <summary>Its vendor cannot serve at the moment.</summary>
    public sealed record Overloaded(string Detail) : AgentEnd;

    /// <summary>It is not logged in, or its account may not do this; more tries do not help.</summary>
    public sealed record Unauthorized(string Detail) : AgentEnd;

    /// <summary>It asked a question that nobody is there to answer.</summary>
    public sealed record WaitingForPermission(string Detail) : AgentEnd;

    /// <summary>The stage's time was over; it was ended.</summary>
    public sealed record TimedOut(TimeSpan After) : AgentEnd;

    /// <summary>Neither output nor a changed file for too long; it was ended.</summary>
    public sealed record Stalled(TimeSpan Silence) : AgentEnd;

    /// <summary>It wrote more output than is kept; it was ended, and its log is cut.</summary>
    public sealed record LogLimit(long BytesMax) : AgentEnd;

    /// <summary>It and what it had started used more memory than it may; it was ended.</summary>
    /// <param name="Largest">What used the most of it.</param>
    public sealed record MemoryLimit(long Bytes, long BytesMax, string Largest) : AgentEnd;

    /// <summary>More was used than may be; it was ended, or its own program ended it.</summary>
    public sealed record BudgetExceeded(BudgetScope Scope, string Detail) : AgentEnd;

    /// <summary>A signal that we did not send ended it.</summary>
    public sealed record Crashed(int Signal, string OutputTail) : AgentEnd;

    /// <summary>It never ran.</summary>
    public sealed record FailedToStart(string Reason, bool Transient) : AgentEnd;

    /// <summary>We ended it, for a reason that is not its fault.</summary>
    public sealed record Killed(string Reason) : AgentEnd;

    /// <summary>The conversation it was to go on with is not there any more; nothing was done.</summary>
    public sealed record ConversationLost(string Detail) : AgentEnd;

    /// <summary>It was adopted and vanished without a record of how.</summary>
    public sealed record Lost : AgentEnd;
}
