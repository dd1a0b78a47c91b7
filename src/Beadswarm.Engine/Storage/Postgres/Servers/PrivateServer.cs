using System.Globalization;
using System.Text;
using Beadswarm.Processes;

namespace Beadswarm.Storage.Postgres.Servers;

/// <summary>
/// A server from the programs that are installed on this machine. It listens on a socket in its folder and nowhere
/// else, and lets in nobody but the user who made it, without a password. It does not run as root: what root makes runs
/// as the user postgres, or nobody.
/// </summary>
sealed class PrivateServer(string folder, IReadOnlyDictionary<string, string> environment, TimeProvider time)
    : IOwnServer
{
    const string Role = "beadswarm";
    const string Database = "beadswarm";
    const string DebianFolder = "/usr/lib/postgresql";
    const string SocketName = ".s.PGSQL.5432";
    const string Install = "install PostgreSQL's server (Debian: apt-get install postgresql), or use --docker";

    // The kernel's sun_path has 108 bytes, the last of them zero.
    const int SocketPathMax = 107;
    const int Running = 0;
    const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    static readonly TimeSpan StartMax = TimeSpan.FromMinutes(2);

    // Whoever made the server comes in as its owner; nobody else comes in at all.
    const string Entrance = "local all all peer map=beadswarm\n";

    string Data => Path.Combine(folder, "data");

    public bool Exists => File.Exists(Path.Combine(Data, "PG_VERSION"));

    public string Url => $"postgres://{Role}@/{Database}?host={Uri.EscapeDataString(folder)}";

    public PostgresAddress Admin => PostgresAddress.Parse(Url, new Dictionary<string, string>()).In("postgres");

    public async Task<IReadOnlyList<string>> StartAsync(CancellationToken cancellationToken)
    {
        var socket = Encoding.UTF8.GetByteCount(Path.Combine(folder, SocketName));
        if (socket > SocketPathMax)
        {
            throw new ServerException(
                ServerTrouble.Refused,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"the path of the server's socket would have {socket} bytes, {SocketPathMax} at most: {folder}"),
                "move the repository to a shorter path, or use --docker");
        }

        Directory.CreateDirectory(folder, Private);
        using var alone = Alone();
        var user = ServerUser.ForRoot();
        var done = new List<string>();
        if (!Exists)
        {
            await MakeAsync(user, cancellationToken);
            done.Add($"made a PostgreSQL server in {folder}");
        }

        var programs = await ProgramsAsync(cancellationToken);
        if (!await RunsAsync(programs, user, cancellationToken))
        {
            await StartAsync(programs, user, cancellationToken);
            done.Add("started it");
        }

        return done;
    }

    public async Task<bool> StopAsync(CancellationToken cancellationToken)
    {
        using var alone = Alone();
        var user = ServerUser.ForRoot();
        var programs = await ProgramsAsync(cancellationToken);
        if (!await RunsAsync(programs, user, cancellationToken))
        {
            return false;
        }

        await MustAsync(
            user, [Path.Combine(programs, "pg_ctl"), "-D", Data, "-m", "fast", "-w", "stop"],
            "end its sessions, or stop it by hand with pg_ctl", cancellationToken);
        return true;
    }

    async Task MakeAsync(ServerUser? user, CancellationToken cancellationToken)
    {
        var programs = await ProgramsAsync(cancellationToken);
        var part = $"{Data}.part";
        if (Directory.Exists(part))
        {
            Directory.Delete(part, recursive: true); // somebody died in the middle
        }

        await GiveAsync(user, cancellationToken);
        await MustAsync(
            user,
            [
                Path.Combine(programs, "initdb"), "-D", part, "-U", Role, "-A", "peer", "-E", "UTF8", "--locale=C",
                "--no-instructions",
            ],
            $"see {folder}, and make it reachable for {user?.Name ?? Environment.UserName}", cancellationToken);
        await File.WriteAllTextAsync(Path.Combine(part, "pg_hba.conf"), Entrance, cancellationToken);
        await File.WriteAllTextAsync(
            Path.Combine(part, "pg_ident.conf"), $"beadswarm \"{Environment.UserName}\" {Role}\n",
            cancellationToken);
        await File.AppendAllTextAsync(
            Path.Combine(part, "postgresql.conf"), "include = 'beadswarm.conf'\n", cancellationToken);
        Directory.Move(part, Data);
    }

    async Task StartAsync(string programs, ServerUser? user, CancellationToken cancellationToken)
    {
        // Written at each start: the repository may have been moved.
        await File.WriteAllTextAsync(
            Path.Combine(Data, "beadswarm.conf"),
            $"listen_addresses = ''\nport = 5432\nunix_socket_directories = '{Quoted(folder)}'\n"
            + "unix_socket_permissions = 0700\n",
            cancellationToken);
        var log = Path.Combine(folder, "server.log");
        await GiveAsync(user, cancellationToken);
        await MustAsync(
            user,
            [
                Path.Combine(programs, "pg_ctl"), "-D", Data, "-l", log, "-w", "-t",
                ((int)StartMax.TotalSeconds).ToString(CultureInfo.InvariantCulture), "start",
            ],
            $"see {log}", cancellationToken);
    }

    async Task<bool> RunsAsync(string programs, ServerUser? user, CancellationToken cancellationToken) =>
        (await RunAsync(user, [Path.Combine(programs, "pg_ctl"), "-D", Data, "status"], cancellationToken)).ExitCode
        == Running;

    FileStream Alone()
    {
        try
        {
            return new FileStream(
                Path.Combine(folder, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            throw new ServerException(
                ServerTrouble.Refused, $"another process makes, starts or ends the server in {folder} right now",
                "try again when it has ended");
        }
    }

    /// <summary>The folder is theirs who run the server, where that cannot be us.</summary>
    async Task GiveAsync(ServerUser? user, CancellationToken cancellationToken)
    {
        if (user is not null)
        {
            await MustAsync(
                null, ["chown", "-R", $"{user.Id}:{user.Group}", folder], "run this as another user than root",
                cancellationToken);
        }
    }

    /// <summary>The folder of the programs: those that can read the data, or the newest where there is none.</summary>
    async Task<string> ProgramsAsync(CancellationToken cancellationToken)
    {
        var wanted = Exists
            ? (await File.ReadAllTextAsync(Path.Combine(Data, "PG_VERSION"), cancellationToken)).Trim()
            : null;
        var debian = Directory.Exists(DebianFolder) ? Directory.GetDirectories(DebianFolder) : [];
        var places = environment.GetValueOrDefault("PATH", "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Concat(debian.OrderByDescending(Version).Select(version => Path.Combine(version, "bin")))
            .Where(place => File.Exists(Path.Combine(place, "initdb")) && File.Exists(Path.Combine(place, "pg_ctl")));
        foreach (var place in places)
        {
            var said = await RunAsync(null, [Path.Combine(place, "pg_ctl"), "--version"], cancellationToken);
            var version = Encoding.UTF8.GetString(said.Stdout).Trim().Split(' ').LastOrDefault(
                word => word.Length > 0 && char.IsAsciiDigit(word[0]));
            if (wanted is null || version?.Split('.')[0] == wanted)
            {
                return place;
            }
        }

        throw new ServerException(
            ServerTrouble.ToolMissing,
            wanted is null
                ? $"PostgreSQL's server programs (initdb, pg_ctl) are neither on PATH nor in {DebianFolder}"
                : $"the server in {folder} is of PostgreSQL {wanted}, whose programs are neither on PATH nor in "
                    + DebianFolder,
            wanted is null ? Install : $"install PostgreSQL {wanted} again, or move {folder} away and make another");
    }

    static int Version(string path) =>
        int.TryParse(Path.GetFileName(path), CultureInfo.InvariantCulture, out var version) ? version : 0;

    async Task MustAsync(
        ServerUser? user, IReadOnlyList<string> command, string remedy, CancellationToken cancellationToken)
    {
        var result = await RunAsync(user, command, cancellationToken);
        if (result.ExitCode != 0)
        {
            var said = Encoding.UTF8.GetString(result.Stderr).Trim();
            throw new ServerException(
                ServerTrouble.Refused,
                $"{Path.GetFileName(command[0])} failed: {(said.Length > 0 ? said : $"exit code {result.ExitCode}")}",
                remedy);
        }
    }

    Task<CommandResult> RunAsync(
        ServerUser? user, IReadOnlyList<string> command, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> whole = user is null
            ? command
            : ["setpriv", $"--reuid={user.Id}", $"--regid={user.Group}", "--clear-groups", "--", .. command];
        return Command.RunAsync(
            new CommandSpec
            {
                FileName = whole[0],
                Arguments = [.. whole.Skip(1)],
                WorkingDirectory = "/",
                Environment = new Dictionary<string, string>
                {
                    ["PATH"] = environment.GetValueOrDefault("PATH", "/usr/local/bin:/usr/bin:/bin"),
                    ["LC_ALL"] = "C",
                },
                TimeProvider = time,
            },
            cancellationToken);
    }

    static string Quoted(string text) => text.Replace("'", "''", StringComparison.Ordinal);
}

/// <summary>A user of this machine for servers that must not run as root.</summary>
sealed record ServerUser(string Name, string Id, string Group)
{
    static readonly string[] Names = ["postgres", "nobody"];

    /// <summary>Null where we are not root, and run it ourselves.</summary>
    public static ServerUser? ForRoot()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            return null;
        }

        var known = File.ReadLines("/etc/passwd").Select(line => line.Split(':'))
            .Where(fields => fields.Length > 3)
            .ToLookup(fields => fields[0], fields => new ServerUser(fields[0], fields[2], fields[3]));
        return Names.SelectMany(name => known[name]).FirstOrDefault()
            ?? throw new ServerException(
                ServerTrouble.ToolMissing, "PostgreSQL's server does not run as root, and there is no user postgres",
                "run this as another user, or use --docker");
    }
}
