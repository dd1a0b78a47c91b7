using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Costs;
using Beadswarm.Estimates;
using Beadswarm.Pipelines;
using Beadswarm.Supervision;

namespace Beadswarm.Swarms;

/// <summary>Grows with every start of an orchestrator; a write with an older one changes nothing.</summary>
readonly record struct SwarmEpoch(long Value);

/// <summary>Where a swarm stands.</summary>
enum SwarmStatus
{
    Starting,
    Running,

    /// <summary>Takes no new work; what runs reaches a safe point.</summary>
    Stopping,

    /// <summary>Ended before everything was done; can be continued.</summary>
    Stopped,

    /// <summary>Ended because its target was reached or nothing can become ready.</summary>
    Completed,
}

/// <summary>What an agent is doing.</summary>
enum AgentStatus
{
    Idle,
    Working,

    /// <summary>Has nothing to do until something becomes ready or a snooze ends.</summary>
    Waiting,

    /// <summary>Failed too often; not restarted.</summary>
    Parked,
}

/// <summary>One run over a repository.</summary>
sealed record SwarmRecord(
    long Id, SwarmEpoch Epoch, SwarmStatus Status, string? Reason, string Node, int? Target, int? Limit,
    DateTimeOffset StartedAt, DateTimeOffset? EndedAt, bool Continued);

/// <summary>Everything <c>status</c> shows, read in one transaction.</summary>
/// <param name="Pending">Selected beads that wait: ready or not, snoozed or waiting for another role.</param>
/// <param name="Ready">Those of them that could be claimed now.</param>
sealed record StatusSnapshot(
    SwarmRecord? Swarm, int Landed, int InProgress, int Landing, int Blocked, int Left, int Pending, int Ready,
    int Attempts, DateTimeOffset? NextWakeAt, IReadOnlyList<AgentSnapshot> Agents)
{
    /// <summary>What its executions have used so far, those that run now not among them.</summary>
    public CostSum Costs { get; init; } = CostSum.None;

    /// <summary>Mode pull-request: what is proposed and waits, in order of arrival.</summary>
    public IReadOnlyList<ProposedBead> PullRequests { get; init; } = [];

    /// <summary>All beads the swarm knows, apart from withdrawn ones.</summary>
    public int Selected => Landed + InProgress + Landing + Blocked + Left + Pending;
}

/// <summary>A bead that waits to land in a pull request.</summary>
/// <param name="Waits">For what, in a few words for people.</param>
sealed record ProposedBead(BeadId Bead, int Number, string Url, string Waits);

/// <summary>What only the running orchestrator knows of itself.</summary>
/// <param name="Estimate">When it will be through; null while that is not known.</param>
sealed record SwarmVitals(SupervisionTree Tree, Estimate? Estimate)
{
    /// <summary>Accounts whose vendors let fewer agents through than there are.</summary>
    public IReadOnlyList<LimitedAccount> Limits { get; init; } = [];
}

/// <summary>One agent as <c>status</c> shows it.</summary>
sealed record AgentSnapshot(
    AgentNumber Agent, string Role, AgentStatus Status, BeadId? Bead, StageName? Stage, int? Attempt,
    DateTimeOffset Since, string? Reason);
