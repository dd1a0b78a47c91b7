using Beadswarm.Storage;
using Beadswarm.Storage.Postgres;
using Beadswarm.Storage.Postgres.Servers;
using Beadswarm.Swarms;

namespace Beadswarm.Cli;

/// <summary>The PostgreSQL servers that <c>db</c> makes, starts and stops for one repository alone.</summary>
static class OwnServers
{
    public static IOwnServer Private(VerbCall call) => new PrivateServer(
        Paths(call).Server, call.Host.Environment, call.Host.Time);

    public static IOwnServer Container(VerbCall call, string image) => new ContainerServer(
        Paths(call).Server, SwarmAssembly.TagPrefix(Paths(call).Repository), image, call.Host.Environment,
        call.Host.Time);

    /// <summary>The one that was made before.</summary>
    /// <exception cref="UserError">There is none.</exception>
    public static IOwnServer Made(VerbCall call) =>
        new[] { Private(call), Container(call, ContainerServer.DefaultImage) }.FirstOrDefault(one => one.Exists)
        ?? throw new UserError(
            $"no server was made in {Paths(call).Server}", "make one with 'beadswarm db init --local'",
            ExitCodes.NoSwarm);

    /// <summary>The store in it.</summary>
    public static PostgresAddress AddressOf(VerbCall call, IOwnServer server) =>
        PostgresAddress.Parse(server.Url, call.Host.Environment);

    /// <exception cref="UserError">Another server is chosen for this repository.</exception>
    public static void RejectAnother(VerbCall call, IOwnServer server)
    {
        if (StoreChoice.Of(call) is StorePlace.InServer { Address: var chosen }
            && !(server.Exists && $"{chosen}" == $"{AddressOf(call, server)}"))
        {
            throw new UserError(
                $"the store of this repository is {chosen}, and this would make another",
                "leave out --local and --docker, or take --store, BEADSWARM_STORE or 'store:' away first",
                ExitCodes.Usage);
        }
    }

    /// <summary>What is left for a person to do, where the repository does not use the server yet.</summary>
    public static IEnumerable<string> Advice(VerbCall call, IOwnServer server) =>
        StoreChoice.Of(call) is StorePlace.InServer
            ? []
            : [$"to use it, put this line into .beadswarm/swarm.yaml:  store: {server.Url}"];

    static SwarmPaths Paths(VerbCall call) => new(call.RepositoryPath);
}
