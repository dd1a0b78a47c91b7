namespace Beadswarm.Swarms;

/// <summary>What a node that has joined does next.</summary>
abstract record JoinedDecision
{
    JoinedDecision() { }

    public sealed record GoOn : JoinedDecision;

    /// <summary>Its agents begin nothing new.</summary>
    /// <param name="WithSwarm">Because the swarm as a whole stops: how it ends, that one says.</param>
    public sealed record Drain(SwarmEnd End, string Reason, bool WithSwarm = false) : JoinedDecision;

    /// <summary>It leaves.</summary>
    /// <param name="AtOnce">What its agents are at is ended.</param>
    public sealed record Leave(SwarmEnd End, string Reason, bool AtOnce) : JoinedDecision;

    /// <summary>It holds the swarm now.</summary>
    public sealed record Hold : JoinedDecision;
}

/// <summary>What that is decided from.</summary>
/// <param name="Swarm">The newest in the store.</param>
/// <param name="Joined">Which it has joined.</param>
/// <param name="Trouble">Why its own agents cannot go on; null: they can.</param>
sealed record JoinedView(
    SwarmRecord? Swarm, long Joined, bool Holds, bool Fenced, int InHand, SwarmDecision.Drain? Draining,
    SwarmDecision.Drain? Trouble)
{
    /// <summary>It drains because the swarm as a whole stops.</summary>
    public bool WithSwarm { get; init; }

    /// <summary>The holder has not been heard of.</summary>
    public bool Orphaned { get; init; }
}

/// <summary>Decides when a node that has joined leaves.</summary>
static class JoinedRules
{
    public static JoinedDecision Decide(JoinedView view) => view switch
    {
        { Fenced: true } => new JoinedDecision.Leave(SwarmEnd.TakenOver, FencedReason, AtOnce: true),
        { Swarm: null } or { Swarm.Status: SwarmStatus.Completed } => new JoinedDecision.Leave(
            SwarmEnd.Completed, view.Swarm?.Reason ?? OverReason, AtOnce: true),
        { Swarm.Id: var id } when id != view.Joined =>
            new JoinedDecision.Leave(SwarmEnd.Completed, OverReason, AtOnce: true),
        { Swarm.Status: SwarmStatus.Stopped } => new JoinedDecision.Leave(
            SwarmEnd.Drained, view.Swarm.Reason ?? OverReason, AtOnce: true),
        { Swarm.Status: SwarmStatus.Stopping, WithSwarm: true, Orphaned: false } => new JoinedDecision.GoOn(),
        { Draining: { } why, InHand: 0 } => new JoinedDecision.Leave(why.End, why.Reason, AtOnce: false),

        // Also when it has just come to hold the swarm: who was told to stop gives it up again as a holder does.
        { Holds: true } => new JoinedDecision.Hold(),
        { Draining: not null } => new JoinedDecision.GoOn(),
        { Swarm.Status: SwarmStatus.Stopping } => new JoinedDecision.Drain(
            SwarmEnd.Drained, $"the swarm stops: {view.Swarm.Reason ?? "its holder was told to"}", WithSwarm: true),
        { Trouble: { } trouble } => new JoinedDecision.Drain(trouble.End, trouble.Reason),
        _ => new JoinedDecision.GoOn(),
    };

    public const string FencedReason = "another process has this node's place in the swarm";
    const string OverReason = "the swarm is over";
}

/// <summary>Looks at the swarm for a node that has joined it, until it leaves or comes to hold it.</summary>
sealed class JoinedMonitor(SwarmParts parts, SwarmStop stop, long joined)
{
    bool _withSwarm;

    /// <summary>Null: it holds the swarm now.</summary>
    public async Task<JoinedDecision.Leave?> RunAsync(CancellationToken terminate)
    {
        while (true)
        {
            var heard = parts.Bell.Listen();
            switch (JoinedRules.Decide(await ViewAsync(terminate)))
            {
                case JoinedDecision.Leave leave:
                    return leave;
                case JoinedDecision.Hold:
                    return null;
                case JoinedDecision.Drain drain:
                    _withSwarm |= drain.WithSwarm;
                    stop.Drain(new SwarmDecision.Drain(drain.End, drain.Reason));
                    break;
                case JoinedDecision.GoOn:
                    await parts.Bell.WaitAsync(heard, terminate);
                    break;
            }
        }
    }

    async Task<JoinedView> ViewAsync(CancellationToken cancellationToken) => new(
        await parts.Store.ReadSwarmAsync(cancellationToken), joined, parts.Standing.Holds, parts.Standing.Fenced,
        parts.Claims.All().Count, stop.Draining, Trouble())
    {
        WithSwarm = _withSwarm,
        Orphaned = parts.Standing.Orphaned,
    };

    SwarmDecision.Drain? Trouble() =>
        parts.Failures.Unauthorized is { } refusal ? new SwarmDecision.Drain(SwarmEnd.Unauthorized, refusal)
        : parts.Budget.Exhausted is { } spent ? new SwarmDecision.Drain(SwarmEnd.BudgetExceeded, spent)
        : parts.Failures.Meltdown() is { } storm ? new SwarmDecision.Drain(SwarmEnd.Meltdown, storm)
        : null;
}
