using Beadswarm.Swarms;

namespace Beadswarm.Cli.Rendering;

/// <summary>How far a swarm is and how fast it goes.</summary>
/// <param name="Target">What was asked for, or all selected beads.</param>
/// <param name="Remaining">Time to go at the pace so far; null when nothing landed yet, or nothing is running.</param>
sealed record Pace(int Landed, int Target, TimeSpan Elapsed, TimeSpan? Remaining)
{
    const int BarWidth = 30;

    public int Percent => Target == 0 ? 0 : (int)(100L * Math.Min(Landed, Target) / Target);

    public static Pace Of(StatusSnapshot status, DateTimeOffset now)
    {
        var target = status.Swarm?.Target ?? status.Selected;
        if (status.Swarm is not { } swarm)
        {
            return new Pace(status.Landed, target, TimeSpan.Zero, null);
        }

        var elapsed = (swarm.EndedAt ?? now) - swarm.StartedAt;
        var left = Math.Min(target - status.Landed, status.InProgress + status.Landing + status.Pending);
        var remaining = swarm.EndedAt is null && status.Landed > 0 && left > 0
            ? elapsed / status.Landed * left
            : (TimeSpan?)null;
        return new Pace(status.Landed, target, elapsed, remaining);
    }

    /// <summary>The share that landed, as a bar with its percentage.</summary>
    public string Bar()
    {
        var filled = BarWidth * Percent / 100;
        return $"[{new string('#', filled)}{new string('.', BarWidth - filled)}] {Percent,3}%";
    }
}
