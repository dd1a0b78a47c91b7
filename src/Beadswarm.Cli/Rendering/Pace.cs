namespace Beadswarm.Cli.Rendering;

/// <summary>How far a swarm is, and how long it will take.</summary>
/// <param name="Target">What was asked for, or all selected beads.</param>
/// <param name="ToGo">Null while that is not known, or nothing is running.</param>
sealed record Pace(int Landed, int Target, TimeSpan Elapsed, TimeToGo? ToGo)
{
    const int BarWidth = 30;

    public int Percent => Target == 0 ? 0 : (int)(100L * Math.Min(Landed, Target) / Target);

    public static Pace Of(StatusView view, DateTimeOffset now) =>
        new(
            view.Landed, view.Target,
            view.StartedAt is { } started ? (view.EndedAt ?? now.UtcDateTime) - started : TimeSpan.Zero,
            view.ToGo(now.UtcDateTime));

    /// <summary>The share that landed, as a bar with its percentage.</summary>
    public string Bar()
    {
        var filled = BarWidth * Percent / 100;
        return $"[{new string('#', filled)}{new string('.', BarWidth - filled)}] {Percent,3}%";
    }
}

/// <summary>
/// The time until a swarm is through: as likely less as more than <paramref name="P50"/>, and in four of five cases
/// between the other two.
/// </summary>
sealed record TimeToGo(TimeSpan P10, TimeSpan P50, TimeSpan P90)
{
    public static TimeToGo Until(DateTime p10, DateTime p50, DateTime p90, DateTime now) =>
        new(Left(p10, now), Left(p50, now), Left(p90, now));

    public override string ToString() =>
        $"about {Spans.Format(P50)} to go (likely {Spans.Format(P10)} to {Spans.Format(P90)})";

    static TimeSpan Left(DateTime at, DateTime now) => at > now ? at - now : TimeSpan.Zero;
}
