namespace Beadswarm.Storage.Postgres;

/// <summary>How long a store waits for its server, and how it comes back.</summary>
sealed record PostgresLimits
{
    /// <summary>How long an operation waits for a server that does not answer before its caller is told.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// The first pause after a failure. It doubles, with jitter, so that many nodes do not come at once.
    /// </summary>
    public TimeSpan PauseMin { get; init; } = TimeSpan.FromMilliseconds(50);

    public TimeSpan PauseMax { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often a transaction that collided with others is run before its caller is told.</summary>
    public int CollisionsMax { get; init; } = 8;

    /// <summary>The pause before try number <paramref name="attempt"/>, counted from 1.</summary>
    public TimeSpan Pause(int attempt, double jitter) =>
        TimeSpan.FromTicks((long)(Math.Min(
            PauseMax.Ticks, PauseMin.Ticks * Math.Pow(2, Math.Min(attempt - 1, 20))) * (0.5 + jitter)));
}
