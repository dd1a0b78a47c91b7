using Beadswarm.Landing;
using Beadswarm.Waiting;

namespace Beadswarm.Swarms;

/// <summary>Looks at the swarm as a whole whenever something has changed, and ends it when it is over.</summary>
sealed class SwarmMonitor(SwarmParts parts, TrackerSync tracker, SwarmStop stop, int? target)
{
    bool _saidStopping;

    /// <summary>Runs until the swarm is over, and says how.</summary>
    public async Task<SwarmDecision.Finish> RunAsync(CancellationToken terminate)
    {
        while (true)
        {
            var heard = parts.Bell.Listen();
            var decision = SwarmRules.Decide(await ViewAsync(terminate));
            if (decision is SwarmDecision.Finish { End: not SwarmEnd.TakenOver })
            {
                // A bead that was closed a moment ago may have made others ready: ask once more after the tracker was
                // told.
                await tracker.PassAsync(terminate);
                decision = SwarmRules.Decide(await ViewAsync(terminate));
            }

            switch (decision)
            {
                case SwarmDecision.Finish finish:
                    return finish;
                case SwarmDecision.Drain drain:
                    stop.Drain(drain);
                    break;
                case SwarmDecision.GoOn:
                    await SayStoppingAsync(terminate);
                    await parts.Bell.WaitAsync(heard, terminate);
                    break;
            }
        }
    }

    /// <summary>Claims of other nodes that live: they let go of them when they hear that the swarm stops.</summary>
    int HeldElsewhere(StatusSnapshot status)
    {
        var others = status.Nodes.Where(node => node.Ended is null && node.Name != parts.Node)
            .Select(node => node.Name).ToHashSet();
        return status.Agents.Count(agent => agent is { Bead: not null, Node: { } node } && others.Contains(node));
    }

    /// <summary>A long stage may run before a drain is over; who looks meanwhile must see that it was heard.</summary>
    async Task SayStoppingAsync(CancellationToken cancellationToken)
    {
        if (stop.Draining is { } drain && !_saidStopping)
        {
            _saidStopping = true;
            await parts.Store.SetSwarmStatusAsync(parts.Epoch, SwarmStatus.Stopping, drain.Reason, cancellationToken);
            parts.Bell.Ring();
        }
    }

    async Task<SwarmView> ViewAsync(CancellationToken cancellationToken)
    {
        var status = await parts.Store.ReadStatusAsync(cancellationToken);
        var queue = await parts.Store.ReadQueueAsync(cancellationToken);
        var outbox = await parts.Store.ReadOutboxAsync(cancellationToken);

        // Also a claim that nobody here works on any more: its lease ends, and then the bead is worked again. A swarm
        // that stops waits for what is in hand only: such a claim, or an intended landing, is for the next one.
        var draining = stop.Draining;
        var inHand = parts.Claims.All().Count + HeldElsewhere(status);
        var unsettled = outbox.Count > 0 || queue.Entries.Any(entry => entry.State is LandingState.Intended);
        return new SwarmView(
            status.Landed, status.Left, draining is null ? Math.Max(inHand, status.InProgress) : inHand, status.Landing,
            status.Blocked, status.Pending, status.Ready, status.NextWakeAt is not null,
            Unsettled: draining is null && unsettled, target, draining)
        {
            Unauthorized = parts.Failures.Unauthorized,
            OverBudget = parts.Budget.Exhausted,
            Meltdown = parts.Failures.Meltdown(),
            TakenOver = status.Swarm?.Epoch != parts.Epoch,
        };
    }
}

/// <summary>
/// How a swarm is told to stop: first to drain, then to terminate. Asking again is the same as asking once.
/// </summary>
sealed class SwarmStop : IDisposable
{
    readonly Lock _lock = new();
    readonly CancellationTokenSource _drain = new();
    readonly CancellationTokenSource _terminate = new();
    readonly Bell _bell;

    public SwarmStop(Bell bell) => _bell = bell;

    public CancellationToken DrainToken => _drain.Token;

    public CancellationToken TerminateToken => _terminate.Token;

    /// <summary>Why, once somebody has asked; the first reason stays.</summary>
    public SwarmDecision.Drain? Draining { get; private set; }

    public void Drain(SwarmDecision.Drain why)
    {
        lock (_lock)
        {
            Draining ??= why;
        }

        _drain.Cancel();
        _bell.Ring();
    }

    public void Terminate(string reason)
    {
        lock (_lock)
        {
            Draining = new SwarmDecision.Drain(SwarmEnd.Terminated, reason);
        }

        _drain.Cancel();
        _terminate.Cancel();
        _bell.Ring();
    }

    public void Dispose()
    {
        _drain.Dispose();
        _terminate.Dispose();
    }
}
