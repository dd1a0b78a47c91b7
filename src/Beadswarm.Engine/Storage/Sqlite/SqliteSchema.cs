using System.Globalization;
using Microsoft.Data.Sqlite;

namespace Beadswarm.Storage.Sqlite;

/// <summary>Brings a file to the schema that this program knows, one numbered migration at a time.</summary>
static class SqliteSchema
{
    /// <summary>Says in the file's header that it is ours ("bead").</summary>
    public const int ApplicationId = 0x62656164;

    const string Folder = "Beadswarm.Storage.Sqlite.Migrations.";

    // Checking reads the whole file; a larger one is trusted until a page of it turns out to be broken.
    const long CheckedBytesMax = 64L * 1024 * 1024;

    static readonly string[] Migrations = [.. typeof(SqliteSchema).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Folder, StringComparison.Ordinal))
        .Order(StringComparer.Ordinal)];

    /// <summary>The version after the last migration.</summary>
    public static int Version => Migrations.Length;

    /// <summary>Makes the file ours and current.</summary>
    /// <exception cref="StoreException">The file is newer than the program, not a store, or damaged.</exception>
    public static void Migrate(SqliteSession session, string path)
    {
        Check(session, path, whole: true);
        session.Script("PRAGMA journal_mode = WAL");
        session.Script("PRAGMA synchronous = FULL");
        for (var version = ReadVersion(session); version < Version; version = ReadVersion(session))
        {
            Apply(session, version);
        }
    }

    /// <summary>Refuses a file that this program cannot read as it is.</summary>
    public static void Require(SqliteSession session, string path)
    {
        Check(session, path, whole: false);
        var version = ReadVersion(session);
        if (version < Version)
        {
            throw new StoreException(
                $"the store {path} has schema version {version} and this program reads {Version}; "
                + "start a swarm, or run 'beadswarm doctor --fix', to migrate it", transient: false);
        }
    }

    static void Check(SqliteSession session, string path, bool whole)
    {
        try
        {
            var owner = Number(session, "PRAGMA application_id");
            var version = ReadVersion(session);
            var tables = Number(session, "SELECT count(*) FROM sqlite_master");
            if (tables > 0 && owner != ApplicationId)
            {
                throw new StoreException(
                    $"{path} is a database of another program; name another file, or move it away", transient: false);
            }

            if (version > Version)
            {
                throw new StoreException(
                    $"the store {path} has schema version {version}, newer than this program, which knows up to "
                    + $"{Version}; use the newer beadswarm, or move the file away to start afresh", transient: false);
            }

            if (whole && new FileInfo(path).Length <= CheckedBytesMax
                && session.Scalar("PRAGMA quick_check(1)") is string finding && finding != "ok")
            {
                throw SqliteErrors.Damaged(path, finding);
            }
        }
        catch (SqliteException e)
        {
            throw SqliteErrors.Explain(path, e);
        }
    }

    static void Apply(SqliteSession session, int version)
    {
        session.Script("BEGIN IMMEDIATE");
        try
        {
            // Another process may have done it while this one waited for the lock.
            if (ReadVersion(session) == version)
            {
                session.Script(ReadText(Migrations[version]));
                session.Script($"PRAGMA application_id = {ApplicationId}");
                session.Script(string.Create(CultureInfo.InvariantCulture, $"PRAGMA user_version = {version + 1}"));
            }

            session.Script("COMMIT");
        }
        catch
        {
            if (!session.OutsideTransaction)
            {
                session.Script("ROLLBACK");
            }

            throw;
        }
    }

    static int ReadVersion(SqliteSession session) => (int)Number(session, "PRAGMA user_version");

    static long Number(SqliteSession session, string sql) => (long)session.Scalar(sql)!; // these always have one row

    static string ReadText(string resource)
    {
        using var stream = typeof(SqliteSchema).Assembly.GetManifestResourceStream(resource)!; // named by the assembly
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
