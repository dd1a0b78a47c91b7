using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Beadswarm.Storage.Postgres;
using Npgsql;

namespace Beadswarm.Tests.Support;

/// <summary>
/// A PostgreSQL server of the tests' own, from the installed programs: its data in a temporary folder, reached over a
/// socket in that folder, gone with this process. The server must not run as root: then it is the user postgres, or
/// nobody.
/// </summary>
sealed class PostgresServer : IAsyncDisposable
{
    /// <summary>Who the server of this machine lets in without a word.</summary>
    public const string User = "beadswarm";

    const int DefaultPort = 5432;

    // Ends the server when its own input ends, which it also does when this process is killed.
    const string Script = """
        set -eu
        bin=$1 folder=$2 user=$3 durable=$4 port=$5 listen=$6 primary=$7 host=host ssl=off
        run() {
          [ -n "$user" ] || { "$@"; return; }
          setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups "$@"
        }
        [ ! -e "$folder/server.key" ] || host=hostssl ssl=on
        [ -z "$user" ] || chown -R "$user" "$folder"
        cd "$folder"
        if [ -n "$primary" ]; then
          run cp -R "$primary/data" "$folder/data"
          run rm -f "$folder/data/postmaster.pid"
          run touch "$folder/data/standby.signal"
          run sh -c 'echo "$1" >> "$2"' - "primary_conninfo = 'host=$primary port=$port user=beadswarm'" \
            "$folder/data/postgresql.auto.conf"
        else
        run "$bin/initdb" -D "$folder/data" -A trust -U beadswarm --no-sync --no-instructions -E UTF8 --locale=C >&2
        cat > "$folder/hba" <<HBA
        local all locked scram-sha-256
        local all all trust
        local replication all trust
        $host all all 127.0.0.1/32 trust
        HBA
        cat "$folder/hba" > "$folder/data/pg_hba.conf"
        fi
        # In the foreground, as our child: an orphan of this process would be taken for what an agent has left behind.
        start() {
          run "$bin/postgres" -D "$folder/data" -c fsync=$durable -c listen_addresses="$listen" \
            -c ssl=$ssl -c ssl_cert_file="$folder/server.crt" -c ssl_key_file="$folder/server.key" \
            -c unix_socket_directories="$folder" -c port=$port -c max_connections=200 -c full_page_writes=$durable \
            -c autovacuum_naptime=5s -c shared_buffers=64MB >> "$folder/log" 2>&1 < /dev/null &
          server=$!
          until grep -q '^ready\|^standby' "$folder/data/postmaster.pid" 2> /dev/null; do
            kill -0 $server 2> /dev/null || { cat "$folder/log" >&2; exit 1; }
            sleep 0.05
          done
        }
        stop() { [ ! -s "$folder/data/postmaster.pid" ] || kill -QUIT "$(head -n 1 "$folder/data/postmaster.pid")"; }
        trap stop EXIT
        start
        echo ready
        while read -r word; do
          case $word in
            restart) run "$bin/pg_ctl" -D "$folder/data" -w -t 60 -m immediate stop >&2; start ;;
            stop) run "$bin/pg_ctl" -D "$folder/data" -w -t 60 -m immediate stop >&2 ;;
            start) start ;;
            promote) run "$bin/pg_ctl" -D "$folder/data" -w -t 60 promote >&2 ;;
          esac
          echo done
        done
        """;

    static readonly Lazy<Task<PostgresServer>> Started = new(() => StartAsync(durable: false));

    static int _databases;

    readonly TemporaryFolder _folder;
    readonly Process _process;
    readonly SemaphoreSlim _making = new(1);
    readonly HashSet<string> _templates = [];

    PostgresServer(TemporaryFolder folder, Process process, int port)
    {
        Port = port;
        _folder = folder;
        _process = process;
    }

    /// <summary>The server that the tests of this process share. Nobody stops it.</summary>
    public static Task<PostgresServer> SharedAsync() => Started.Value;

    /// <param name="durable">Whether what is committed is on the disk, which takes longer.</param>
    /// <param name="certificate">
    /// With it the server can be reached at a port of loopback too, and encrypted only.
    /// </param>
    public static Task<PostgresServer> StartAsync(bool durable, ServerCertificate? certificate = null) =>
        StartAsync(durable, certificate, primary: null);

    /// <summary>A server that follows this one, by a copy of all it holds and what is written from then on.</summary>
    public async Task<PostgresServer> StartFollowerAsync()
    {
        // Copied while it stands still: what it writes after that the other one asks it for.
        await StopAsync();
        var follower = await StartAsync(durable: false, certificate: null, primary: this);
        await StartAgainAsync();
        return follower;
    }

    static async Task<PostgresServer> StartAsync(
        bool durable, ServerCertificate? certificate, PostgresServer? primary)
    {
        var programs = Find()
            ?? throw new InvalidOperationException(
                "PostgreSQL's server programs (initdb, pg_ctl) were not found on PATH or in /usr/lib/postgresql: "
                + "install them (Debian: apt-get install postgresql), then run the tests again");
        var folder = new TemporaryFolder();
        certificate?.Write(folder["server.crt"], folder["server.key"]);
        var port = certificate is null ? DefaultPort : FreePort();
        var start = new ProcessStartInfo("/bin/sh", [
            "-c", Script, "server", programs, folder.Path, OtherUser(), durable ? "on" : "off",
            port.ToString(CultureInfo.InvariantCulture), certificate is null ? "" : "127.0.0.1",
            primary?.Folder ?? ""])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = Process.Start(start)!; // not shell execute: a process is always returned
        var said = new System.Text.StringBuilder();
        process.ErrorDataReceived += (_, line) => said.AppendLine(line.Data);
        process.BeginErrorReadLine();
        if (await process.StandardOutput.ReadLineAsync() != "ready")
        {
            await process.WaitForExitAsync();
            throw new InvalidOperationException($"the PostgreSQL server of the tests does not start: {said}");
        }

        return new PostgresServer(folder, process, port);
    }

    public int Port { get; }

    /// <summary>Where its sockets are.</summary>
    public string Folder => _folder.Path;

    public string Socket => _folder[$".s.PGSQL.{Port}"];

    /// <summary>An address in this server, as a person would write it.</summary>
    public string Url(string database, string user = User) =>
        $"postgres://{user}@/{database}?host={Uri.EscapeDataString(_folder.Path)}"
        + (Port == DefaultPort ? "" : $"&port={Port}");

    public PostgresAddress Address(string database) =>
        PostgresAddress.Parse(Url(database), new Dictionary<string, string>());

    /// <summary>A database of one test's own.</summary>
    /// <param name="template">What it begins with; made once with <paramref name="prepare"/>.</param>
    public async Task<string> MakeDatabaseAsync(string template, Func<PostgresAddress, Task> prepare)
    {
        await _making.WaitAsync();
        try
        {
            if (_templates.Add(template))
            {
                await ExecuteAsync("postgres", $"CREATE DATABASE {template}");
                await prepare(Address(template));
            }

            // One at a time: two copies of one template disturb each other.
            var name = $"test_{Interlocked.Increment(ref _databases)}";
            await ExecuteAsync("postgres", $"CREATE DATABASE {name} TEMPLATE {template}");
            return name;
        }
        finally
        {
            _making.Release();
        }
    }

    /// <summary>Stops the server as a crash would, and starts it again.</summary>
    public Task RestartAsync() => TellAsync("restart");

    public Task StopAsync() => TellAsync("stop");

    public Task StartAgainAsync() => TellAsync("start");

    /// <summary>One that follows another follows it no more, and takes writes.</summary>
    public Task PromoteAsync() => TellAsync("promote");

    /// <summary>From now on it answers only for what a follower has as well.</summary>
    public async Task WaitForFollowersAsync()
    {
        await ExecuteAsync("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'");
        await ExecuteAsync("postgres", "SELECT pg_reload_conf()");
        while (await ScalarAsync("postgres", "SHOW synchronous_standby_names") != "*")
        {
            // Each question has a session of its own, which begins with what the server has read by then.
        }
    }

    /// <summary>Waits until the server has written this into its log.</summary>
    public async Task SaysAsync(string text)
    {
        using var watcher = new FileSystemWatcher(Folder, "log");
        using var changed = new SemaphoreSlim(0);
        watcher.Changed += (_, _) => changed.Release();
        watcher.EnableRaisingEvents = true;
        while (!(await File.ReadAllTextAsync(_folder["log"])).Contains(text, StringComparison.Ordinal))
        {
            if (!await changed.WaitAsync(SaysWithin))
            {
                throw new TimeoutException($"the PostgreSQL server of the tests has not said '{text}'");
            }
        }

        watcher.EnableRaisingEvents = false;
    }

    /// <summary>Long enough for any machine; reached only when it never comes.</summary>
    static readonly TimeSpan SaysWithin = TimeSpan.FromMinutes(2);

    public void Execute(string database, string sql)
    {
        using var connection = new NpgsqlConnection(Address(database).ConnectionString(keepStatements: false));
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection);
        command.ExecuteNonQuery();
    }

    public async Task ExecuteAsync(string database, string sql)
    {
        await using var connection = await OpenAsync(database);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<string> ScalarAsync(string database, string sql)
    {
        await using var connection = await OpenAsync(database);
        await using var command = new NpgsqlCommand(sql, connection);
        return $"{await command.ExecuteScalarAsync()}";
    }

    public async Task<NpgsqlConnection> OpenAsync(string database)
    {
        var connection = new NpgsqlConnection(Address(database).ConnectionString(keepStatements: false));
        await connection.OpenAsync();
        return connection;
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }

    async Task TellAsync(string word)
    {
        await _process.StandardInput.WriteLineAsync(word);
        await _process.StandardInput.FlushAsync();
        if (await _process.StandardOutput.ReadLineAsync() != "done")
        {
            throw new InvalidOperationException($"the PostgreSQL server of the tests did not {word}");
        }
    }

    static string? Find()
    {
        var onPath = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        var debian = Directory.Exists("/usr/lib/postgresql")
            ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending().Select(folder => $"{folder}/bin")
            : [];
        return onPath.Concat(debian).FirstOrDefault(folder => File.Exists($"{folder}/pg_ctl"));
    }

    /// <summary>Who runs servers for us that do not run as root; nobody special where we are not root.</summary>
    public static string OtherUser()
    {
        if (Environment.UserName != "root")
        {
            return "";
        }

        var known = File.ReadLines("/etc/passwd").Select(line => line.Split(':')[0]).ToHashSet();
        return known.Contains("postgres") ? "postgres" : "nobody";
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
