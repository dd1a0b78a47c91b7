using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;

namespace Beadswarm.Storage.Postgres;

/// <summary>
/// Where a store is kept in a PostgreSQL server, or in several of which one takes writes: parsed from
/// <c>postgres://user@host:port,host:port/database?option=value</c>. Its text never has the password in it.
/// </summary>
sealed partial record PostgresAddress
{
    /// <summary>The schema of a store whose address names none.</summary>
    public const string DefaultSchema = "beadswarm";

    const int DefaultPort = 5432;
    const string OwnFolder = "/.beadswarm/postgres";
    const int ConnectSeconds = 10;
    const int CommandSeconds = 60;
    const int KeepaliveSeconds = 10;
    const int StatementsMax = 200;

    // libpq's names of what may follow the question mark, and Npgsql's.
    static readonly Dictionary<string, string> Options = new()
    {
        ["sslmode"] = "SSL Mode",
        ["sslrootcert"] = "Root Certificate",
        ["sslcert"] = "SSL Certificate",
        ["sslkey"] = "SSL Key",
        ["passfile"] = "Passfile",
        ["connect_timeout"] = "Timeout",
    };

    readonly NpgsqlConnectionStringBuilder _settings;
    readonly IReadOnlyList<(string Name, int Port)> _hosts;

    PostgresAddress(
        NpgsqlConnectionStringBuilder settings, string schema, bool pooled,
        IReadOnlyList<(string Name, int Port)> hosts, bool writable)
    {
        _settings = settings;
        _hosts = hosts;
        Schema = schema;
        Pooled = pooled;
        Writable = writable;
    }

    /// <summary>The schema that holds the store's tables.</summary>
    public string Schema { get; init; }

    /// <summary>
    /// A pooler in transaction mode stands between (<c>?pooler=transaction</c>): nothing may be kept in a session.
    /// </summary>
    public bool Pooled { get; }

    /// <summary>
    /// Only a server that takes writes will do, also for reading: of several, or where <c>target_session_attrs</c>
    /// says so.
    /// </summary>
    public bool Writable { get; }

    public string Host => _hosts[0].Name;

    public int Port => _hosts[0].Port;

    /// <summary>The servers it names, an address for each, in the order in which they are tried.</summary>
    public IEnumerable<PostgresAddress> Servers => _hosts.Select(host => new PostgresAddress(
        new NpgsqlConnectionStringBuilder(_settings.ConnectionString) { Host = host.Name, Port = host.Port }, Schema,
        Pooled, [host], Writable));

    public string Database => _settings.Database ?? "";

    public string? User => _settings.Username;

    /// <summary>For making the role; nothing else needs it, and nothing may show it.</summary>
    public string? Password => _settings.Password;

    /// <summary>Whether the server is one that <c>db init</c> made for a repository alone.</summary>
    public bool IsOwn => Host.EndsWith(OwnFolder, StringComparison.Ordinal)
        || Path.GetDirectoryName(_settings.Passfile)?.EndsWith(OwnFolder, StringComparison.Ordinal) == true;

    /// <summary>Whether the text is meant to be an address of this kind.</summary>
    public static bool IsMeant(string text) =>
        text.StartsWith("postgres://", StringComparison.Ordinal)
        || text.StartsWith("postgresql://", StringComparison.Ordinal);

    /// <summary>Reads an address, with what the environment adds: user, password, password file, TLS.</summary>
    /// <exception cref="FormatException">Says what is wrong without repeating the password.</exception>
    public static PostgresAddress Parse(string text, IReadOnlyDictionary<string, string> environment)
    {
        if (!IsMeant(text))
        {
            throw new FormatException("a PostgreSQL address begins with postgres:// or postgresql://");
        }

        var match = Shape().Match(text);
        if (!match.Success)
        {
            throw new FormatException(
                "a PostgreSQL address is postgres://[user[:password]@]host[:port][,host[:port]...]/database");
        }

        var settings = new NpgsqlConnectionStringBuilder
        {
            Database = Decode(match, "database"),
            Username = Decode(match, "user") ?? environment.GetValueOrDefault("PGUSER") ?? "beadswarm",
            Password = Decode(match, "password") ?? environment.GetValueOrDefault("PGPASSWORD"),
            Passfile = environment.GetValueOrDefault("PGPASSFILE"),
            ApplicationName = "beadswarm",
            // Connections live as long as the store; a pool would keep them longer.
            Pooling = false,
            Timeout = ConnectSeconds,
            CommandTimeout = CommandSeconds,
            // Every transaction begins and ends in the statements themselves.
            Enlist = false,
            IncludeErrorDetail = false,
            PersistSecurityInfo = false,
        };
        if (environment.GetValueOrDefault("PGSSLMODE") is { } mode)
        {
            Set(settings, "sslmode", mode);
        }

        var hosts = match.Groups["hosts"].Value.Length > 0
            ? match.Groups["hosts"].Value : environment.GetValueOrDefault("PGHOST") ?? "localhost";
        return ReadOptions(settings, [.. hosts.Split(',').Select(ReadHost)], match.Groups["options"].Value);
    }

    /// <summary>The same server, another database of it.</summary>
    public PostgresAddress In(string database) =>
        new(
            new NpgsqlConnectionStringBuilder(_settings.ConnectionString) { Database = database }, Schema, Pooled,
            _hosts, Writable);

    /// <summary>What a connection is opened with. Has the password in it: for the driver only.</summary>
    /// <param name="keepStatements">Statements stay prepared in their session.</param>
    public string ConnectionString(bool keepStatements)
    {
        var settings = new NpgsqlConnectionStringBuilder(_settings.ConnectionString)
        {
            MaxAutoPrepare = keepStatements && !Pooled ? StatementsMax : 0,
            AutoPrepareMinUsages = 2,
        };
        if (!Host.StartsWith('/'))
        {
            // Otherwise a server whose machine is gone is waited for as long as nobody asks it anything.
            settings.TcpKeepAlive = true;
            settings.TcpKeepAliveTime = KeepaliveSeconds;
            settings.TcpKeepAliveInterval = KeepaliveSeconds;
        }

        return settings.ConnectionString;
    }

    /// <summary>The statement as it is for this store's schema.</summary>
    public string InSchema(string statement) => Schema == DefaultSchema
        ? statement
        : statement.Replace(DefaultSchema + ".", Schema + ".", StringComparison.Ordinal);

    public override string ToString()
    {
        static string Show((string Name, int Port) host) =>
            (host.Name.Contains(':', StringComparison.Ordinal) ? $"[{host.Name}]" : host.Name)
            + (host.Port == DefaultPort ? "" : string.Create(CultureInfo.InvariantCulture, $":{host.Port}"));

        // Folders of Unix sockets cannot stand where hosts do.
        var sockets = Host.StartsWith('/');
        var ports = _hosts.Select(host => host.Port).Distinct().ToArray();
        List<string> options =
        [
            .. sockets ? [$"host={string.Join(',', _hosts.Select(host => host.Name))}"] : Array.Empty<string>(),
            .. sockets && ports.Length > 1
                ? [$"port={string.Join(',', _hosts.Select(host => host.Port))}"] : Array.Empty<string>(),
            .. Schema == DefaultSchema ? Array.Empty<string>() : [$"schema={Schema}"],
        ];
        var hosts = sockets ? ports.Length > 1 ? "" : Show(("", Port)) : string.Join(',', _hosts.Select(Show));
        return $"postgres://{User}@{hosts}/{Database}{(options.Count > 0 ? "?" : "")}{string.Join('&', options)}";
    }

    static PostgresAddress ReadOptions(
        NpgsqlConnectionStringBuilder settings, IReadOnlyList<(string Name, int Port)> hosts, string options)
    {
        var schema = DefaultSchema;
        var (pooled, writable) = (false, false);
        var ports = hosts.Select(host => host.Port).ToArray();
        foreach (var option in options.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (name, value) = option.Split('=', 2) is [var left, var right]
                ? (left, Uri.UnescapeDataString(right))
                : throw new FormatException($"'{option}' in a PostgreSQL address is not option=value");
            switch (name)
            {
                case "schema":
                    schema = SchemaName().IsMatch(value)
                        ? value
                        : throw new FormatException(
                            $"'{value}' is no name of a schema: lower-case letters, digits and _, at most 40");
                    break;
                case "pooler":
                    pooled = value == "transaction"
                        ? true
                        : throw new FormatException($"pooler={value}: only 'transaction' makes a difference");
                    break;
                case "host":
                    hosts = [.. value.Split(',').Select(folder => (folder, ports[0]))];
                    break;
                case "user":
                    settings.Username = value;
                    break;
                case "port":
                    ports = [.. value.Split(',').Select(Port_)];
                    break;
                case "target_session_attrs":
                    writable = value is "read-write" or "primary" || (value == "any" ? false
                        : throw new FormatException(
                            $"target_session_attrs={value}: only 'read-write' and 'primary' make a difference"));
                    break;
                default:
                    Set(settings, name, value);
                    break;
            }
        }

        if (ports.Length != 1 && ports.Length != hosts.Count)
        {
            throw new FormatException(
                string.Create(CultureInfo.InvariantCulture, $"{ports.Length} ports for {hosts.Count} hosts"));
        }

        hosts = [.. hosts.Select((host, n) => (host.Name, ports.Length == 1 ? ports[0] : ports[n]))];
        (settings.Host, settings.Port) = hosts[0];
        return new PostgresAddress(settings, schema, pooled, hosts, writable || hosts.Count > 1);
    }

    static (string Name, int Port) ReadHost(string text)
    {
        var host = OneHost().Match(text);
        return host.Success
            ? (Uri.UnescapeDataString(host.Groups["name"].Value.Trim('[', ']')), Port_(host.Groups["port"].Value))
            : throw new FormatException($"'{text}' is no host[:port]");
    }

    static void Set(NpgsqlConnectionStringBuilder settings, string name, string value)
    {
        if (!Options.TryGetValue(name, out var known))
        {
            throw new FormatException(
                $"unknown option '{name}' in a PostgreSQL address; known are schema, pooler, host, port, user, "
                + "target_session_attrs, "
                + string.Join(", ", Options.Keys));
        }

        try
        {
            // libpq writes verify-full, Npgsql VerifyFull.
            settings[known] = name is "sslmode" ? value.Replace("-", "", StringComparison.Ordinal) : value;
        }
        catch (ArgumentException)
        {
            throw new FormatException($"'{value}' is no value of {name}");
        }
    }

    static int Port_(string text) => text.Length == 0 ? DefaultPort
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port is > 0 and < 65536
            ? port
            : throw new FormatException($"'{text}' is no port");

    static string? Decode(Match match, string group) =>
        match.Groups[group] is { Success: true, Length: > 0 } found
            ? Uri.UnescapeDataString(found.Value.Trim('[', ']'))
            : null;

    [GeneratedRegex(
        @"^postgres(?:ql)?://(?:(?<user>[^:@/]*)(?::(?<password>[^@/]*))?@)?"
        + @"(?<hosts>[^/?@]*)/(?<database>[^/?]+)(?:\?(?<options>.*))?$")]
    private static partial Regex Shape();

    [GeneratedRegex(@"^(?<name>\[[^\]]*\]|[^:]*)(?::(?<port>.*))?$")]
    private static partial Regex OneHost();

    [GeneratedRegex("^[a-z_][a-z0-9_]{0,39}$")]
    private static partial Regex SchemaName();
}
