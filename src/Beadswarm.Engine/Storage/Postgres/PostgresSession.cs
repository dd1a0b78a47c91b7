using System.Collections.Concurrent;
using System.Data.Common;
using System.Globalization;
using System.Text.RegularExpressions;
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
sealed partial class PostgresSession : SqlSession
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

    const string Instant = "beadswarm.instant()";

    // Eight is past what one node commits at a moment; the second is past a thousand claimers.
    static readonly int[] Reaches = [8, 1024];

    static readonly ConcurrentDictionary<string, string> Texts = new();

    readonly NpgsqlConnection _connection;
    readonly PostgresAddress _place;
    readonly List<NpgsqlBatchCommand> _posted = [];
    readonly List<JournalEntryToBe> _entries = [];
    readonly Dictionary<(string Name, int Instants), Statement> _statements = [];

    /// <summary>The server was not yet heard to have begun the transaction.</summary>
    bool _entering;
    DateTimeOffset _entered;

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

    /// <summary>
    /// Begins a transaction that writes, together with its first statement. Returns the instant at which it happens.
    /// </summary>
    /// <param name="number">Its number among the writer's, to be looked for when no answer comes.</param>
    public StoreInstant Begin(SqlTurn turn, Guid writer, long number)
    {
        Forget();
        Post(new NpgsqlBatchCommand("BEGIN ISOLATION LEVEL READ COMMITTED"));
        Post("Enter", ("turn", turn switch
        {
            SqlTurn.Shared => "shared",
            SqlTurn.Claiming => "claiming",
            SqlTurn.Alone => "alone",
        }), ("writer", writer), ("number", number));
        _entering = true;
        return new StoreInstant(() =>
        {
            HearEntered();
            return _entered;
        });
    }

    /// <summary>Begins a transaction that sees one moment.</summary>
    public void BeginReading()
    {
        Forget();
        Post(new NpgsqlBatchCommand("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
    }

    /// <summary>Whether the transaction has written anything that others may want to hear of.</summary>
    public bool HasNews => _entries.Count > 0;

    /// <summary>Others hear of the transaction when it is committed, and of those before it.</summary>
    public void Announce(string writer) => Post("Announce", ("channel", _place.Schema), ("writer", writer));

    /// <summary>
    /// Sends what waits, writes the journal and commits, in one round trip. Only once the server is known to hold the
    /// writer's row for this transaction: whoever looks for a commit without an answer waits for that lock.
    /// </summary>
    public void Commit()
    {
        HearEntered();
        if (_entries.Count > 0)
        {
            Post(
                "InsertJournal",
                ("now", _entries[0].At), // the same for all
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
        return Send(reader => reader.Read() ? read(reader) : default);
    }

    public override List<T> All<T>(
        string name, Func<DbDataReader, T> read, params ReadOnlySpan<(string Name, object? Value)> arguments)
    {
        _posted.Add(Prepare(name, arguments));
        return Send(reader =>
        {
            var rows = new List<T>();
            while (reader.Read())
            {
                rows.Add(read(reader));
            }

            return rows;
        });
    }

    public override void Append(StoreInstant now, BeadId? bead, AgentNumber? agent, JournalEvent entry) =>
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

    void HearEntered()
    {
        if (_entering)
        {
            Flush();
        }
    }

    void Flush()
    {
        if (_posted.Count > 0)
        {
            Send(static reader =>
            {
                while (reader.NextResult())
                {
                    // What a statement answers that nobody asked is of no interest; that it failed is.
                }

                return true;
            });
        }
    }

    /// <summary>Sends what waits and reads the first answer, after the one to the transaction's beginning.</summary>
    T Send<T>(Func<DbDataReader, T> read)
    {
        using var batch = new NpgsqlBatch(_connection);
        _posted.ForEach(batch.BatchCommands.Add);
        _posted.Clear();
        using var reader = batch.ExecuteReader();
        if (_entering)
        {
            reader.Read();
            _entered = reader.At(0);
            _entering = false;
            reader.NextResult();
        }

        return read(reader);
    }

    void Forget()
    {
        _posted.Clear();
        _entries.Clear();
        _entering = false;
    }

    NpgsqlBatchCommand Prepare(string name, ReadOnlySpan<(string Name, object? Value)> arguments)
    {
        var instants = 0;
        foreach (var (_, value) in arguments)
        {
            instants += value is StoreInstant ? 1 : 0;
        }

        if (!_statements.TryGetValue((name, instants), out var statement))
        {
            statement = Statement.Of(_place.InSchema(Text(name)), _place.InSchema(Instant), arguments);
            _statements.Add((name, instants), statement);
        }

        var command = new NpgsqlBatchCommand(statement.Text);
        foreach (var argument in statement.Arguments)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = Bind(arguments[argument].Value) });
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

    /// <summary>
    /// A statement as the server takes it, so that the driver need not read it each time: what it is given by name has
    /// a number, and the transaction's instant is the server's own, whether it has been told to us or not.
    /// </summary>
    /// <param name="Arguments">Which arguments its numbers stand for.</param>
    sealed partial record Statement(string Text, IReadOnlyList<int> Arguments)
    {
        public static Statement Of(
            string text, string instant, ReadOnlySpan<(string Name, object? Value)> arguments)
        {
            var places = new Dictionary<string, int?>(arguments.Length); // null: the transaction's instant
            for (var place = 0; place < arguments.Length; place++)
            {
                places.Add(arguments[place].Name, arguments[place].Value is StoreInstant ? null : place);
            }

            var numbered = new List<int>(arguments.Length);
            var written = Parameter().Replace(text, found =>
            {
                if (places[found.Groups["name"].Value] is not { } place)
                {
                    return instant;
                }

                if (!numbered.Contains(place))
                {
                    numbered.Add(place);
                }

                return string.Create(CultureInfo.InvariantCulture, $"${numbered.IndexOf(place) + 1}");
            });
            return new Statement(written, numbered);
        }

        [GeneratedRegex("@(?<name>[a-z_0-9]+)")]
        private static partial Regex Parameter();
    }

    /// <summary>An entry that gets its number at the end of its transaction.</summary>
    sealed record JournalEntryToBe(StoreInstant At, string? Bead, int? Agent, string Type, string Body);
}
