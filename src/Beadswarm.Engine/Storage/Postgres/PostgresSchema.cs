using System.Globalization;
using Npgsql;

namespace Beadswarm.Storage.Postgres;

/// <summary>Brings a store's schema to the version that this program knows, one numbered migration at a time.</summary>
static class PostgresSchema
{
    const string Folder = "Beadswarm.Storage.Postgres.Migrations.";

    static readonly string[] Migrations = [.. typeof(PostgresSchema).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Folder, StringComparison.Ordinal))
        .Order(StringComparer.Ordinal)];

    /// <summary>The version after the last migration.</summary>
    public static int Version => Migrations.Length;

    /// <summary>
    /// Makes the schema and brings it up to date: all of it or nothing, one process at a time. Returns the version it
    /// had, 0 where there was none.
    /// </summary>
    /// <exception cref="StoreException">The schema is newer than the program, or of another program.</exception>
    public static int Migrate(PostgresSession session, PostgresAddress place)
    {
        if (ReadVersion(session) is { } current && current == Version)
        {
            return current;
        }

        session.Script("BEGIN");
        session.Script("SELECT pg_advisory_xact_lock(hashtext('beadswarm.migrations'))");
        var (ours, taken) = session.First(
            "FindSchema", row => (row.GetBoolean(0), row.GetBoolean(1)), ("schema", place.Schema));
        if (taken && !ours)
        {
            session.Rollback();
            throw new StoreException(
                $"the schema {place.Schema} of {place} belongs to another program; name another one with ?schema=NAME",
                transient: false);
        }

        if (!ours)
        {
            session.Script($"CREATE SCHEMA IF NOT EXISTS {place.Schema}");
            session.Script(PostgresSession.Text("MakeMigrations"));
        }

        var found = ReadVersion(session) ?? 0;
        Refuse(found, place);
        foreach (var version in Enumerable.Range(found + 1, Version - found))
        {
            session.Script(ReadText(Migrations[version - 1]));
            session.Post("AddMigration", ("version", version));
        }

        session.EndTransaction();
        return found;
    }

    /// <summary>Refuses a store that this program cannot use as it is.</summary>
    public static void Require(PostgresSession session, PostgresAddress place)
    {
        var version = ReadVersion(session) ?? throw new StoreException(
            $"there is no store in the schema {place.Schema} of {place}; start a swarm, or run 'beadswarm db init'",
            transient: false);
        Refuse(version, place);
        if (version < Version)
        {
            throw new StoreException(
                $"the store {place} has schema version {version} and this program uses {Version}; "
                + "run 'beadswarm db migrate', or start a swarm, to migrate it", transient: false);
        }
    }

    /// <summary>The version of the store there is; null where there is none.</summary>
    public static int? ReadVersion(PostgresSession session)
    {
        try
        {
            return session.First("SelectVersion", row => row.IsDBNull(0) ? (int?)null : row.GetInt32(0));
        }
        catch (PostgresException missing) when (missing.SqlState is PostgresErrorCodes.UndefinedTable
            or PostgresErrorCodes.InvalidSchemaName)
        {
            return null;
        }
    }

    /// <summary>The statements of one migration, the first is 1.</summary>
    public static string Text(int version) => ReadText(Migrations[version - 1]);

    static void Refuse(int version, PostgresAddress place)
    {
        if (version > Version)
        {
            throw new StoreException(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the store {place} has schema version {version}, newer than this program, which knows up to ")
                + $"{Version}; use the newer beadswarm, or another schema to start afresh", transient: false);
        }
    }

    static string ReadText(string resource)
    {
        // The assembly itself gave the name.
        using var stream = typeof(PostgresSchema).Assembly.GetManifestResourceStream(resource)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
