using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Beadswarm.Processes;

namespace Beadswarm.Storage.Postgres.Servers;

/// <summary>
/// A server in a container of this repository's own, by the docker program: its data in a volume, its port on loopback
/// only. The password is made here and lies in a file that only its owner can read; it is on no command line.
/// </summary>
/// <param name="name">Of container and volume.</param>
sealed class ContainerServer(
    string folder, string name, string image, IReadOnlyDictionary<string, string> environment, TimeProvider time)
    : IOwnServer
{
    public const string DefaultImage = "postgres:17";

    const string Role = "beadswarm";
    const string Database = "beadswarm";
    const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    const string NoSuch = "No such container";

    static readonly TimeSpan AnswerMax = TimeSpan.FromMinutes(2);

    // An image may have to be fetched first.
    static readonly TimeSpan DockerMax = TimeSpan.FromMinutes(30);

    /// <summary>As libpq reads it: host, port, database, role, password.</summary>
    string PasswordFile => Path.Combine(folder, "container.pgpass");

    string SettingsFile => Path.Combine(folder, "container.env");

    public bool Exists => File.Exists(PasswordFile);

    public string Url =>
        $"postgres://{Role}@127.0.0.1:{Secret().Port}/{Database}?passfile={Uri.EscapeDataString(PasswordFile)}";

    public PostgresAddress Admin => PostgresAddress.Parse(Url, new Dictionary<string, string>()).In("postgres");

    public async Task<IReadOnlyList<string>> StartAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var done = new List<string>();
        switch (await RunsAsync(cancellationToken))
        {
            case null:
                await MakeAsync(cancellationToken);
                done.Add($"made container {name} of {image}");
                break;
            case false:
                await MustAsync(["start", name], cancellationToken);
                done.Add($"started container {name}");
                break;
            case true:
                break;
        }

        await AnswersAsync(cancellationToken);
        return done;
    }

    public async Task<bool> StopAsync(CancellationToken cancellationToken)
    {
        if (await RunsAsync(cancellationToken) is not true)
        {
            return false;
        }

        await MustAsync(["stop", name], cancellationToken);
        return true;
    }

    async Task MakeAsync(CancellationToken cancellationToken)
    {
        // Kept before the container is made: one that was made when we died is found with its password.
        if (!Exists)
        {
            var made = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
            Write(PasswordFile, $"127.0.0.1:{FreePort()}:*:{Role}:{made}\n");
        }

        var (port, password) = Secret();
        Write(SettingsFile, $"POSTGRES_USER={Role}\nPOSTGRES_DB={Database}\nPOSTGRES_PASSWORD={password}\n");
        await MustAsync(
            [
                "run", "--detach", "--name", name, "--restart", "unless-stopped", "--env-file", SettingsFile,
                "--publish", $"127.0.0.1:{port}:5432", "--volume", $"{name}:/var/lib/postgresql/data", image,
            ],
            cancellationToken);
    }

    /// <summary>Docker says that it runs long before it answers.</summary>
    async Task AnswersAsync(CancellationToken cancellationToken)
    {
        try
        {
            await PostgresStore.CheckAsync(
                Admin, new PostgresLimits { Patience = AnswerMax }, time, cancellationToken);
        }
        catch (StoreException silent) when (silent.IsTransient)
        {
            throw new ServerException(
                ServerTrouble.Refused, $"the server in container {name} does not answer: {silent.Message}",
                $"see 'docker logs {name}'");
        }
    }

    /// <summary>Whether the container runs; null: there is none.</summary>
    async Task<bool?> RunsAsync(CancellationToken cancellationToken)
    {
        var looked = await DockerAsync(
            ["container", "inspect", "--format", "{{.State.Running}}", name], cancellationToken);
        return looked.ExitCode == 0 ? Encoding.UTF8.GetString(looked.Stdout).Trim() == "true"
            : Encoding.UTF8.GetString(looked.Stderr).Contains(NoSuch, StringComparison.OrdinalIgnoreCase) ? null
            : throw Refused(looked);
    }

    async Task MustAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        var result = await DockerAsync(arguments, cancellationToken);
        if (result.ExitCode != 0)
        {
            throw Refused(result);
        }
    }

    static ServerException Refused(CommandResult result) => new(
        ServerTrouble.ToolMissing, $"docker does not do it: {Encoding.UTF8.GetString(result.Stderr).Trim()}",
        "start Docker and let this user use it, or use --local");

    async Task<CommandResult> DockerAsync(IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        try
        {
            return await Command.RunAsync(
                new CommandSpec
                {
                    FileName = "docker",
                    Arguments = arguments,
                    WorkingDirectory = "/",
                    Environment = environment,
                    Timeout = DockerMax,
                    TimeProvider = time,
                },
                cancellationToken);
        }
        catch (ProcessStartException missing)
        {
            throw new ServerException(ServerTrouble.ToolMissing, missing.Message, "install Docker, or use --local");
        }
    }

    (string Port, string Password) Secret() =>
        File.ReadAllText(PasswordFile).Trim().Split(':') is [_, var port, _, _, var password]
            ? (port, password)
            : throw new ServerException(
                ServerTrouble.Refused, $"{PasswordFile} does not hold host:port:*:role:password",
                $"restore it, or remove it with container and volume {name}");

    static void Write(string path, string content)
    {
        var part = $"{path}.part";
        File.Delete(part);
        using (var file = new FileStream(part, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = Private,
        }))
        {
            file.Write(Encoding.UTF8.GetBytes(content));
            file.Flush(flushToDisk: true);
        }

        File.Move(part, path, overwrite: true);
    }

    static string FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
    }
}
