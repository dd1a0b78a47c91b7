using Beadswarm.Beads;
using Beadswarm.Estimates;
using Beadswarm.Waiting;

namespace Beadswarm.Swarms;

/// <summary>
/// When this swarm will be through. Made when somebody asks, and not more often than is worth it: an estimate names
/// instants, so it stays right for a while. Nobody who asks makes the swarm work on nothing else.
/// </summary>
sealed class Forecast(SwarmParts parts)
{
    const int HistoryMax = 2_000;

    static readonly TimeSpan FreshFor = TimeSpan.FromSeconds(5);

    /// <summary>Making estimates takes at most one part in this many of the time.</summary>
    const int CostShare = 50;

    readonly Turnstile _one = new(1);
    Estimate? _newest;
    DateTimeOffset _staleAt = DateTimeOffset.MinValue;

    /// <summary>Null while nothing is known, and when the swarm takes no new work.</summary>
    public async Task<Estimate?> ReadAsync(StatusSnapshot status, CancellationToken cancellationToken)
    {
        // Who works for a swarm without agents of its own, and how fast, is not known.
        if (status.Swarm is not { Status: SwarmStatus.Running } || parts.Config.AgentCount == 0)
        {
            return null;
        }

        using var turn = await _one.EnterAsync(cancellationToken);
        var now = parts.Time.GetUtcNow();
        if (now >= _staleAt)
        {
            var began = parts.Time.GetTimestamp();
            _newest = await EstimateAsync(status, now, cancellationToken);
            var cost = parts.Time.GetElapsedTime(began) * CostShare;
            _staleAt = now + (cost > FreshFor ? cost : FreshFor);
        }

        return _newest;
    }

    async Task<Estimate?> EstimateAsync(
        StatusSnapshot status, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var records = new ForecastRecords(
            parts.Config, await parts.Store.ReadBeadsAsync(cancellationToken),
            await parts.Store.ReadHistoryAsync(null, null, HistoryMax, cancellationToken),
            await parts.Store.ReadLandingsAsync(null, cancellationToken), await GraphAsync(cancellationToken), status);
        return EstimateRules.Of(ForecastRules.Input(records, now), now, seed: (int)(parts.Epoch.Value % int.MaxValue));
    }

    /// <summary>Null while the tracker cannot be read: then what waits is not counted.</summary>
    async Task<BeadGraph?> GraphAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await parts.Backlog.ReadAsync(cancellationToken)).Graph;
        }
        catch (TrackerException)
        {
            return null;
        }
    }
}
