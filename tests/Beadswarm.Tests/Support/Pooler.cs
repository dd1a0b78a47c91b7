using System.Diagnostics;

namespace Beadswarm.Tests.Support;

/// <summary>
/// pgbouncer in transaction mode before a server of the tests: whoever comes shares two connections. Gone with this
/// process.
/// </summary>
sealed class Pooler : IAsyncDisposable
{
    public const int ConnectionsMax = 2;

    // Ends it when its own input ends, which it also does when this process is killed.
    const string Script = """
        export PATH="$PATH:/usr/sbin"
        pgbouncer "$1" 2>&1 < /dev/null &
        trap "kill $!" EXIT
        cat > /dev/null
        """;

    readonly TemporaryFolder _folder;
    readonly Process _process;

    Pooler(TemporaryFolder folder, Process process)
    {
        _folder = folder;
        _process = process;
    }

    public static async Task<Pooler> StartAsync(PostgresServer server)
    {
        var folder = new TemporaryFolder();
        var user = PostgresServer.OtherUser();
        await File.WriteAllTextAsync(
            folder["pooler.ini"],
            $"""
            [databases]
            * = host={server.Folder} port={server.Port} user={PostgresServer.User}
            [pgbouncer]
            listen_addr =
            unix_socket_dir = {folder.Path}
            auth_type = any
            pool_mode = transaction
            default_pool_size = {ConnectionsMax}
            max_client_conn = 50
            ignore_startup_parameters = extra_float_digits
            {(user.Length > 0 ? $"user = {user}" : "")}
            """);
        File.SetUnixFileMode(
            folder.Path,
            File.GetUnixFileMode(folder.Path)
            | UnixFileMode.OtherExecute | UnixFileMode.OtherWrite | UnixFileMode.OtherRead);
        var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", Script, "pooler", folder["pooler.ini"]])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!; // not shell execute: a process is always returned
        var said = new List<string?>();
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            said.Add(line);
            if (line.Contains("process up", StringComparison.Ordinal))
            {
                _ = process.StandardOutput.ReadToEndAsync();
                return new Pooler(folder, process);
            }
        }

        throw new InvalidOperationException(
            "pgbouncer does not start (Debian: apt-get install pgbouncer): " + string.Join('\n', said));
    }

    public string Url(string database) =>
        $"postgres://{PostgresServer.User}@/{database}?host={Uri.EscapeDataString(_folder.Path)}&port=6432"
        + "&pooler=transaction";

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }
}
