using System.Collections.Concurrent;
using Beadswarm.Storage.Sql;
using Microsoft.Data.Sqlite;

namespace Beadswarm.Storage.Sqlite;

/// <summary>
/// The one connection that writes, on a thread of its own. What queued up while the disk was busy is committed
/// together; an operation is answered only after the commit that holds it, and one that fails does not spoil its
/// neighbours.
/// </summary>
sealed class SqliteWriter : IAsyncDisposable
{
    /// <summary>Most operations of one transaction.</summary>
    public const int BatchMax = 256;

    /// <summary>Most operations that wait or run; the next caller waits until one is answered.</summary>
    public const int QueuedMax = 1024;

    readonly string _path;
    readonly SqliteSession _session;
    readonly TimeProvider _time;
    readonly BlockingCollection<Operation> _queue = [];
    readonly SemaphoreSlim _slots = new(QueuedMax);
    readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly CancellationTokenSource _closing = new();

    public SqliteWriter(string path, SqliteSession session, TimeProvider time)
    {
        _path = path;
        _session = session;
        _time = time;
        // A thread, because every commit blocks on the disk, and the pool's few threads belong to the engine.
        new Thread(Loop) { Name = "store-writer", IsBackground = true }.Start();
    }

    /// <summary>
    /// Runs the operation inside a transaction, with the store's time, and completes after its commit. Cancelling takes
    /// effect only before the operation has begun: afterwards its outcome is known, and told.
    /// </summary>
    public async Task<T> RunAsync<T>(
        Func<SqlSession, DateTimeOffset, T> operation, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_closing.IsCancellationRequested, this);
        await _slots.WaitAsync(cancellationToken);
        try
        {
            var queued = new Operation<T>(operation, cancellationToken);
            ObjectDisposedException.ThrowIf(!TryQueue(queued), this);
            return await queued.Answer.Task;
        }
        finally
        {
            _slots.Release();
        }
    }

    /// <summary>Commits what is queued, then closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_closing.IsCancellationRequested)
        {
            await _closing.CancelAsync();
            _queue.CompleteAdding();
        }

        await _ended.Task;
    }

    bool TryQueue(Operation operation)
    {
        try
        {
            _queue.Add(operation, CancellationToken.None);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false; // closed between the check and here
        }
    }

    void Loop()
    {
        var batch = new List<Operation>(BatchMax);
        try
        {
            foreach (var first in _queue.GetConsumingEnumerable())
            {
                batch.Add(first);
                while (batch.Count < BatchMax && _queue.TryTake(out var next))
                {
                    batch.Add(next);
                }

                Commit(batch);
                batch.Clear();
            }
        }
        finally
        {
            _session.Dispose();
            _ended.SetResult();
        }
    }

    void Commit(List<Operation> batch)
    {
        batch.RemoveAll(operation => operation.Withdrawn());
        if (batch.Count == 0)
        {
            return;
        }

        try
        {
            _session.Script("BEGIN IMMEDIATE");
            foreach (var operation in batch)
            {
                RunInSavepoint(operation);
            }

            _session.Script("COMMIT");
        }
        catch (Exception e)
        {
            // Boundary: whatever it was, nothing of this batch is on the disk, and every caller must hear so.
            var failure = Explain(e);
            Rollback();
            batch.ForEach(operation => operation.Fail(failure));
            return;
        }

        batch.ForEach(operation => operation.Complete());
    }

    void RunInSavepoint(Operation operation)
    {
        _session.Script("SAVEPOINT operation");
        try
        {
            operation.Run(_session, _time.GetUtcNow());
        }
        catch (Exception e) when (!_session.OutsideTransaction)
        {
            // Boundary: the operation's own failure, told to its caller alone.
            operation.Refuse(Explain(e));
            _session.Script("ROLLBACK TO operation");
        }

        _session.Script("RELEASE operation");
    }

    void Rollback()
    {
        try
        {
            if (!_session.OutsideTransaction)
            {
                _session.Script("ROLLBACK");
            }
        }
        catch (SqliteException)
        {
            // The next BEGIN fails with the same cause, and then its callers hear it.
        }
    }

    Exception Explain(Exception e) => e is SqliteException sqlite ? SqliteErrors.Explain(_path, sqlite) : e;

    abstract class Operation
    {
        public abstract bool Withdrawn();

        public abstract void Run(SqliteSession session, DateTimeOffset now);

        public abstract void Refuse(Exception failure);

        public abstract void Complete();

        public abstract void Fail(Exception failure);
    }

    sealed class Operation<T>(
        Func<SqlSession, DateTimeOffset, T> operation, CancellationToken cancellationToken) : Operation
    {
        T? _result;
        Exception? _refusal;

        public TaskCompletionSource<T> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override bool Withdrawn() =>
            cancellationToken.IsCancellationRequested && Answer.TrySetCanceled(cancellationToken);

        public override void Run(SqliteSession session, DateTimeOffset now) => _result = operation(session, now);

        public override void Refuse(Exception failure) => _refusal = failure;

        public override void Complete()
        {
            if (_refusal is not null)
            {
                Answer.SetException(_refusal);
            }
            else
            {
                Answer.SetResult(_result!); // Run has set it
            }
        }

        public override void Fail(Exception failure) => Answer.SetException(failure);
    }
}
