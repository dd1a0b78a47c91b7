using Beadswarm.Storage.Sql;
using Microsoft.Data.Sqlite;

namespace Beadswarm.Storage.Sqlite;

/// <summary>
/// The store of one machine: one file, written by one thread of the process that owns it, read by anybody.
/// See README.md beside this file's folder for its rules and failures.
/// </summary>
sealed class SqliteStore : SqlStore
{
    readonly string _path;
    readonly SqliteWriter? _writer;
    readonly SqliteReaders _readers;

    SqliteStore(string path, TimeProvider time, SqliteWriter? writer, bool still)
    {
        _path = path;
        _writer = writer;
        _readers = new SqliteReaders(path, time, still);
    }

    /// <summary>Opens the file for writing, makes it where it is missing, and migrates it where it is old.</summary>
    /// <exception cref="StoreException">The file is newer than the program, damaged, or cannot be written.</exception>
    public static Task<SqliteStore> OpenAsync(string path, TimeProvider time, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Create(path);
        return Task.FromResult(Open(path, time, writable: true, session =>
        {
            SqliteSchema.Migrate(session, path);
            return new SqliteWriter(path, session, time);
        }));
    }

    /// <summary>
    /// Refuses an empty file where a swarm has run: opening it would make a new store of it, and nobody would hear that
    /// the old one is lost.
    /// </summary>
    /// <exception cref="StoreException">It is empty.</exception>
    public static void RefuseEmptied(string path)
    {
        if (new FileInfo(path) is { Exists: true, Length: 0 })
        {
            throw SqliteErrors.Damaged(path, "it is empty, and a swarm has run here");
        }
    }

    /// <summary>Opens the file for looking only, beside a process that owns it. Every write throws.</summary>
    /// <exception cref="StoreException">There is no such file, or this program cannot read it as it is.</exception>
    public static Task<SqliteStore> OpenReadOnlyAsync(
        string path, TimeProvider time, CancellationToken cancellationToken) =>
        OpenToReadAsync(path, time, still: false, cancellationToken);

    /// <summary>
    /// As <see cref="OpenReadOnlyAsync"/>, but everything that is read comes from one moment, that of the first
    /// question, however much its owner writes meanwhile. To be closed soon: the owner's log of changes cannot be
    /// folded back into the file as long as it is open.
    /// </summary>
    public static Task<SqliteStore> OpenStillAsync(
        string path, TimeProvider time, CancellationToken cancellationToken) =>
        OpenToReadAsync(path, time, still: true, cancellationToken);

    static Task<SqliteStore> OpenToReadAsync(
        string path, TimeProvider time, bool still, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(Open(
            path, time, writable: false,
            session =>
            {
                SqliteSchema.Require(session, path);
                session.Dispose();
                return null;
            },
            still));
    }

    /// <summary>Bounds the size of the file; what would exceed it fails as on a full disk.</summary>
    public Task LimitPagesAsync(int pages, CancellationToken cancellationToken) =>
        Write(
            (session, _) => ((SqliteSession)session).Scalar(string.Create(
                System.Globalization.CultureInfo.InvariantCulture, $"PRAGMA max_page_count = {pages}")),
            cancellationToken);

    /// <summary>There is one clock.</summary>
    protected override DateTimeOffset ByStore(DateTimeOffset at, DateTimeOffset now) => at;

    public override async ValueTask DisposeAsync()
    {
        _readers.Dispose();
        if (_writer is not null)
        {
            await _writer.DisposeAsync();
        }
    }

    static SqliteStore Open(
        string path, TimeProvider time, bool writable, Func<SqliteSession, SqliteWriter?> prepare, bool still = false)
    {
        try
        {
            var session = SqliteSession.Open(path, writable, time);
            try
            {
                return new SqliteStore(path, time, prepare(session), still);
            }
            catch
            {
                session.Dispose();
                throw;
            }
        }
        catch (SqliteException e)
        {
            throw SqliteErrors.Explain(path, e);
        }
    }

    // Made before SQLite opens it, because SQLite asks the umask. Its -wal and -shm take the mode of the file.
    static void Create(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!); // a file is never a root
            var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            options.Share = FileShare.ReadWrite;
            using var _ = new FileStream(path, options);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"the store {path} cannot be made: {e.Message}", transient: false, e);
        }
    }

    protected override Task<T> Write<T>(
        Func<SqlSession, StoreInstant, T> operation, CancellationToken cancellationToken,
        SqlTurn turn = SqlTurn.Shared) =>
        _writer?.RunAsync(operation, turn, cancellationToken)
        ?? throw new StoreException(
            $"the store {_path} was opened for reading only; go through the process that owns it", transient: false);

    protected override Task<T> Read<T>(Func<SqlSession, T> read, CancellationToken cancellationToken) =>
        _readers.ReadAsync(read, cancellationToken);
}
