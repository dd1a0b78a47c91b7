using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Pipelines;
using Beadswarm.Processes;
using Beadswarm.Sandboxes;

namespace Beadswarm.Agents;

/// <summary>Everything needed to run one agent for one stage of one bead.</summary>
sealed record AgentLaunch
{
    public required AgentNumber Agent { get; init; }
    public required BeadId Bead { get; init; }
    public required StageName Stage { get; init; }
    public required int Attempt { get; init; }

    /// <summary>The directory it works in.</summary>
    public required string Workspace { get; init; }

    /// <summary>Where its files and logs go; used by this launch alone.</summary>
    public required string SessionFolder { get; init; }

    public required string Prompt { get; init; }

    /// <summary>The bead as JSON, for <c>$BEADSWARM_BEAD_FILE</c>.</summary>
    public required string BeadJson { get; init; }

    /// <summary>Contract, feedback and artifacts of earlier stages, for <c>$BEADSWARM_CONTEXT</c>.</summary>
    public IReadOnlyList<ContextFile> Context { get; init; } = [];

    public required RunnerSpec Runner { get; init; }

    /// <summary>Its work is not done without a verdict: a program that can be held to a form is held to it.</summary>
    public bool VerdictRequired { get; init; }

    /// <summary>The conversation to go on with, where its program can; null: a new one.</summary>
    public Conversation? Continues { get; init; }

    /// <summary>What a sandbox shows of the swarm's folders beside workspace and session.</summary>
    public SandboxGround Ground { get; init; } = new([], [], []);

    public required AgentLimits Limits { get; init; }

    /// <summary>Marks the agent and everything it starts; unique to this launch among all runs.</summary>
    public required string Tag { get; init; }
}

/// <summary>One file of the context folder.</summary>
sealed record ContextFile(string Name, string Content);

/// <summary>The bounds of one agent.</summary>
/// <param name="StageTimeout">Longest time the stage may take.</param>
/// <param name="IdleTimeout">Longest time without output and without a change in the workspace.</param>
/// <param name="Grace">Time between asking the agent to end and killing it.</param>
/// <param name="LogBytesMax">Most output that is kept; an agent that writes more is ended.</param>
/// <param name="MemoryBytesMax">Most memory of all its processes together; null: no limit.</param>
sealed record AgentLimits(
    TimeSpan StageTimeout, TimeSpan IdleTimeout, TimeSpan Grace, long LogBytesMax, long? MemoryBytesMax = null);

/// <summary>How the stage's agent ended, and what had to be cleared away behind it.</summary>
sealed record AgentOutcome(AgentEnd End, LeakReport Leaks)
{
    /// <summary>What it used, however it ended.</summary>
    public UsageReport Usage { get; init; } = UsageReport.Unknown;

    /// <summary>The last that the agent said; null where its program is not understood.</summary>
    public string? LastWords { get; init; }

    /// <summary>Name of its runner, where that is known.</summary>
    public string? Runner { get; init; }
}

/// <summary>A session that is over, read again from what it left.</summary>
sealed record EarlierSession(string Runner, AgentEnd End, UsageReport Usage);

/// <summary>Starts agents and finds them again; the one way the engine reaches processes of agents.</summary>
interface IAgentHost
{
    /// <summary>Starts the agent. That it could not be started is an end like the others: ask the session.</summary>
    Task<IAgentSession> StartAsync(AgentLaunch launch, CancellationToken cancellationToken);

    /// <summary>Takes over an agent of an earlier orchestrator, running or ended; null when it left no trace.</summary>
    Task<IAgentSession?> TryAdoptAsync(AgentProcess process, CancellationToken cancellationToken);

    /// <summary>Ends everything that carries the tag, for agents that are not to be adopted.</summary>
    Task<LeakReport> ClearAsync(string tag, CancellationToken cancellationToken);

    /// <summary>
    /// Ends whatever an earlier orchestrator has left of agents and gates, apart from what is kept, and says what it
    /// was.
    /// </summary>
    Task<OrphanReport> ClearOrphansAsync(SweepSearch search, CancellationToken cancellationToken);

    /// <summary>
    /// What an ended session came to, as far as its folder still tells; null: nothing does, or its program is none that
    /// is understood.
    /// </summary>
    EarlierSession? Recall(string sessionFolder) => null;

    /// <summary>
    /// The end of a text that an agent left in its session, up to so many bytes; empty when it left none that can be
    /// read. It is the agent's own word.
    /// </summary>
    string ReadText(string path, int bytesMax);
}

/// <summary>One agent at work. When waiting for it has returned an outcome, its whole tree is gone.</summary>
interface IAgentSession
{
    /// <summary>Null when it could not be started.</summary>
    AgentProcess? Process { get; }

    /// <summary>
    /// Watches over the agent until it ends, and ends it at its limits. Cancelling stops the watching, not the agent;
    /// waiting can be taken up again. One caller at a time.
    /// </summary>
    /// <param name="spending">
    /// Asked again and again with what it has used so far, as far as its program tells while it works.
    /// </param>
    Task<AgentOutcome> WaitAsync(SpendingWatch? spending, CancellationToken cancellationToken);

    /// <summary>As the other, with no limit to what it uses.</summary>
    Task<AgentOutcome> WaitAsync(CancellationToken cancellationToken) => WaitAsync(null, cancellationToken);

    /// <summary>Ends the agent; waiting for it then says <see cref="AgentEnd.Killed"/>.</summary>
    Task TerminateAsync(string reason, CancellationToken cancellationToken);

    /// <summary>Resident memory of the agent and all it has started.</summary>
    long MemoryBytes();
}
