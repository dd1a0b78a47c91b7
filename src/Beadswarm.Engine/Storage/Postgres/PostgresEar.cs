using Npgsql;

namespace Beadswarm.Storage.Postgres;

/// <summary>
/// Hears what other writers of a store announce, over a connection of its own. What it misses, because the connection
/// was lost or a writer announces its commits together, is found by whoever looks now and then.
/// </summary>
sealed class PostgresEar : IAsyncDisposable
{
    readonly PostgresAddress _place;
    readonly PostgresLimits _limits;
    readonly TimeProvider _time;
    readonly CancellationTokenSource _stop = new();
    readonly Task _listening;

    /// <summary>Listens from here on, until it is disposed of.</summary>
    /// <param name="own">Whose announcements are no news.</param>
    /// <param name="heard">Called on a thread of the pool.</param>
    public PostgresEar(PostgresAddress place, string own, Action heard, PostgresLimits limits, TimeProvider time)
    {
        (_place, _limits, _time) = (place, limits, time);
        _listening = ListenAsync(own, heard, _stop.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        try
        {
            await _listening;
        }
        catch (Exception)
        {
            // Boundary: it was told to end, or could not listen at all, which looking makes up for.
        }

        _stop.Dispose();
    }

    async Task ListenAsync(string own, Action heard, CancellationToken stop)
    {
        if (_place.Pooled)
        {
            // A pooler in transaction mode gives the session to somebody else as soon as it is idle.
            await Task.Delay(Timeout.InfiniteTimeSpan, _time, stop);
        }

        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var connection = await Task.Run(
                    () => PostgresConnecting.Open(_place, keepStatements: false), stop);
                connection.Notification += (_, news) =>
                {
                    if (news.Payload != own)
                    {
                        heard();
                    }
                };
                await using (var listen = new NpgsqlCommand($"LISTEN \"{_place.Schema}\"", connection))
                {
                    await listen.ExecuteNonQueryAsync(stop);
                }

                attempt = 1;
                heard(); // what was announced until now was not heard
                while (true)
                {
                    await connection.WaitAsync(stop);
                }
            }
            catch (Exception lost) when (!stop.IsCancellationRequested && PostgresErrors.IsDisconnection(lost))
            {
                await Task.Delay(_limits.Pause(attempt, Random.Shared.NextDouble()), _time, stop);
            }
        }
    }
}
