using System.Collections.Concurrent;
using Beadswarm.Storage.Sql;

namespace Beadswarm.Storage.Postgres;

/// <summary>A few connections that only read, each reading in one transaction: what it sees is one moment.</summary>
/// <param name="still">
/// All reads see the moment of the first: there is one connection, and its transaction stays open.
/// </param>
sealed class PostgresReaders(PostgresAddress place, PostgresLimits limits, TimeProvider time, bool still = false)
    : IDisposable
{
    /// <summary>Most connections that read at once; the next reader waits.</summary>
    public const int OpenMax = 3;

    readonly ConcurrentBag<PostgresSession> _idle = [];
    readonly SemaphoreSlim _slots = new(still ? 1 : OpenMax);
    bool _moment;
    bool _disposed;

    public async Task<T> ReadAsync<T>(Func<SqlSession, T> read, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        await _slots.WaitAsync(cancellationToken);
        try
        {
            var began = time.GetTimestamp();
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    // The network is waited for on a thread of the pool, at most OpenMax of them.
                    return await Task.Run(() => Read(read), cancellationToken);
                }
                catch (Exception e) when (PostgresErrors.IsDisconnection(e) || e is Npgsql.PostgresException)
                {
                    var pause = limits.Pause(attempt, Random.Shared.NextDouble());
                    if (!PostgresErrors.IsTransient(e) || _moment
                        || time.GetElapsedTime(began) + pause >= limits.Patience)
                    {
                        throw PostgresErrors.Explain(place, e);
                    }

                    await Task.Delay(pause, time, cancellationToken);
                }
            }
        }
        finally
        {
            _slots.Release();
        }
    }

    public void Dispose()
    {
        _disposed = true;
        while (_idle.TryTake(out var session))
        {
            session.Dispose();
        }
    }

    T Read<T>(Func<SqlSession, T> read)
    {
        if (!_idle.TryTake(out var session))
        {
            session = PostgresSession.Open(place);
        }

        try
        {
            if (!_moment)
            {
                session.BeginReading();
            }

            var result = read(session);
            _moment = still;
            if (!still)
            {
                session.EndTransaction();
            }

            _idle.Add(session);
            return result;
        }
        catch
        {
            session.Dispose(); // its transaction may be open; a new session is cheap
            throw;
        }
    }
}
