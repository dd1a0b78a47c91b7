using Beadswarm.Storage;
using Beadswarm.Waiting;

namespace Beadswarm.Swarms;

/// <summary>
/// Keeps this process among the nodes that work the swarm: shows that it lives, hears what others have done, and takes
/// the swarm over when its holder is gone.
/// </summary>
/// <param name="begin">How this node begins when it takes over.</param>
/// <param name="takenOver">It holds the swarm from now on.</param>
sealed class NodeKeeper(
    INodeRegistry registry, SwarmParts parts, SwarmBegin begin, Action<SwarmRecord> takenOver)
{
    const int BeatsPerLease = 4;

    readonly TimeSpan _lease = parts.Config.Limits.Lease;
    long? _seen;
    long? _beatAt;
    TimeSpan _calm = NodeRules.Calm(0);

    public async Task RunAsync(CancellationToken stop)
    {
        var news = new Bell();
        await using var listening = registry.Listen(news.Ring);
        while (true)
        {
            var heard = news.Listen();
            if (_beatAt is not { } last || parts.Time.GetElapsedTime(last) >= _lease / BeatsPerLease)
            {
                await BeatAsync(stop);
            }

            await LookAsync(stop);
            await Task.Delay(_calm, parts.Time, stop);
            await news.WaitAsync(heard, NodeRules.LookPause - _calm, parts.Time, stop);
        }
    }

    async Task LookAsync(CancellationToken stop)
    {
        var end = await registry.ReadJournalEndAsync(stop);
        if (end != _seen)
        {
            _seen = end;
            parts.Bell.Ring();
        }
    }

    async Task BeatAsync(CancellationToken stop)
    {
        var (node, standing) = (parts.Standing.Node!, parts.Standing); // whoever has a keeper is a node
        var askedAt = parts.Time.GetTimestamp();

        // An answer that takes longer than the pause between two is as good as none.
        using var patience = new CancellationTokenSource(_lease / BeatsPerLease, parts.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(stop, patience.Token);
        try
        {
            if (await registry.BeatAsync(node, _lease, both.Token) is not { } pulse)
            {
                standing.Fence();
                parts.Bell.Ring();
                return;
            }

            var others = (await registry.ReadNodesAsync(both.Token))
                .Count(other => other.Name != node.Name && other.Ended is null);
            standing.Heard(pulse, others, askedAt);
            _calm = NodeRules.Calm(others);
            registry.Announce(others > 0 && _calm < NodeRules.LookPause ? _calm : null);
            _beatAt = askedAt;
            if (!standing.Holds && !pulse.HolderLives)
            {
                await TakeOverAsync(node, both.Token);
            }

            await parts.Budget.ShareAsync(both.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            // The next look tries again; what depends on being heard of stops by itself meanwhile.
        }
    }

    async Task TakeOverAsync(NodeGrant node, CancellationToken cancellationToken)
    {
        if (await registry.TakeOverAsync(node, begin, _lease, cancellationToken) is { } swarm)
        {
            takenOver(swarm);
            parts.Standing.TakeOver(swarm.Epoch);
        }
        else
        {
            // Another node was faster, or the swarm is about to end.
            _beatAt = null;
        }

        parts.Bell.Ring();
    }
}
