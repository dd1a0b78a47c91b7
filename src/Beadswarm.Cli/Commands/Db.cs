using System.CommandLine;
using System.Globalization;
using Beadswarm.Cli.Rendering;
using Beadswarm.Storage;
using Beadswarm.Storage.Postgres;
using Beadswarm.Storage.Postgres.Servers;

namespace Beadswarm.Cli.Commands;

/// <summary>Sets up, migrates and looks at the database that a swarm keeps its state in.</summary>
static class DbCommand
{
    const int AgentsDefault = 12;
    const int AgentsMax = 1000;
    const string AdminDatabase = "postgres";

    public static Command Create(CliHost host) => new("db", "Set up, migrate or look at the swarm's database")
    {
        Init(host),
        Migrate(host),
        Status(host),
        Url(host),
        Start(host),
        Stop(host),
    };

    static Command Init(CliHost host)
    {
        var admin = new Option<string?>("--admin")
        {
            Description = "Make role and database too, as this user: postgres://postgres@host/postgres",
            HelpName = "URL",
        };
        var agents = new Option<int>("--agents")
        {
            Description = "Enter this many agents as idle",
            HelpName = "N",
            DefaultValueFactory = _ => AgentsDefault,
        };
        agents.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > AgentsMax)
            {
                result.AddError($"--agents must be 1 to {AgentsMax}");
            }
        });
        var local = new Option<bool>("--local")
        {
            Description = "Make and start a server of this repository's own, from the installed programs",
        };
        var docker = new Option<bool>("--docker") { Description = "The same in a container" };
        var image = new Option<string>("--image")
        {
            Description = "Image of the container",
            HelpName = "NAME",
            DefaultValueFactory = _ => ContainerServer.DefaultImage,
        };
        var command = new Command("init", "Make the database's schema, and on request its role, itself and its server")
        {
            admin,
            agents,
            local,
            docker,
            image,
        };
        command.Validators.Add(result =>
        {
            if (new[] { result.GetValue(local), result.GetValue(docker), result.GetValue(admin) is not null }
                .Count(given => given) > 1)
            {
                result.AddError("--local, --docker and --admin exclude each other");
            }
        });
        command.Does(host, async (call, cancellationToken) =>
        {
            var own = call.Get(local) ? OwnServers.Private(call)
                : call.Get(docker) ? OwnServers.Container(call, call.Get(image)!) // not null: it has a default
                : null;
            var made = new List<string>();
            if (own is not null)
            {
                OwnServers.RejectAnother(call, own);
                made.AddRange(await own.StartAsync(cancellationToken));
            }

            var place = own is null ? AddressOf(call) : OwnServers.AddressOf(call, own);
            var administrator = own is not null ? own.Admin
                : call.Get(admin) is { } url ? Admin(call, url)
                : null;
            if (administrator is not null)
            {
                made.AddRange((await PostgresSetup.MakeAsync(place, administrator, cancellationToken))
                    .Select(what => $"made {what}"));
            }

            var from = await MigrateAsync(call, place, cancellationToken);
            await PostgresSetup.AddAgentsAsync(place, call.Get(agents), cancellationToken);
            Say(
                call, place, from,
                [
                    .. made, Step(from), $"agents 1 to {call.Get(agents)} are entered",
                    .. own is null ? [] : OwnServers.Advice(call, own),
                ]);
            return ExitCodes.Ok;
        });
        return command;
    }

    static Command Start(CliHost host)
    {
        var command = new Command("start", "Start the server that 'db init --local' or '--docker' has made");
        command.Does(host, async (call, cancellationToken) =>
        {
            var server = OwnServers.Made(call);
            var done = await server.StartAsync(cancellationToken);
            Tell(call, "started", done.Count > 0, done.Count > 0 ? "started" : "it runs already");
            return ExitCodes.Ok;
        });
        return command;
    }

    static Command Stop(CliHost host)
    {
        var command = new Command("stop", "Stop that server; what it holds stays");
        command.Does(host, async (call, cancellationToken) =>
        {
            var ran = await OwnServers.Made(call).StopAsync(cancellationToken);
            Tell(call, "stopped", ran, ran ? "stopped" : "it did not run");
            return ExitCodes.Ok;
        });
        return command;
    }

    static void Tell(VerbCall call, string name, bool value, string text) => call.PrintLine(call.Json
        ? JsonLine.Object(json =>
        {
            json.WriteString("type", "db");
            json.WriteBoolean(name, value);
        })
        : text);

    static Command Migrate(CliHost host)
    {
        var command = new Command("migrate", "Bring the database's schema to the version of this program");
        command.Does(host, async (call, cancellationToken) =>
        {
            var place = AddressOf(call);
            var from = await MigrateAsync(call, place, cancellationToken);
            Say(call, place, from, [Step(from)]);
            return ExitCodes.Ok;
        });
        return command;
    }

    static Command Status(CliHost host)
    {
        var command = new Command("status", "Say whether the database answers, and what is in it");
        command.Does(host, async (call, cancellationToken) =>
        {
            var place = AddressOf(call);
            var version = await PostgresStore.FindAsync(place, new PostgresLimits(), host.Time, cancellationToken);
            if (version is null)
            {
                throw new UserError(
                    $"{place} answers, and holds no store yet", "make it with 'beadswarm db init', or start a swarm",
                    ExitCodes.NoSwarm);
            }

            Say(
                call, place, version,
                [
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"schema {place.Schema}, version {version} of {PostgresSchema.Version}"),
                    .. version == PostgresSchema.Version
                        ? [await ContentAsync(place, host.Time, cancellationToken)]
                        : Array.Empty<string>(),
                ]);
            return ExitCodes.Ok;
        });
        return command;
    }

    static Command Url(CliHost host)
    {
        var command = new Command("url", "Print where the swarm's state is kept, without a password");
        command.Does(host, (call, _) =>
        {
            var place = StoreChoice.Of(call);
            call.PrintLine(call.Json
                ? JsonLine.Object(json =>
                {
                    json.WriteString("type", "db");
                    json.WriteString("url", place.ToString());
                })
                : place.ToString());
            return Task.FromResult(ExitCodes.Ok);
        });
        return command;
    }

    static PostgresAddress AddressOf(VerbCall call) => StoreChoice.Of(call) switch
    {
        StorePlace.InServer server => server.Address,
        StorePlace.InFile => throw new UserError(
            "the store is sqlite, a file that needs no setting up",
            "name a database with --store, BEADSWARM_STORE or 'store:' in .beadswarm/swarm.yaml", ExitCodes.Usage),
    };

    static PostgresAddress Admin(VerbCall call, string url)
    {
        if (StoreChoice.HasPassword(url))
        {
            throw StoreChoice.PasswordIsVisible("--admin");
        }

        try
        {
            return PostgresAddress.Parse(url, call.Host.Environment);
        }
        catch (FormatException wrong)
        {
            throw new UserError(
                $"--admin is wrong: {wrong.Message}", $"for example postgres://postgres@localhost/{AdminDatabase}",
                ExitCodes.Usage);
        }
    }

    static async Task<int?> MigrateAsync(VerbCall call, PostgresAddress place, CancellationToken cancellationToken)
    {
        var limits = new PostgresLimits();
        var from = await PostgresStore.FindAsync(place, limits, call.Host.Time, cancellationToken);
        await using var store = await PostgresStore.OpenAsync(
            place, Environment.MachineName, limits, call.Host.Time, cancellationToken);
        return from;
    }

    static string Step(int? from) =>
        from is null ? FormattableString.Invariant($"made the schema, version {PostgresSchema.Version}")
        : from == PostgresSchema.Version ? FormattableString.Invariant($"the schema has version {from} already")
        : FormattableString.Invariant($"migrated the schema from version {from} to {PostgresSchema.Version}");

    static async Task<string> ContentAsync(
        PostgresAddress place, TimeProvider time, CancellationToken cancellationToken)
    {
        await using var store = await PostgresStore.OpenReadOnlyAsync(
            place, new PostgresLimits(), time, cancellationToken);
        var status = await store.ReadStatusAsync(cancellationToken);
        return status.Swarm is { } swarm
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"swarm {swarm.Id} of {swarm.Node}: {StoredNames.Of(swarm.Status)}, {status.Landed} landed, ")
                + string.Create(
                    CultureInfo.InvariantCulture, $"{status.Pending} pending, {status.Agents.Count} agents")
            : string.Create(
                CultureInfo.InvariantCulture, $"no swarm has worked with it yet; {status.Agents.Count} agents");
    }

    static void Say(VerbCall call, PostgresAddress place, int? version, IReadOnlyList<string> lines)
    {
        if (call.Json)
        {
            call.PrintLine(JsonLine.Object(json =>
            {
                json.WriteString("type", "db");
                json.WriteString("url", place.ToString());
                json.WriteNumberOrNull("found", version);
                json.WriteNumber("version", PostgresSchema.Version);
            }));
            return;
        }

        foreach (var line in lines.Prepend(place.ToString()))
        {
            call.PrintLine(SafeText.Line(line));
        }
    }
}
