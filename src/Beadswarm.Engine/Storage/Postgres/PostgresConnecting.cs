using System.Runtime.ExceptionServices;
using Npgsql;

namespace Beadswarm.Storage.Postgres;

/// <summary>
/// Opens a connection: of several servers to the one that takes writes, whichever that is now. What only follows
/// another server may be behind it, so nothing is read from it either.
/// </summary>
static class PostgresConnecting
{
    /// <summary>Throws what the driver throws; where any server may do better soon, that one's failure.</summary>
    public static NpgsqlConnection Open(PostgresAddress place, bool keepStatements)
    {
        var failures = new List<Exception>();
        foreach (var server in place.Servers)
        {
            var connection = new NpgsqlConnection(server.ConnectionString(keepStatements));
            try
            {
                connection.Open();
                if (!place.Writable || TakesWrites(connection))
                {
                    return connection;
                }

                failures.Add(new IOException($"{server.Host} takes no writes: it follows another server"));
            }
            catch (Exception failed) when (failed is NpgsqlException or IOException or TimeoutException)
            {
                failures.Add(failed);
            }
            catch
            {
                connection.Dispose();
                throw;
            }

            connection.Dispose();
        }

        ExceptionDispatchInfo.Throw(failures.FirstOrDefault(PostgresErrors.IsTransient) ?? failures[0]);
        throw new System.Diagnostics.UnreachableException();
    }

    static bool TakesWrites(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand(
            "SELECT NOT pg_is_in_recovery() AND NOT current_setting('default_transaction_read_only')::boolean",
            connection);
        return command.ExecuteScalar() is true;
    }
}
