namespace Beadswarm.Pipelines;

/// <summary>
/// What the orchestrator itself observed when a stage was over. Exactly one case per execution; the first thing that
/// went wrong decides which.
/// </summary>
abstract record StageEnd
{
    StageEnd() { }

    /// <summary>The process ended well, progress was made where required and every gate passed.</summary>
    public sealed record Finished(AgentVerdict? Verdict) : StageEnd;

    /// <summary>The agent ended by itself and said that it failed.</summary>
    public sealed record AgentFailed(int ExitCode, AgentVerdict? Verdict) : StageEnd;

    /// <summary>The agent stopped before it was done: out of turns or out of context.</summary>
    public sealed record GaveUp(string Detail) : StageEnd;

    /// <summary>A result file is there but is not the documented JSON.</summary>
    public sealed record VerdictUnreadable(string Detail) : StageEnd;

    /// <summary>A stage that must change something changed nothing.</summary>
    public sealed record NoCommit : StageEnd;

    /// <summary>The tree is one that has already failed, so checking it again could only fail again.</summary>
    public sealed record SameTree(string Tree) : StageEnd;

    /// <summary>
    /// A gate ran and said no: by its exit code, by its timeout, or by more matches than its baseline.
    /// </summary>
    public sealed record GateFailed(string Gate, string Reason) : StageEnd;

    /// <summary>The stage leaves tests of what is not there yet, and a gate that has to fail by them passes.</summary>
    public sealed record NotRed(string Gate) : StageEnd;

    /// <summary>Tests that an earlier stage wrote for this bead are not there any more.</summary>
    public sealed record TestsGone(string Paths) : StageEnd;

    /// <summary>The process was ended by a signal that we did not send.</summary>
    public sealed record Crashed(string Detail) : StageEnd;

    /// <summary>The stage ran longer than its limit and was terminated.</summary>
    public sealed record TimedOut(TimeSpan Limit) : StageEnd;

    /// <summary>
    /// Nothing was printed for longer than the idle limit, or it waited for a person; it was terminated.
    /// </summary>
    public sealed record Stalled(TimeSpan Limit) : StageEnd;

    /// <summary>The process is gone and how it ended is unknown, for example after a crash of its node.</summary>
    public sealed record Lost(string Detail) : StageEnd;

    /// <summary>The agent could not be started.</summary>
    public sealed record FailedToStart(string Detail) : StageEnd;

    /// <summary>
    /// Something beside the agent was missing: workspace, disk, git, the means to run a gate, the network.
    /// </summary>
    public sealed record Unavailable(string Detail) : StageEnd;

    /// <summary>The disk had no room to begin: nothing was tried.</summary>
    public sealed record NoRoom(string Detail) : StageEnd;

    /// <summary>The agent's provider refused the credentials.</summary>
    public sealed record Unauthorized(string Detail) : StageEnd;

    /// <summary>The agent's provider refuses work until <paramref name="Until"/>, where it says.</summary>
    public sealed record RateLimited(DateTimeOffset? Until) : StageEnd;

    /// <summary>
    /// More was used than may be, or would be by this execution. For its bead that is the end; where it is the swarm's
    /// limit or the day's, the bead has nothing to do with it.
    /// </summary>
    public sealed record OverBudget(BudgetScope Scope, string Detail) : StageEnd;

    /// <summary>
    /// Not done, and the same stage goes on at once: after a handoff, of which an attempt has so many, or in a new
    /// conversation where the old one was lost.
    /// </summary>
    public sealed record Continued(string Detail) : StageEnd;

    /// <summary>The swarm stopped the stage for its own reasons: drain, lost claim, withdrawn bead.</summary>
    public sealed record Interrupted : StageEnd;
}

/// <summary>What kind of end a stage came to, and why in one line.</summary>
abstract record StageJudgement
{
    StageJudgement() { }

    /// <summary>Good in every respect.</summary>
    public sealed record Passed : StageJudgement;

    /// <summary>A check failed: it costs an attempt.</summary>
    public sealed record Failed(string Reason) : StageJudgement;

    /// <summary>Infrastructure: it costs one of the infrastructure retries.</summary>
    public sealed record Trouble(string Reason) : StageJudgement;

    /// <summary>Work is refused for a while: it costs nothing.</summary>
    public sealed record Limited(DateTimeOffset? Until, string Reason) : StageJudgement;

    /// <summary>What may be used for it is used up: it is blocked, whatever attempts are left.</summary>
    public sealed record UsedUp(string Reason) : StageJudgement;

    /// <summary>Stopped from outside: it costs nothing.</summary>
    public sealed record Interrupted(string Reason) : StageJudgement;

    /// <summary>How an execution with this judgement is recorded.</summary>
    public StageStatus Status => this switch
    {
        Passed => StageStatus.Passed,
        Failed => StageStatus.Failed,
        Trouble => StageStatus.Error,
        Limited => StageStatus.Error,
        UsedUp => StageStatus.Interrupted,
        Interrupted => StageStatus.Interrupted,
    };
}

/// <summary>What comes next for a bead after a stage or a landing.</summary>
abstract record StageDecision
{
    StageDecision() { }

    /// <summary>Go on with the next stage, same attempt.</summary>
    public sealed record Advance(StageName Next) : StageDecision;

    /// <summary>Every stage passed: into the merge queue.</summary>
    public sealed record Land : StageDecision;

    /// <summary>Go back to <paramref name="Stage"/> as attempt <paramref name="Attempt"/>, told what failed.</summary>
    public sealed record Retry(StageName Stage, int Attempt, string Reason) : StageDecision;

    /// <summary>The same stage and attempt again, not before <paramref name="Until"/>.</summary>
    public sealed record Snooze(DateTimeOffset Until, int InfrastructureFailures, string Reason) : StageDecision;

    /// <summary>Nothing more happens until a person asks for it.</summary>
    public sealed record Block(string Reason) : StageDecision;
}

/// <summary>Where a bead stands when one of its stages ends.</summary>
/// <param name="Attempt">Counts from 1, over the whole life of the bead.</param>
/// <param name="AttemptsAllowed">Raised only by a person.</param>
/// <param name="InfrastructureFailures">Counted over the whole life of the bead, whatever the stage.</param>
sealed record StagePosition(
    Pipeline Pipeline, StageName Stage, int Attempt, int AttemptsAllowed, int InfrastructureFailures);

/// <summary>How often, and how far apart, infrastructure failures are retried.</summary>
sealed record RetryLimits(int InfrastructureRetriesMax, TimeSpan DelayMin, TimeSpan DelayMax);
