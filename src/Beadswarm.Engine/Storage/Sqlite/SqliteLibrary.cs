using System.Reflection;
using System.Runtime.InteropServices;
using SQLitePCL;

namespace Beadswarm.Storage.Sqlite;

/// <summary>
/// Chooses the native library once for each process: the system's where there is one, because it gets security updates,
/// otherwise the one that ships with the program.
/// </summary>
static class SqliteLibrary
{
    /// <summary>
    /// Set it to <c>bundled</c> to use the library that ships with the program; see <see cref="Load"/>.
    /// </summary>
    public const string Switch = "beadswarm.sqlite";

    static readonly string[] SystemNames = ["libsqlite3.so.0", "libsqlite3.dylib", "winsqlite3.dll"];

    static readonly Lazy<string> Loaded = new(Load);

    /// <summary>Makes the library usable and returns its version.</summary>
    public static string Version => Loaded.Value;

    static string Load()
    {
        // An AppContext switch, not an environment variable: the engine reads no environment.
        if (AppContext.GetData(Switch) as string != "bundled")
        {
            NativeLibrary.SetDllImportResolver(typeof(SQLite3Provider_e_sqlite3).Assembly, FromSystem);
        }

        raw.SetProvider(new SQLite3Provider_e_sqlite3());
        return raw.sqlite3_libversion().utf8_to_string();
    }

    // Zero means: look in the usual way, which finds the bundled one.
    static nint FromSystem(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name == "e_sqlite3")
        {
            foreach (var candidate in SystemNames)
            {
                if (NativeLibrary.TryLoad(candidate, out var handle))
                {
                    return handle;
                }
            }
        }

        return 0;
    }
}
