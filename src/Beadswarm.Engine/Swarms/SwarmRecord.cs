using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Costs;
using Beadswarm.Estimates;
using Beadswarm.Landing;
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

    /// <summary>The nodes that work it, those that died lately among them. Empty where only one can.</summary>
    public IReadOnlyList<NodeRecord> Nodes { get; init; } = [];

    /// <summary>Whether any node lives that works it: where its holder does not, another one will hold it.</summary>
    public bool HasNodes => Nodes.Any(node => node.Ended is null);

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

    /// <summary>Null while the gates of the whole have said nothing, or are not run.</summary>
    public TargetHealth? Health { get; init; }
}

/// <summary>One agent as <c>status</c> shows it.</summary>
sealed record AgentSnapshot(
    AgentNumber Agent, string Role, AgentStatus Status, BeadId? Bead, StageName? Stage, int? Attempt,
    DateTimeOffset Since, string? Reason)
{
    /// <summary>The node that it is an agent of; null where there is only one.</summary>
    public string? Node { get; init; }
}

/// <summary>What a node does something as: a process of one clone, until the next one of that clone begins.</summary>
/// <param name="Name">Stays the clone's.</param>
/// <param name="Generation">Grows with every start.</param>
sealed record NodeGrant(string Name, long Generation);

/// <summary>The numbers of a node's agents.</summary>
readonly record struct AgentBlock(int First, int Count)
{
    /// <summary>The number after the last one.</summary>
    public int End => First + Count;

    public bool Overlaps(AgentBlock other) => First < other.End && other.First < End;

    public bool Contains(AgentNumber agent) => agent.Value >= First && agent.Value < End;

    public override string ToString() => Count switch
    {
        0 => "none",
        1 => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{First}"),
        _ => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{First}-{End - 1}"),
    };
}

/// <summary>How a node's part has ended.</summary>
enum NodeEnd
{
    /// <summary>It said so.</summary>
    Left,

    /// <summary>Nothing was heard of it for longer than its lease.</summary>
    Lost,
}

/// <summary>One node as the store knows it.</summary>
/// <param name="CloneId">Which clone of the repository, of all there are.</param>
/// <param name="Remote">The repository that it exchanges branches through; null: none.</param>
/// <param name="ExpiresAt">Unless it is heard of before.</param>
sealed record NodeRecord(
    NodeGrant Grant, string CloneId, string Host, int Pid, string? Remote, string Target, AgentBlock Agents,
    DateTimeOffset JoinedAt, DateTimeOffset HeardAt, DateTimeOffset ExpiresAt, NodeEnd? Ended)
{
    public string Name => Grant.Name;

    public bool Lives(DateTimeOffset now) => Ended is null && ExpiresAt > now;

    /// <summary>As it stands at an instant of the store's clock, whether or not another node has said so yet.</summary>
    public NodeRecord At(DateTimeOffset now) =>
        Ended is null && !Lives(now) ? this with { Ended = NodeEnd.Lost } : this;
}
