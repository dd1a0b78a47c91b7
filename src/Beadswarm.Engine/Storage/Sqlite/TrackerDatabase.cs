using Microsoft.Data.Sqlite;

namespace Beadswarm.Storage.Sqlite;

/// <summary>Looks into a tracker's own SQLite file, which belongs to that tracker: nothing is ever written.</summary>
static class TrackerDatabase
{
    /// <summary>How many beads it holds, or null where that cannot be told.</summary>
    public static long? CountBeads(string path)
    {
        try
        {
            using var session = SqliteSession.Open(path, writable: false, TimeProvider.System);
            return session.Scalar(SqliteSession.Text("CountTrackerBeads")) as long?;
        }
        catch (SqliteException)
        {
            // Another version's shape, or a file that only its tracker can open: there is nothing to compare.
            return null;
        }
    }
}
