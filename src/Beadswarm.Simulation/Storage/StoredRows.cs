using Beadswarm.Agents;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Landing;
using Beadswarm.Pipelines;
using Beadswarm.Storage;
using Beadswarm.Swarms;

namespace Beadswarm.Simulation.Storage;

/// <summary>A swarm, and what it was begun with.</summary>
sealed record StoredSwarm(
    SwarmRecord Record, bool FollowTracker, StageName FirstStage, StageName RetryStage, string Actor)
{
    public ClaimBounds Bounds => new(Record.Target, Record.Limit, FollowTracker);
}

/// <summary>A process that takes part, or took part, and what its agents use that is not recorded yet.</summary>
sealed record StoredNode(NodeRecord Node)
{
    public NodeSpending Spending { get; init; }

    public string Name => Node.Name;
}

/// <summary>A worker slot.</summary>
sealed record StoredAgent(
    AgentNumber Number, string Role, string Runner, AgentStatus Status, string? Reason, DateTimeOffset Since)
{
    /// <summary>Whose agent it is; null where there is one orchestrator only.</summary>
    public string? Node { get; init; }
}

/// <summary>A bead that was ever selected, and what is kept of it beside the swarm's work.</summary>
/// <param name="token">The last one granted.</param>
/// <param name="branch">Where its last stage worked.</param>
/// <param name="ranked">The swarm follows the tracker's order.</param>
sealed class StoredBead(BeadWork work, FencingToken token, string? branch, bool ranked)
{
    public BeadWork Work { get; } = work;

    public FencingToken Token { get; } = token;

    public string? Branch { get; } = branch;

    public bool Ranked { get; } = ranked;

    public ClaimPlace Place { get; } = ClaimPlace.Of(work, ranked);

    /// <summary>On which its last claim was granted.</summary>
    public string? Node { get; init; }

    public BeadId Id => Work.Id;

    public StoredBead With(BeadWork work, FencingToken? token = null) =>
        new(work, token ?? Token, Branch, Ranked) { Node = Node };
}

/// <summary>What a request of an external agent came to.</summary>
sealed record StoredRequest(DoneRequest Request, DateTimeOffset At);

/// <summary>What the agent of one execution used, or a planner: it has no number.</summary>
sealed record StoredCost(long Swarm, BeadId Bead, AgentNumber? Agent, string Stage, decimal? Usd, DateTimeOffset At)
{
    public required string Runner { get; init; }

    public required string? Model { get; init; }

    public required int Calls { get; init; }

    public required TokenCount Tokens { get; init; }
}

/// <summary>One execution of a stage.</summary>
sealed record StoredRun(StageRun Run, string BaseCommit, AgentProcess? Process)
{
    public bool Open => Run.Status == StageStatus.Started;

    public StageStart Start => new(
        Run.Stage, Run.Attempt, Run.Workspace, Run.Branch, Run.SessionFolder, BaseCommit);
}

/// <summary>One try to land.</summary>
/// <param name="Integrated">The commit on the integration branch, once there is one.</param>
sealed record StoredLanding(
    LandingId Id, BeadId Bead, int Attempt, AgentNumber Agent, string Branch, string BaseCommit, string HeadCommit,
    string HeadTree, LandingState State, string? Integrated, DateTimeOffset QueuedAt, DateTimeOffset UpdatedAt)
{
    /// <summary>What a person asks of it.</summary>
    public LandingWish? Wish { get; init; }
    public PullRequest? PullRequest { get; init; }

    public bool Live => State is LandingState.Queued or LandingState.Intended or LandingState.Integrated;

    public LandingEntry ToEntry(BeadWork bead) => new(
        Id, Bead, bead.Title, bead.Priority, Attempt, bead.AttemptsAllowed, Agent, Branch, BaseCommit, HeadCommit,
        HeadTree, State, QueuedAt, UpdatedAt)
    {
        PullRequest = PullRequest,
    };
}
