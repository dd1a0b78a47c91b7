using System.Collections.Concurrent;
using System.Data.Common;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Journal;
using Beadswarm.Storage.Sql;
using Npgsql;

namespace Beadswarm.Storage.Postgres;

/// <summary>
/// One connection. What nobody waits for is sent together with the next statement, and the entries of the journal with
/// the commit, so that a transaction takes few round trips and holds the journal's head for one.
/// </summary>
sealed class PostgresSession : SqlSession
{
    /// <summary>Most statements that wait to be sent.</summary>
    const int PostedMax = 200;

    /// <summary>
    /// Statements that are kept are planned once and not for each execution, which costs more than running them; and
    /// they go by index, because a plan made while a table is small stays when it has grown. Where a whole table is
    /// read all the same, the planner takes that for dear, and must not compile the statement for it. As a statement
    /// and not at the connection, because poolers refuse what they do not know there.
    /// </summary>
    const string PlanOnce = "SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET jit = off";

    // Eight is past what one node commits at a moment; the second is past a thousand claimers.
    static readonly int[] Reaches = [8, 1024];

    static readonly ConcurrentDictionary<string, string> Texts = new();

    readonly NpgsqlConnection _connection;
    readonly PostgresAddress _place;
    readonly List<NpgsqlBatchCommand> _posted = [];
    readonly List<JournalEntryToBe> _entries = [];

    PostgresSession(NpgsqlConnection connection, PostgresAddress place)
    {
        _connection = connection;
        _place = place;
    }

    public override IReadOnlyList<int> ClaimReaches => Reaches;

    public override DateTimeOffset Now => First("Clock", row => row.At(0));

    /// <summary>Connects. Throws what the driver throws.</summary>
    public static PostgresSession Open(PostgresAddress place, bool keepStatements = true)
    {
        var session = new PostgresSession(PostgresConnecting.Open(place, keepStatements), place);
        try
        {
            if (keepStatements && !place.Pooled)
            {
                session.Script(PlanOnce);
            }

            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Begins a transaction that writes. Returns the instant at which it happens.</summary>
    /// <param name="number">Its number among the writer's, to be looked for when no answer comes.</param>
    public DateTimeOffset Begin(SqlTurn turn, Guid writer, long number)
    {
        Forget();
        Post(new NpgsqlBatchCommand("BEGIN ISOLATION LEVEL READ COMMITTED"));
        return First("Enter", row => row.At(0), ("turn", turn switch
        {
            SqlTurn.Shared => "shared",
            SqlTurn.Claiming => "claiming",
            SqlTurn.Alone => "alone",
        }), ("writer", writer), ("number", number));
    }

    /// <summary>Begins a transaction that sees one moment.</summary>
    public void BeginReading()
    {
        Forget();
        Post(new NpgsqlBatchCommand("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    }

    /// <summary>Sends what waits, without the commit: a failure after this is one of the commit.</summary>
    public void Flush()
    {
        if (_posted.Count > 0)
        {
            using var batch = Batch();
            batch.ExecuteNonQuery();
        }
    }

    /// <summary>Whether the transaction has written anything that others may want to hear of.</summary>
    public bool HasNews => _entries.Count > 0;

    /// <summary>Others hear of the transaction when it is committed, and of those before it.</summary>
    public void Announce(string writer) => Post("Announce", ("channel", _place.Schema), ("writer", writer));

    /// <summary>Writes the journal and commits, in one round trip.</summary>
    public void Commit()
    {
        if (_entries.Count > 0)
        {
            Post(
                "InsertJournal",
                ("ats", _entries.ConvertAll(entry => entry.At.UtcDateTime).ToArray()),
                ("beads", _entries.ConvertAll(entry => entry.Bead).ToArray()),
                ("agents", _entries.ConvertAll(entry => entry.Agent).ToArray()),
                ("types", _entries.ConvertAll(entry => entry.Type).ToArray()),
                ("bodies", _entries.ConvertAll(entry => entry.Body).ToArray()));
            _entries.Clear();
        }

        EndTransaction();
    }

    /// <summary>Ends a transaction that has nothing to write down.</summary>
    public void EndTransaction()
    {
        Post(new NpgsqlBatchCommand("COMMIT"));
        Flush();
    }

    public void Rollback()
    {
        Forget();
        Script("ROLLBACK");
    }

    /// <summary>Runs statements that are not operations: migrations, transactions.</summary>
    public void Script(string sql)
    {
        using var command = new NpgsqlCommand(_place.InSchema(sql), _connection);
        command.ExecuteNonQuery();
    }

    public override int Run(string name, params ReadOnlySpan<(string Name, object? Value)> arguments)
    {
        var command = Prepare(name, arguments);
        Post(command);
        Flush();
        return (int)command.RecordsAffected;
    }

    public override void Post(string name, params ReadOnlySpan<(string Name, object? Value)> arguments) =>
        Post(Prepare(name, arguments));

    public override T? First<T>(
        string name, Func<DbDataReader, T> read, params ReadOnlySpan<(string Name, object? Value)> arguments)
        where T : default
    {
        _posted.Add(Prepare(name, arguments));
        using var batch = Batch();
        using var reader = batch.ExecuteReader();
        return reader.Read() ? read(reader) : default;
    }

    public override List<T> All<T>(
        string name, Func<DbDataReader, T> read, params ReadOnlySpan<(string Name, object? Value)> arguments)
    {
        _posted.Add(Prepare(name, arguments));
        using var batch = Batch();
        using var reader = batch.ExecuteReader();
        var rows = new List<T>();
        while (reader.Read())
        {
            rows.Add(read(reader));
        }

        return rows;
    }

    public override void Append(DateTimeOffset now, BeadId? bead, AgentNumber? agent, JournalEvent entry) =>
        _entries.Add(new JournalEntryToBe(
            now, bead?.Value, agent?.Value, StoredEvent.TypeOf(entry), StoredEvent.Write(entry)));

    public override void Dispose()
    {
        Forget();
        _connection.Dispose();
    }

    /// <summary>The text of an operation, from the file of its name.</summary>
    public static string Text(string name) => Texts.GetOrAdd(name, static name =>
    {
        using var stream = typeof(PostgresSession).Assembly
            .GetManifestResourceStream($"Beadswarm.Storage.Postgres.{name}.sql")
            ?? throw new InvalidOperationException($"there is no statement {name}.sql");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    });

    void Post(NpgsqlBatchCommand command)
    {
        if (_posted.Count >= PostedMax)
        {
            Flush();
        }

        _posted.Add(command);
    }

    NpgsqlBatch Batch()
    {
        var batch = new NpgsqlBatch(_connection);
        _posted.ForEach(batch.BatchCommands.Add);
        _posted.Clear();
        return batch;
    }

    void Forget()
    {
        _posted.Clear();
        _entries.Clear();
    }

    NpgsqlBatchCommand Prepare(string name, ReadOnlySpan<(string Name, object? Value)> arguments)
    {
        var command = new NpgsqlBatchCommand(_place.InSchema(Text(name)));
        foreach (var (parameter, value) in arguments)
        {
            command.Parameters.Add(new NpgsqlParameter(parameter, Bind(value)));
        }

        return command;
    }

    static object Bind(object? value) => value switch
    {
        null => DBNull.Value,
        BeadId bead => bead.Value,
        AgentNumber agent => agent.Value,
        FencingToken token => token.Value,
        DateTimeOffset at => at.UtcDateTime,
        ReadOnlyMemory<byte> bytes => bytes.ToArray(),
        string or int or long or bool or TimeSpan or Guid or Array => value,
        _ => throw new ArgumentException($"a {value.GetType().Name} cannot be stored as it is", nameof(value)),
    };

    /// <summary>An entry that gets its number at the end of its transaction.</summary>
    sealed record JournalEntryToBe(DateTimeOffset At, string? Bead, int? Agent, string Type, string Body);
}
