using System.Collections.Concurrent;
using Beadswarm.Storage.Sql;
using Microsoft.Data.Sqlite;

namespace Beadswarm.Storage.Sqlite;

/// <summary>A few connections that only read, each reading in one transaction: what it sees is one moment.</summary>
/// <param name="still">
/// All reads see the moment of the first: there is one connection, and its transaction stays open.
/// </param>
sealed class SqliteReaders(string path, TimeProvider time, bool still = false) : IDisposable
{
    /// <summary>Most connections that read at once; the next reader waits.</summary>
    public const int OpenMax = 4;

    readonly ConcurrentBag<SqliteSession> _idle = [];
    readonly SemaphoreSlim _slots = new(still ? 1 : OpenMax);
    bool _disposed;

    public async Task<T> ReadAsync<T>(Func<SqlSession, T> read, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        await _slots.WaitAsync(cancellationToken);
        try
        {
            return Read(read);
        }
        catch (SqliteException e)
        {
            throw SqliteErrors.Explain(path, e);
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
            session = SqliteSession.Open(path, writable: false, time);
        }

        try
        {
            if (!still || session.OutsideTransaction)
            {
                session.Script("BEGIN");
            }

            var result = read(session);
            if (!still)
            {
                session.Script("COMMIT");
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
