using Beadswarm.Claims;
using Beadswarm.Costs;
using Beadswarm.Swarms;

namespace Beadswarm.Storage;

/// <summary>What a process says of itself when it wants to take part in a swarm.</summary>
/// <param name="CloneId">Names its clone of the repository among all that there are.</param>
/// <param name="Remote">The repository that it can exchange branches through; null: none.</param>
/// <param name="Target">The branch that it lands on.</param>
sealed record NodeCard(string CloneId, string Host, int Pid, string? BootId, string? Remote, string Target);

/// <summary>How a process takes part in a swarm.</summary>
abstract record NodeEntry
{
    NodeEntry() { }

    /// <summary>It holds the swarm, under a new epoch.</summary>
    public sealed record Holds(SwarmRecord Swarm, NodeGrant Node, AgentBlock Agents) : NodeEntry;

    /// <summary>Another node holds it; this one has agents of its own.</summary>
    public sealed record Joined(SwarmRecord Swarm, NodeGrant Node, AgentBlock Agents) : NodeEntry;

    /// <summary>Another node holds it, and this one cannot work beside it.</summary>
    public sealed record Refused(NodeRecord Holder, NodeMismatch Why) : NodeEntry;
}

/// <summary>Why two nodes cannot work one swarm.</summary>
enum NodeMismatch
{
    /// <summary>One of them has no remote.</summary>
    NoRemote,

    /// <summary>They exchange branches through different repositories.</summary>
    Remote,

    /// <summary>They land on different branches.</summary>
    Target,
}

/// <summary>What a node is told when it has shown that it lives.</summary>
/// <param name="HolderLives">Whether the node that holds the swarm has been heard of lately.</param>
sealed record NodePulse(SwarmRecord? Swarm, bool HolderLives);

/// <summary>What the agents that a node has at work are about.</summary>
/// <param name="Used">By them so far, and by earlier ones of which nothing could be recorded.</param>
/// <param name="Aside">Set aside for them beyond that.</param>
readonly record struct NodeSpending(Amount Used, Amount Aside);

/// <summary>What counts against the limits of a swarm, as all of its nodes see it.</summary>
/// <param name="Swarm">Recorded of the executions of the swarm.</param>
/// <param name="Day">Recorded of those of this day.</param>
/// <param name="Elsewhere">At work on the other nodes that live.</param>
sealed record SharedSpending(Amount Swarm, Amount Day, NodeSpending Elsewhere);

/// <summary>
/// Which processes work a swarm together, and which of them holds it. Kept by a store that many machines reach; its
/// clock decides who lives. The rules of <see cref="IStore"/> hold here too.
/// </summary>
interface INodeRegistry
{
    /// <summary>
    /// Takes part in the swarm that another living node holds; otherwise begins, or goes on with, a swarm as
    /// <see cref="IStore.BeginSwarmAsync"/> does, and holds it. The agents of the <paramref name="begin"/> get the next
    /// numbers that no other node uses.
    /// </summary>
    Task<NodeEntry> EnterAsync(
        NodeCard card, SwarmBegin begin, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>
    /// Shows that the node lives, and finds out which others do not any more. One that was taken for lost is back when
    /// nobody has its agents' numbers. Null when fenced: it does not take part any more.
    /// </summary>
    Task<NodePulse?> BeatAsync(NodeGrant node, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>
    /// Holds the swarm from now on, under a new epoch, when whoever held it is lost or has left. The tracker is told
    /// again what has become of the swarm's beads: this node's copy of it may not know. Null when there is nothing to
    /// take over, because somebody else did, the swarm is over or about to be, or the node is fenced.
    /// </summary>
    Task<SwarmRecord?> TakeOverAsync(
        NodeGrant node, SwarmBegin begin, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>
    /// Tells the other nodes what the agents of this one are using, and hears what all have used: one node after the
    /// other, so of two that set something aside at once the later one hears of the earlier. Null when fenced.
    /// </summary>
    Task<SharedSpending?> ShareSpendingAsync(NodeGrant node, NodeSpending mine, CancellationToken cancellationToken);

    /// <summary>The node takes no part any more.</summary>
    Task<WriteOutcome> LeaveAsync(NodeGrant node, string reason, CancellationToken cancellationToken);

    Task<IReadOnlyList<NodeRecord>> ReadNodesAsync(CancellationToken cancellationToken);

    /// <summary>The claims that were granted to agents of other nodes than this one.</summary>
    Task<IReadOnlyList<ClaimKey>> ReadClaimsElsewhereAsync(string node, CancellationToken cancellationToken);

    /// <summary>The number of the journal's last entry; 0 when it is empty.</summary>
    Task<long> ReadJournalEndAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Tells when other processes write, until what it returns is disposed of. It may miss something: looking now and
    /// then stays necessary.
    /// </summary>
    /// <param name="heard">Called on any thread.</param>
    IAsyncDisposable Listen(Action heard);

    /// <summary>Tells other processes of what this one writes, now and then; null: not at all.</summary>
    /// <param name="pause">Between two announcements at least.</param>
    void Announce(TimeSpan? pause);
}
