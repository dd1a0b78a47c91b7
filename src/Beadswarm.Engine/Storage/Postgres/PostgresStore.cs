using Beadswarm.Claims;
using Beadswarm.Storage.Sql;
using Beadswarm.Swarms;
using Npgsql;

namespace Beadswarm.Storage.Postgres;

/// <summary>
/// The store of many machines: a schema of a PostgreSQL server. Each process writes over one connection, in batches,
/// and reads over a few; the server's clock and locks decide between processes. See README.md beside this file's
/// folder for its rules and failures.
/// </summary>
sealed class PostgresStore : SqlStore, INodeRegistry
{
    readonly PostgresAddress _place;
    readonly PostgresWriter? _writer;
    readonly PostgresReaders _readers;
    readonly TimeProvider _time;
    readonly PostgresLimits _limits;

    PostgresStore(
        PostgresAddress place, PostgresWriter? writer, PostgresReaders readers, PostgresLimits limits,
        TimeProvider time)
    {
        _limits = limits;
        _time = time;
        _place = place;
        _writer = writer;
        _readers = readers;
    }

    /// <summary>
    /// Opens the store for writing, makes its schema where it is missing, and migrates it where it is old.
    /// </summary>
    /// <param name="node">Who writes, for people who look into the database.</param>
    /// <param name="time">For pauses and patience. Instants are those of the server.</param>
    /// <exception cref="StoreException">
    /// The server does not answer or does not let us in; the schema is newer than the program, or another program's.
    /// </exception>
    public static Task<PostgresStore> OpenAsync(
        PostgresAddress place, string node, PostgresLimits limits, TimeProvider time,
        CancellationToken cancellationToken) =>
        ConnectAsync(
            place, limits, time,
            () =>
            {
                using (var migrating = PostgresSession.Open(place, keepStatements: false))
                {
                    PostgresSchema.Migrate(migrating, place);
                }

                return new PostgresStore(
                    place, new PostgresWriter(place, PostgresSession.Open(place), node, limits, time),
                    new PostgresReaders(place, limits, time), limits, time);
            },
            cancellationToken);

    /// <summary>Opens the store for looking only. Every write throws.</summary>
    /// <exception cref="StoreException">There is no such store, or this program cannot read it as it is.</exception>
    public static Task<PostgresStore> OpenReadOnlyAsync(
        PostgresAddress place, PostgresLimits limits, TimeProvider time, CancellationToken cancellationToken) =>
        OpenToReadAsync(place, limits, time, still: false, cancellationToken);

    /// <summary>
    /// As <see cref="OpenReadOnlyAsync"/>, but everything that is read comes from one moment, that of the first
    /// question, however much others write meanwhile. To be closed soon: the server cannot clear away what was changed
    /// since as long as it is open.
    /// </summary>
    public static Task<PostgresStore> OpenStillAsync(
        PostgresAddress place, PostgresLimits limits, TimeProvider time, CancellationToken cancellationToken) =>
        OpenToReadAsync(place, limits, time, still: true, cancellationToken);

    /// <summary>The version of the store there is; null where there is none.</summary>
    public static Task<int?> FindAsync(
        PostgresAddress place, PostgresLimits limits, TimeProvider time, CancellationToken cancellationToken) =>
        ConnectAsync(
            place, limits, time,
            () =>
            {
                using var session = PostgresSession.Open(place, keepStatements: false);
                return PostgresSchema.ReadVersion(session);
            },
            cancellationToken);

    /// <summary>The schemas of the database that hold a store, of whatever version.</summary>
    public static Task<IReadOnlyList<string>> ListAsync(
        PostgresAddress place, PostgresLimits limits, TimeProvider time, CancellationToken cancellationToken) =>
        ConnectAsync<IReadOnlyList<string>>(
            place, limits, time,
            () =>
            {
                using var session = PostgresSession.Open(place, keepStatements: false);
                return session.All("SelectStores", row => row.GetString(0));
            },
            cancellationToken);

    public Task<NodeEntry> EnterAsync(
        NodeCard card, SwarmBegin begin, TimeSpan lease, CancellationToken cancellationToken) =>
        Write(
            (session, now) => NodeOperations.Enter(session, now, card, begin, lease), cancellationToken,
            SqlTurn.Alone);

    public Task<NodePulse?> BeatAsync(NodeGrant node, TimeSpan lease, CancellationToken cancellationToken) =>
        Write((session, now) => NodeOperations.Beat(session, now, node, lease), cancellationToken);

    public Task<SwarmRecord?> TakeOverAsync(
        NodeGrant node, SwarmBegin begin, TimeSpan lease, CancellationToken cancellationToken) =>
        Write(
            (session, now) => NodeOperations.TakeOver(session, now, node, begin, lease), cancellationToken,
            SqlTurn.Alone);

    public Task<SharedSpending?> ShareSpendingAsync(
        NodeGrant node, NodeSpending mine, CancellationToken cancellationToken) =>
        Write(
            (session, now) => NodeOperations.ShareSpending(session, now, node, mine), cancellationToken,
            SqlTurn.Alone);

    public Task<WriteOutcome> LeaveAsync(NodeGrant node, string reason, CancellationToken cancellationToken) =>
        Write((session, now) => NodeOperations.Leave(session, now, node, reason), cancellationToken);

    public Task<IReadOnlyList<NodeRecord>> ReadNodesAsync(CancellationToken cancellationToken) =>
        Read<IReadOnlyList<NodeRecord>>(NodeOperations.All, cancellationToken);

    public Task<IReadOnlyList<ClaimKey>> ReadClaimsElsewhereAsync(string node, CancellationToken cancellationToken) =>
        Read<IReadOnlyList<ClaimKey>>(
            session => session.All(
                "SelectClaimsElsewhere",
                row => new ClaimKey(row.Bead(0), row.Agent(1), new FencingToken(row.GetInt64(2))), ("name", node)),
            cancellationToken);

    public Task<long> ReadJournalEndAsync(CancellationToken cancellationToken) =>
        Read(session => session.First("SelectJournalEnd", row => row.GetInt64(0)), cancellationToken);

    public IAsyncDisposable Listen(Action heard) =>
        new PostgresEar(_place, _writer?.Name ?? "", heard, _limits, _time);

    public void Announce(TimeSpan? pause) => _writer?.AnnounceEvery(pause);

    protected override DateTimeOffset ByStore(DateTimeOffset at, DateTimeOffset now) =>
        StoreTime.Moved(at, _time.GetUtcNow(), now);

    public override async ValueTask DisposeAsync()
    {
        if (_writer is not null)
        {
            await _writer.DisposeAsync();
        }

        _readers.Dispose();
    }

    protected override Task<T> Write<T>(
        Func<SqlSession, StoreInstant, T> operation, CancellationToken cancellationToken,
        SqlTurn turn = SqlTurn.Shared) =>
        _writer?.RunAsync(operation, turn, cancellationToken)
        ?? throw new StoreException(
            $"the store {_place} was opened for reading only; go through the process that owns it", transient: false);

    protected override Task<T> Read<T>(Func<SqlSession, T> read, CancellationToken cancellationToken) =>
        _readers.ReadAsync(read, cancellationToken);

    protected override IReadOnlyList<NodeRecord> NodesOf(SqlSession session) => NodeOperations.All(session);

    static Task<PostgresStore> OpenToReadAsync(
        PostgresAddress place, PostgresLimits limits, TimeProvider time, bool still,
        CancellationToken cancellationToken) =>
        ConnectAsync(
            place, limits, time,
            () =>
            {
                using (var session = PostgresSession.Open(place, keepStatements: false))
                {
                    PostgresSchema.Require(session, place);
                }

                return new PostgresStore(place, null, new PostgresReaders(place, limits, time, still), limits, time);
            },
            cancellationToken);

    /// <summary>Whether the server answers and lets us in; one that is just starting is waited for.</summary>
    /// <exception cref="StoreException">It does not.</exception>
    public static Task CheckAsync(
        PostgresAddress place, PostgresLimits limits, TimeProvider time, CancellationToken cancellationToken) =>
        ConnectAsync(
            place, limits, time,
            () =>
            {
                using var session = PostgresSession.Open(place, keepStatements: false);
                return true;
            },
            cancellationToken);

    /// <summary>A server that is just starting is waited for.</summary>
    static async Task<T> ConnectAsync<T>(
        PostgresAddress place, PostgresLimits limits, TimeProvider time, Func<T> connect,
        CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await Task.Run(connect, cancellationToken);
            }
            catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException)
            {
                var pause = limits.Pause(attempt, Random.Shared.NextDouble());
                if (!PostgresErrors.IsTransient(e) || time.GetElapsedTime(began) + pause >= limits.Patience)
                {
                    throw PostgresErrors.Explain(place, e);
                }

                await Task.Delay(pause, time, cancellationToken);
            }
        }
    }
}
