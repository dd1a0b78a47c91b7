namespace Beadswarm.Storage.Sql;

/// <summary>
/// When a transaction that writes happens, by the store's clock. Where the clock is a server's, it is told with the
/// answer to the first statement; a statement that is given it as an argument need not wait for that.
/// </summary>
sealed class StoreInstant(Func<DateTimeOffset> read)
{
    public static implicit operator DateTimeOffset(StoreInstant instant) => instant.ToDateTimeOffset();

    /// <summary>Asks for it where it is not known yet.</summary>
    public DateTimeOffset ToDateTimeOffset() => read();

    public DateTimeOffset Before(TimeSpan span) => read() - span;
}
