using Beadswarm.Configuration;
using Beadswarm.Storage;
using Beadswarm.Swarms;

namespace Beadswarm.Cli;

/// <summary>
/// Which store a repository's swarm has: what <c>--store</c>, <c>BEADSWARM_STORE</c> or the repository's configuration
/// says, in this order. Reads that one key only, so a verb that looks needs neither git nor agents.
/// </summary>
static class StoreChoice
{
    public static StorePlace Of(VerbCall call) => Of(call, call.RepositoryPath);

    public static StorePlace Of(VerbCall call, string repositoryPath)
    {
        var paths = new SwarmPaths(repositoryPath);
        var setting = ConfigLoader.StoreOf(new ConfigSources
        {
            Flags = Flags(call),
            Environment = call.Host.Environment,
            FileText = File.Exists(paths.Config) ? File.ReadAllText(paths.Config) : null,
            Detected = new Detected(),
        });
        return StorePlace.Of(setting, paths.Store, call.Host.Environment);
    }

    /// <summary>What was written on the command line, as the configuration takes it.</summary>
    /// <exception cref="UserError">It has a password in it.</exception>
    public static IReadOnlyList<ConfigFlag> Flags(VerbCall call)
    {
        if (call.Get(GlobalOptions.Store) is not { } given)
        {
            return [];
        }

        return HasPassword(given)
            ? throw PasswordIsVisible(GlobalOptions.Store.Name)
            : [new ConfigFlag("store", given, GlobalOptions.Store.Name)];
    }

    public static bool HasPassword(string url) =>
        url.Split("://", 2) is [_, var rest] && rest.IndexOf('@') is > 0 and var at && rest[..at].Contains(':');

    // Everybody on a machine can read the command lines of all its processes.
    public static UserError PasswordIsVisible(string option) => new(
        $"{option} has a password in it, which everybody on this machine could read",
        "give the password by PGPASSWORD, by PGPASSFILE, or in BEADSWARM_STORE", ExitCodes.Usage);
}
