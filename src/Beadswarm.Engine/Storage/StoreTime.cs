namespace Beadswarm.Storage;

/// <summary>
/// Instants as the store keeps them: whole microseconds since 1970-01-01 UTC, the precision that every driver has.
/// </summary>
static class StoreTime
{
    static readonly TimeSpan AskingMax = TimeSpan.FromSeconds(10);

    public static long ToMicros(DateTimeOffset at) => ToMicros(at - DateTimeOffset.UnixEpoch);

    public static long ToMicros(TimeSpan span) => span.Ticks / TimeSpan.TicksPerMicrosecond;

    public static DateTimeOffset FromMicros(long micros) => DateTimeOffset.UnixEpoch + SpanFromMicros(micros);

    public static TimeSpan SpanFromMicros(long micros) => new(micros * TimeSpan.TicksPerMicrosecond);

    /// <summary>The instant as it will be read back.</summary>
    public static DateTimeOffset Truncate(DateTimeOffset at) => FromMicros(ToMicros(at));

    /// <inheritdoc cref="Truncate(DateTimeOffset)"/>
    public static DateTimeOffset? Truncate(DateTimeOffset? at) => at is { } instant ? Truncate(instant) : null;

    /// <summary>
    /// An instant by one clock, by another: a machine whose clock is an hour wrong still means "in five minutes".
    /// Clocks that differ by no more than it may take to ask the other are taken for the same.
    /// </summary>
    /// <param name="here">Now by the one.</param>
    /// <param name="there">Now by the other.</param>
    public static DateTimeOffset Moved(DateTimeOffset at, DateTimeOffset here, DateTimeOffset there) =>
        (there - here).Duration() <= AskingMax ? at : at + (there - here);
}
