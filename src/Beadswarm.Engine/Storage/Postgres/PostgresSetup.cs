using Npgsql;

namespace Beadswarm.Storage.Postgres;

/// <summary>Makes what a store needs in a server, as somebody who may: its role and its database.</summary>
static class PostgresSetup
{
    /// <summary>
    /// Makes role and database of the address where they are missing, with the password that is in it.
    /// </summary>
    /// <param name="admin">The same server, as somebody who may make roles and databases.</param>
    /// <returns>What was made, for people; nothing where all was there.</returns>
    /// <exception cref="StoreException">It does not answer, or does not let the administrator do it.</exception>
    public static Task<IReadOnlyList<string>> MakeAsync(
        PostgresAddress place, PostgresAddress admin, CancellationToken cancellationToken) =>
        OnAsync<IReadOnlyList<string>>(admin, session => [.. Make(session, place)], cancellationToken);

    /// <summary>Enters agents 1..N as idle, where they are not known yet.</summary>
    public static Task AddAgentsAsync(PostgresAddress place, int agents, CancellationToken cancellationToken) =>
        OnAsync(place, session => session.Run("AddIdleAgents", ("agents", agents)), cancellationToken);

    static Task<T> OnAsync<T>(
        PostgresAddress place, Func<PostgresSession, T> operation, CancellationToken cancellationToken) =>
        Task.Run(
            () =>
            {
                try
                {
                    using var session = PostgresSession.Open(place, keepStatements: false);
                    return operation(session);
                }
                catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException)
                {
                    throw PostgresErrors.Explain(place, e);
                }
            },
            cancellationToken);

    static IEnumerable<string> Make(PostgresSession session, PostgresAddress place)
    {
        var user = place.User ?? "";
        var (role, database) = session.First(
            "FindDatabase", row => (row.GetBoolean(0), row.GetBoolean(1)),
            ("role", user), ("database", place.Database));
        if (!role)
        {
            var password = place.Password is { } secret ? $" PASSWORD {Literal(secret)}" : "";
            session.Script($"CREATE ROLE {Name(user)} LOGIN{password}");
            yield return $"role {user}";
        }

        if (!database)
        {
            session.Script($"CREATE DATABASE {Name(place.Database)} OWNER {Name(user)}");
            // For people with psql: the program itself names the schema everywhere.
            session.Script($"ALTER DATABASE {Name(place.Database)} SET search_path = {place.Schema}, public");
            yield return $"database {place.Database}";
        }
    }

    static string Name(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    // An escape string, so that it means the same whatever standard_conforming_strings is.
    static string Literal(string text) =>
        $"E'{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal)}'";
}
