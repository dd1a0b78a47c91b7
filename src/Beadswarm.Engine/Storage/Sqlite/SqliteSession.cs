using System.Collections.Concurrent;
using System.Data.Common;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Journal;
using Beadswarm.Storage.Sql;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Beadswarm.Storage.Sqlite;

/// <summary>One connection and its prepared statements. Used by one thread at a time.</summary>
sealed class SqliteSession : SqlSession
{
    // Other processes may write too (a command line without a daemon); they hold the lock for milliseconds.
    const int BusyTimeoutMilliseconds = 10_000;

    static readonly ConcurrentDictionary<string, string> Texts = new();

    readonly SqliteConnection _connection;
    readonly Dictionary<string, SqliteCommand> _commands = [];

    readonly TimeProvider _time;

    SqliteSession(SqliteConnection connection, TimeProvider time)
    {
        _connection = connection;
        _time = time;
    }

    public static SqliteSession Open(string path, bool writable, TimeProvider time)
    {
        _ = SqliteLibrary.Version;
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = writable ? SqliteOpenMode.ReadWrite : SqliteOpenMode.ReadOnly,
            // Two sessions of one process must not share a cache: its table locks ignore busy_timeout.
            Cache = SqliteCacheMode.Private,
            // A pool would keep the file open, and what it held in memory, after its session is disposed.
            Pooling = false,
            DefaultTimeout = BusyTimeoutMilliseconds / 1000,
        }.ConnectionString);
        var session = new SqliteSession(connection, time);
        try
        {
            connection.Open();
            session.Script($"PRAGMA busy_timeout = {BusyTimeoutMilliseconds}");
            session.Script("PRAGMA foreign_keys = ON");
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    public override DateTimeOffset Now => _time.GetUtcNow();

    /// <summary>No transaction is open: SQLite itself has rolled back, as it does on a full disk.</summary>
    public bool OutsideTransaction => raw.sqlite3_get_autocommit(_connection.Handle) != 0;

    /// <summary>Runs statements that are not operations: pragmas, transactions, migrations.</summary>
    public void Script(string sql)
    {
        if (!_commands.TryGetValue(sql, out var command))
        {
            command = _connection.CreateCommand();
            command.CommandText = sql;
            _commands.Add(sql, command);
        }

        command.ExecuteNonQuery();
    }

    public object? Scalar(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        return command.ExecuteScalar();
    }

    public override int Run(string name, params ReadOnlySpan<(string Name, object? Value)> arguments) =>
        Prepare(name, arguments).ExecuteNonQuery();

    public override void Post(string name, params ReadOnlySpan<(string Name, object? Value)> arguments) =>
        Run(name, arguments);

    public override T? First<T>(
        string name, Func<DbDataReader, T> read, params ReadOnlySpan<(string Name, object? Value)> arguments)
        where T : default
    {
        using var reader = Prepare(name, arguments).ExecuteReader();
        return reader.Read() ? read(reader) : default;
    }

    public override List<T> All<T>(
        string name, Func<DbDataReader, T> read, params ReadOnlySpan<(string Name, object? Value)> arguments)
    {
        using var reader = Prepare(name, arguments).ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    public override void Append(StoreInstant now, BeadId? bead, AgentNumber? agent, JournalEvent entry) =>
        Run(
            "InsertJournal", ("now", now), ("bead", bead?.Value), ("agent", agent?.Value),
            ("type", StoredEvent.TypeOf(entry)), ("body", StoredEvent.Write(entry)));

    public override void Dispose()
    {
        foreach (var command in _commands.Values)
        {
            command.Dispose();
        }

        _connection.Dispose();
    }

    /// <summary>The text of an operation, from the file of its name.</summary>
    public static string Text(string name) => Texts.GetOrAdd(name, static name =>
    {
        using var stream = typeof(SqliteSession).Assembly
            .GetManifestResourceStream($"Beadswarm.Storage.Sqlite.{name}.sql")
            ?? throw new InvalidOperationException($"there is no statement {name}.sql");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    });

    SqliteCommand Prepare(string name, ReadOnlySpan<(string Name, object? Value)> arguments)
    {
        if (!_commands.TryGetValue(name, out var command))
        {
            command = _connection.CreateCommand();
            command.CommandText = Text(name);
            foreach (var (parameter, _) in arguments)
            {
                command.Parameters.Add(new SqliteParameter("$" + parameter, null));
            }

            _commands.Add(name, command);
        }

        // Arguments are always given in the same order, so a position is enough to find the parameter again.
        for (var i = 0; i < arguments.Length; i++)
        {
            command.Parameters[i].Value = Bind(arguments[i].Value);
        }

        return command;
    }

    static object Bind(object? value) => value switch
    {
        null => DBNull.Value,
        BeadId bead => bead.Value,
        AgentNumber agent => agent.Value,
        FencingToken token => token.Value,
        DateTimeOffset at => StoreTime.ToMicros(at),
        StoreInstant now => StoreTime.ToMicros(now),
        TimeSpan span => StoreTime.ToMicros(span),
        bool flag => flag ? 1L : 0L,
        ReadOnlyMemory<byte> bytes => bytes.ToArray(),
        string or int or long => value,
        _ => throw new ArgumentException($"a {value.GetType().Name} cannot be stored as it is", nameof(value)),
    };
}
