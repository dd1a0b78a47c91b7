using Npgsql;

namespace Beadswarm.Storage.Postgres;

/// <summary>
/// What PostgreSQL's conditions mean to the program, and to the person who must do something about them.
/// </summary>
static class PostgresErrors
{
    /// <summary>
    /// The server rolled the transaction back because of others at work: the same again may succeed at once.
    /// </summary>
    public static bool IsCollision(Exception error) => error is PostgresException
    {
        SqlState: PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure
            or PostgresErrorCodes.LockNotAvailable,
    };

    /// <summary>
    /// The connection cannot be used any more, or none could be made now. A server that has become read-only may have
    /// been replaced by another, which only a new connection finds.
    /// </summary>
    public static bool IsDisconnection(Exception error) => error switch
    {
        PostgresException { InvariantSeverity: "FATAL" or "PANIC" } => true,
        PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction } => true,
        PostgresException answered => answered.SqlState.StartsWith("08", StringComparison.Ordinal)
            || answered.SqlState.StartsWith("57P", StringComparison.Ordinal),
        NpgsqlException or IOException or TimeoutException => true,
        _ => false,
    };

    /// <summary>The server has no room, memory or connection left, and nothing of the transaction was kept.</summary>
    public static bool IsExhausted(Exception error) =>
        error is PostgresException { InvariantSeverity: "ERROR" } answered
        && answered.SqlState.StartsWith("53", StringComparison.Ordinal);

    /// <summary>
    /// Whether a commit that ended like this may have come about: a server that answers has rolled it back.
    /// </summary>
    public static bool LeavesOpen(Exception error) => error is not PostgresException { InvariantSeverity: "ERROR" };

    /// <summary>
    /// Whether waiting can help. A server that is starting, out of room or read-only for a while is; a wrong password,
    /// a missing database or a mistake of ours is not.
    /// </summary>
    public static bool IsTransient(Exception error) => error switch
    {
        PostgresException answered => answered.SqlState switch
        {
            PostgresErrorCodes.ReadOnlySqlTransaction or PostgresErrorCodes.QueryCanceled => true,
            PostgresErrorCodes.DatabaseDropped => false,
            var state => IsCollision(error) || state[..2] is "08" or "53" or "57" or "58",
        },
        NpgsqlException { InnerException: System.Security.Authentication.AuthenticationException } => false,
        NpgsqlException { InnerException: null } refused => refused.IsTransient,
        NpgsqlException or IOException or TimeoutException => true,
        _ => false,
    };

    public static StoreException Explain(PostgresAddress place, Exception error) => new(
        error switch
        {
            PostgresException answered => Explain(place, answered),
            NpgsqlException { InnerException: System.Security.Authentication.AuthenticationException } =>
                $"the connection to {place} could not be secured ({error.InnerException!.Message}); check sslmode and "
                + "sslrootcert in its address",
            _ => $"the store {place} does not answer ({Innermost(error)}); "
                + (place.IsOwn ? "start it with 'beadswarm db start'" : "is the server running and reachable?"),
        },
        IsTransient(error), error);

    static string Explain(PostgresAddress place, PostgresException error) => error.SqlState switch
    {
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
            $"the server of {place} does not let '{place.User}' in ({error.MessageText}); check user, password "
            + "(PGPASSWORD, PGPASSFILE) and sslmode",
        PostgresErrorCodes.InvalidCatalogName =>
            $"there is no database '{place.Database}' at {place}; make it with 'beadswarm db init'",
        PostgresErrorCodes.InsufficientPrivilege =>
            $"'{place.User}' may not do that in {place} ({error.MessageText}); see 'beadswarm db init'",
        PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName
            or PostgresErrorCodes.UndefinedFunction =>
            $"{place} holds no store of this version ({error.MessageText}); run 'beadswarm db migrate'",
        PostgresErrorCodes.ReadOnlySqlTransaction =>
            $"the store {place} cannot be written: its server is read-only now",
        PostgresErrorCodes.DiskFull => $"the disk of {place} is full: nothing more can be recorded; free some space",
        PostgresErrorCodes.TooManyConnections => $"the server of {place} has no connection left ({error.MessageText})",
        PostgresErrorCodes.LockNotAvailable => $"the store {place} is in use by another process; try again",
        _ => $"the store {place} refused an operation: {error.MessageText} ({error.SqlState})",
    };

    static string Innermost(Exception error) =>
        error.InnerException is { } inner and not PostgresException ? Innermost(inner) : error.Message;
}
