using System.Net;
using System.Net.Sockets;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Cli;

/// <summary>db init --local and --docker, and the verbs that start and stop what they made.</summary>
public sealed class OwnServerTests : IAsyncDisposable
{
    readonly CliBench _bench = new();

    public OwnServerTests()
    {
        _bench.Environment["PATH"] = Environment.GetEnvironmentVariable("PATH") ?? "/usr/bin:/bin";

        // What root makes runs as another user, who has to get there.
        File.SetUnixFileMode(_bench.Path, File.GetUnixFileMode(_bench.Path) | UnixFileMode.OtherExecute);
    }

    [Fact]
    public async Task A_private_server_is_made_once_stopped_and_started_and_keeps_what_it_holds()
    {
        // Somebody died in the middle of making one.
        Directory.CreateDirectory(_bench[".beadswarm/postgres/data.part/base"]);
        Assert.Contains("exit 12", await Run("db", "start"), StringComparison.Ordinal);
        var made = await Run("db", "init", "--local", "--agents", "5");
        try
        {
            Assert.Contains("made a PostgreSQL server in ", made, StringComparison.Ordinal);
            Assert.Contains("made database beadswarm\nmade the schema", made, StringComparison.Ordinal);
            var line = made.Split('\n').Single(one => one.Contains("  store: ", StringComparison.Ordinal));
            _bench.Environment["BEADSWARM_STORE"] = line.Split("  store: ")[1];

            var again = await Run("db", "init", "--local", "--agents", "5");
            Assert.DoesNotContain("made", again, StringComparison.Ordinal);
            Assert.DoesNotContain("swarm.yaml", again, StringComparison.Ordinal);
            Assert.Contains("5 agents", await Run("db", "status"), StringComparison.Ordinal);

            // Its process dies at once, and leaves its socket and its pid file behind.
            var pid = int.Parse(
                Lines(".beadswarm/postgres/data/postmaster.pid").First(),
                System.Globalization.CultureInfo.InvariantCulture);
            using (var server = System.Diagnostics.Process.GetProcessById(pid))
            {
                server.Kill();
                await server.WaitForExitAsync(TestContext.Current.CancellationToken);
            }

            var gone = await Run("db", "status");
            Assert.Contains("start it with 'beadswarm db start'", gone, StringComparison.Ordinal);
            Assert.Contains("started", await Run("db", "start"), StringComparison.Ordinal);
            Assert.Contains("it runs already", await Run("db", "start"), StringComparison.Ordinal);
            Assert.Contains("5 agents", await Run("db", "status"), StringComparison.Ordinal);
        }
        finally
        {
            Assert.Contains("stopped", await Run("db", "stop"), StringComparison.Ordinal);
        }

        Assert.Contains("it did not run", await Run("db", "stop"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_cannot_be_made_is_told_with_its_remedy()
    {
        _bench.Environment["PATH"] = _bench.Path;
        var docker = await Run("db", "init", "--docker");
        Assert.Contains("'docker' was not found", docker, StringComparison.Ordinal);
        Assert.Contains("or use --local", docker, StringComparison.Ordinal);
        Assert.EndsWith("exit 9\n", docker, StringComparison.Ordinal);

        Docker("echo 'Cannot connect to the Docker daemon' >&2; exit 1");
        Assert.Contains(
            "docker does not do it: Cannot connect to the Docker daemon", await Run("db", "init", "--docker"),
            StringComparison.Ordinal);

        Assert.Contains(
            "exclude each other", await Run("db", "init", "--docker", "--local"), StringComparison.Ordinal);
        _bench.Environment["BEADSWARM_STORE"] = "postgres://me@elsewhere/other";
        Assert.Contains(
            "the store of this repository is postgres://me@elsewhere/other", await Run("db", "init", "--local"),
            StringComparison.Ordinal);
        Assert.False(Directory.Exists(_bench[".beadswarm/postgres/data"]));
    }

    /// <summary>
    /// Without an engine: what docker is told is looked at, and the port leads to a server of ours.
    /// </summary>
    [Fact]
    public async Task A_container_is_made_once_with_a_password_that_is_on_no_command_line()
    {
        var server = await PostgresServer.SharedAsync();
        Docker(
            $$"""
            cd '{{_bench.Path}}'
            printf '%s\n' "$*" >> calls
            case $1 in
            container) [ -e running ] || { echo 'Error: No such container' >&2; exit 1; }; cat running ;;
            run) echo "$*" > made; echo true > running; cat > /dev/null < go ;;
            start) echo true > running ;;
            stop) echo false > running ;;
            esac
            """);
        await Shell.MustAsync(_bench.Path, "mkfifo", "go");
        var making = Run("db", "init", "--docker", "--agents", "3");

        // Opened when docker run reads it: then the port is known.
        await using var go = new FileStream(_bench["go"], FileMode.Open, FileAccess.Write);
        var told = await File.ReadAllTextAsync(_bench["made"], TestContext.Current.CancellationToken);
        var port = int.Parse(
            told.Split("127.0.0.1:")[1].Split(':')[0], System.Globalization.CultureInfo.InvariantCulture);
        using var forwarding = new Forwarding(port, server.Socket);
        await go.DisposeAsync();
        var made = await making;
        try
        {
            Assert.Contains("made container beadswarm-", made, StringComparison.Ordinal);
            Assert.Contains("agents 1 to 3 are entered", made, StringComparison.Ordinal);
            var secret = Text(".beadswarm/postgres/container.pgpass").Trim().Split(':')[^1];
            Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite,
                File.GetUnixFileMode(_bench[".beadswarm/postgres/container.pgpass"]));
            Assert.Contains("passfile=", made, StringComparison.Ordinal);
            Assert.DoesNotContain(secret, made + Text("calls"), StringComparison.Ordinal);
            Assert.Contains(
                secret, Text(".beadswarm/postgres/container.env"), StringComparison.Ordinal);

            Assert.Contains("stopped", await Run("db", "stop"), StringComparison.Ordinal);
            Assert.Contains("started", await Run("db", "start"), StringComparison.Ordinal);
            Assert.Contains("the schema has version", await Run("db", "init", "--docker"), StringComparison.Ordinal);
            Assert.Single(Lines("calls"), call => call.StartsWith("run ", StringComparison.Ordinal));
        }
        finally
        {
            await server.ExecuteAsync("postgres", "DROP DATABASE IF EXISTS beadswarm WITH (FORCE)");
        }
    }

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    void Docker(string script)
    {
        var path = _bench["docker"];
        File.WriteAllText(path, "#!/bin/sh\n" + script + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        _bench.Environment["PATH"] = $"{_bench.Path}:/usr/bin:/bin";
    }

    string Text(string relative) => File.ReadAllText(_bench[relative]);

    IEnumerable<string> Lines(string relative) => File.ReadLines(_bench[relative]);

    Task<string> Run(params string[] arguments) => _bench.RunAsync(arguments);

    /// <summary>A port of loopback that leads to a server's socket, as a container's does.</summary>
    sealed class Forwarding : IDisposable
    {
        readonly TcpListener _listener;

        public Forwarding(int port, string socket)
        {
            _listener = new TcpListener(IPAddress.Loopback, port);
            _listener.Start();
            _ = ServeAsync(socket);
        }

        public void Dispose() => _listener.Stop();

        async Task ServeAsync(string socket)
        {
            try
            {
                while (true)
                {
                    _ = CarryAsync(await _listener.AcceptSocketAsync(), socket);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
            }
        }

        static async Task CarryAsync(Socket from, string socket)
        {
            using var there = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await there.ConnectAsync(new UnixDomainSocketEndPoint(socket));
            using var near = new NetworkStream(from, ownsSocket: true);
            using var far = new NetworkStream(there);
            await Task.WhenAny(near.CopyToAsync(far), far.CopyToAsync(near));
        }
    }
}
