using System.Collections.Concurrent;

namespace Beadswarm.Storage.Sql;

/// <summary>
/// The one connection of a process that writes, on a thread of its own. What queued up while the database was busy is
/// committed together; an operation is answered only after the commit that holds it, and one that fails does not spoil
/// its neighbours.
/// </summary>
abstract class SqlWriter : IAsyncDisposable
{
    /// <summary>Most operations that wait or run; the next caller waits until one is answered.</summary>
    public const int QueuedMax = 1024;

    readonly int _batchMax;
    readonly BlockingCollection<SqlOperation> _queue = [];
    readonly SemaphoreSlim _slots = new(QueuedMax);
    readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly CancellationTokenSource _closing = new();

    /// <param name="batchMax">Most operations of one transaction.</param>
    protected SqlWriter(int batchMax) => _batchMax = batchMax;

    /// <summary>
    /// Runs the operation inside a transaction, with the store's time, and completes after its commit. Cancelling takes
    /// effect only before the operation has begun: afterwards its outcome is known, and told.
    /// </summary>
    public async Task<T> RunAsync<T>(
        Func<SqlSession, StoreInstant, T> operation, SqlTurn turn, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_closing.IsCancellationRequested, this);
        await _slots.WaitAsync(cancellationToken);
        try
        {
            var queued = new SqlOperation<T>(operation, turn, cancellationToken);
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
        GC.SuppressFinalize(this);
    }

    /// <summary>The process does not want to wait for the database any more.</summary>
    protected CancellationToken Closing => _closing.Token;

    /// <summary>Begins to work; what a derived writer needs is in place.</summary>
    protected void Start() =>
        // A thread, because every commit blocks on the disk, and the pool's few threads belong to the engine.
        new Thread(Loop) { Name = "store-writer", IsBackground = true }.Start();

    /// <summary>Runs what is still wanted and answers every operation, whatever happens.</summary>
    protected abstract void Commit(List<SqlOperation> batch);

    /// <summary>Closes the connection.</summary>
    protected abstract void Close();

    bool TryQueue(SqlOperation operation)
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
        var batch = new List<SqlOperation>(_batchMax);
        try
        {
            foreach (var first in _queue.GetConsumingEnumerable())
            {
                batch.Add(first);
                while (batch.Count < _batchMax && _queue.TryTake(out var next))
                {
                    batch.Add(next);
                }

                batch.RemoveAll(operation => operation.Withdrawn());
                if (batch.Count > 0)
                {
                    Commit(batch);
                }

                batch.Clear();
            }
        }
        finally
        {
            Close();
            _ended.SetResult();
        }
    }
}

/// <summary>Something that waits to be done in a transaction, and whoever waits for its answer.</summary>
abstract class SqlOperation(SqlTurn turn)
{
    public SqlTurn Turn { get; } = turn;

    public abstract bool Withdrawn();

    /// <summary>May be called again, when nothing of an earlier call was kept.</summary>
    public abstract void Run(SqlSession session, StoreInstant now);

    /// <summary>It failed by itself; what its neighbours did is committed.</summary>
    public abstract void Refuse(Exception failure);

    /// <summary>Its transaction was committed.</summary>
    public abstract void Complete();

    /// <summary>Its transaction was not committed.</summary>
    public abstract void Fail(Exception failure);
}

/// <summary>An operation that answers with a value.</summary>
sealed class SqlOperation<T>(
    Func<SqlSession, StoreInstant, T> operation, SqlTurn turn, CancellationToken cancellationToken)
    : SqlOperation(turn)
{
    T? _result;
    Exception? _refusal;

    public TaskCompletionSource<T> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public override bool Withdrawn() =>
        cancellationToken.IsCancellationRequested && Answer.TrySetCanceled(cancellationToken);

    public override void Run(SqlSession session, StoreInstant now) => _result = operation(session, now);

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
