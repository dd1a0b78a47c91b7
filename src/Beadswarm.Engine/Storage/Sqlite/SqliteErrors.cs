using Microsoft.Data.Sqlite;

namespace Beadswarm.Storage.Sqlite;

/// <summary>What SQLite's result codes mean to the person who must do something about them.</summary>
static class SqliteErrors
{
    const int Busy = 5;
    const int Locked = 6;
    const int ReadOnly = 8;
    const int IoError = 10;
    const int Corrupt = 11;
    const int Full = 13;
    const int CannotOpen = 14;
    const int NotADatabase = 26;

    public static StoreException Explain(string path, SqliteException error) => error.SqliteErrorCode switch
    {
        Busy or Locked => new($"the store {path} is in use by another process; try again", transient: true, error),
        Full => new($"the disk is full: nothing more can be recorded in {path}; free some space", true, error),
        // On a full disk SQLite also reports this code, for reads as well: the index of its log cannot grow.
        IoError => new(
            $"the store {path} cannot be read or written ({error.Message}); check the disk and its free space",
            transient: true, error),
        ReadOnly => new($"the store {path} cannot be written: it, or its folder, is read-only", false, error),
        CannotOpen => new($"the store {path} cannot be opened; check that it exists and may be read", false, error),
        Corrupt or NotADatabase => Damaged(path, error.Message, error),
        _ => new($"the store {path} refused an operation: {error.Message}", false, error),
    };

    public static StoreException Damaged(string path, string finding, Exception? inner = null) => new(
        $"the store {path} is damaged ({finding}); move it away together with its -wal and -shm files and start again: "
        + "branches and the tracker are kept elsewhere", transient: false, inner);
}
