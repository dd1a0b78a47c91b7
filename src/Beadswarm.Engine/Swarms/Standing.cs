using Beadswarm.Landing;
using Beadswarm.Storage;

namespace Beadswarm.Swarms;

/// <summary>What a process needs in order to be one node of several.</summary>
/// <param name="Work">Through which it gives its beads' commits to the others; null: it cannot.</param>
sealed record Membership(INodeRegistry Registry, NodeCard Card, IWorkRefs? Work);

/// <summary>
/// As what this process takes part in the swarm. It holds it, alone or as one node of several, or it has joined and
/// only runs agents. One that has joined may come to hold it; nobody who holds it ever only joins.
/// </summary>
sealed class Standing
{
    readonly INodeRegistry? _registry;
    readonly TimeProvider _time;
    readonly TimeSpan _trust;
    long _epoch;
    long _heardAt;
    volatile bool _holds;
    volatile bool _fenced;
    volatile bool _orphaned;
    volatile int _others;

    Standing(SwarmEpoch epoch, TimeProvider time)
    {
        (_epoch, _time, _holds) = (epoch.Value, time, true);
    }

    Standing(
        SwarmEpoch epoch, bool holds, NodeGrant node, INodeRegistry registry, TimeSpan lease, TimeProvider time)
        : this(epoch, time)
    {
        (_holds, Node, _registry, _trust) = (holds, node, registry, lease * ClaimRegistry.TrustedShare);
        _heardAt = time.GetTimestamp();
    }

    /// <summary>Where there can be one orchestrator only.</summary>
    public static Standing Alone(SwarmEpoch epoch, TimeProvider time) => new(epoch, time);

    public static Standing AsNode(
        SwarmEpoch epoch, bool holds, NodeGrant node, INodeRegistry registry, TimeSpan lease, TimeProvider time) =>
        new(epoch, holds, node, registry, lease, time);

    /// <summary>What is written under. That of the holder, for one that has joined.</summary>
    public SwarmEpoch Epoch => new(Interlocked.Read(ref _epoch));

    /// <summary>Null where there can be one orchestrator only.</summary>
    public NodeGrant? Node { get; }

    /// <summary>It is the one that lands, tells the tracker and reaps.</summary>
    public bool Holds => _holds;

    /// <summary>Another process has its place among the nodes: it must let go of everything.</summary>
    public bool Fenced => _fenced;

    /// <summary>Whether other nodes lived when it was last looked at.</summary>
    public bool HasOthers => _others > 0;

    /// <summary>The node that holds the swarm has not been heard of, and nobody has taken over yet.</summary>
    public bool Orphaned => _orphaned;

    /// <summary>Why its agents begin nothing now; null: they do.</summary>
    public string? Pause => Node is null ? null
        : _orphaned ? "the node that holds the swarm has not been heard of, and nobody has taken over yet"
        : _time.GetElapsedTime(Interlocked.Read(ref _heardAt)) > _trust
            ? "the store has not heard of this node for too long"
        : null;

    /// <summary>The node has shown that it lives, and was told this.</summary>
    /// <param name="askedAt">Monotonic time from before the store was asked.</param>
    public void Heard(NodePulse pulse, int others, long askedAt)
    {
        Interlocked.Exchange(ref _heardAt, askedAt);
        _orphaned = !pulse.HolderLives;
        _others = others;
        Follow(pulse.Swarm);
    }

    public void TakeOver(SwarmEpoch epoch)
    {
        Interlocked.Exchange(ref _epoch, epoch.Value);
        (_orphaned, _holds) = (false, true);
    }

    public void Fence() => _fenced = true;

    /// <summary>
    /// Another holder has a later epoch: one that has joined goes on with it. False when there is no later one, or this
    /// one held the swarm and has lost it.
    /// </summary>
    public async Task<bool> CatchUpAsync(IStoreReader store, CancellationToken cancellationToken) =>
        !_holds && Follow(await store.ReadSwarmAsync(cancellationToken));

    /// <summary>
    /// Whether another process of the same clone has begun since: what lies in the swarm's folder is that one's then.
    /// </summary>
    public async Task<bool> IsReplacedAsync(IStoreReader store, CancellationToken cancellationToken)
    {
        if (_registry is null)
        {
            return (await store.ReadSwarmAsync(cancellationToken))?.Epoch != Epoch;
        }

        var nodes = await _registry.ReadNodesAsync(cancellationToken);
        return nodes.FirstOrDefault(node => node.Name == Node!.Name)?.Grant != Node;
    }

    bool Follow(SwarmRecord? swarm)
    {
        if (_holds || swarm is null)
        {
            return false;
        }

        var known = Interlocked.Exchange(ref _epoch, swarm.Epoch.Value);
        return known != swarm.Epoch.Value;
    }
}

/// <summary>
/// What belongs to other nodes and is not to be touched by a start of this one. They begin new things all the while: it
/// is asked for after what it is compared with was read, so that whatever is in that and is another node's is known.
/// </summary>
sealed class Elsewhere
{
    public static readonly Elsewhere Nothing = new(null, "");

    readonly INodeRegistry? _registry;
    readonly string _mine;

    Elsewhere(INodeRegistry? registry, string mine) => (_registry, _mine) = (registry, mine);

    public static Elsewhere Of(INodeRegistry registry, NodeGrant mine) => new(registry, mine.Name);

    /// <summary>Claims that others hold now.</summary>
    public async Task<IReadOnlySet<Claims.ClaimKey>> ClaimsAsync(CancellationToken cancellationToken) =>
        _registry is null ? new HashSet<Claims.ClaimKey>()
            : (await _registry.ReadClaimsElsewhereAsync(_mine, cancellationToken)).ToHashSet();

    /// <summary>Tells whether an agent of another node is in the middle of something.</summary>
    public async Task<Func<OpenEffect, bool>> EffectsAsync(CancellationToken cancellationToken)
    {
        AgentBlock[] theirs = _registry is null ? []
            : [.. (await _registry.ReadNodesAsync(cancellationToken))
                .Where(node => node.Name != _mine && node.Ended is null).Select(node => node.Agents)];
        return open => EffectRules.IsOfAgent(open)
            && open.Effect.Agent is { } agent && theirs.Any(block => block.Contains(agent));
    }
}
