using Beadswarm.Storage.Sql;
using Microsoft.Data.Sqlite;

namespace Beadswarm.Storage.Sqlite;

/// <summary>The writer of a file. Each operation of a transaction is in a savepoint of its own.</summary>
sealed class SqliteWriter : SqlWriter
{
    /// <summary>Most operations of one transaction.</summary>
    public const int BatchMax = 256;

    readonly string _path;
    readonly SqliteSession _session;
    readonly TimeProvider _time;

    public SqliteWriter(string path, SqliteSession session, TimeProvider time)
        : base(BatchMax)
    {
        _path = path;
        _session = session;
        _time = time;
        Start();
    }

    protected override void Close() => _session.Dispose();

    protected override void Commit(List<SqlOperation> batch)
    {
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

    void RunInSavepoint(SqlOperation operation)
    {
        _session.Script("SAVEPOINT operation");
        try
        {
            var now = _time.GetUtcNow();
            operation.Run(_session, new StoreInstant(() => now));
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
}
