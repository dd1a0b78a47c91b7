using Beadswarm.Configuration;
using Beadswarm.Git;
using Beadswarm.Landing;
using Beadswarm.Landing.Forges;
using Beadswarm.Processes;
using Beadswarm.Swarms;
using Beadswarm.Workspaces;

namespace Beadswarm.Diagnosis;

/// <summary>Whether beads can be proposed to a forge.</summary>
abstract record ForgeFacts
{
    ForgeFacts() { }

    /// <summary>Its program is not there.</summary>
    public sealed record Missing(string Program, string Why) : ForgeFacts;

    /// <summary>Which repository it is there, nobody says.</summary>
    public sealed record Nowhere(string Remote) : ForgeFacts;

    /// <param name="Version">What the program calls its version; null when it does not say.</param>
    /// <param name="Trouble">Why the forge did not answer; null: it did.</param>
    public sealed record Found(string Program, string? Version, ForgeAddress Address, ForgeTrouble? Trouble)
        : ForgeFacts;
}

/// <summary>Asks the forge once, as a swarm in mode pull-request would. Nothing is changed there.</summary>
static class ForgeExamination
{
    /// <summary>A branch that nobody proposes: to ask for it needs what a swarm needs.</summary>
    const string NoBranch = "beadswarm/doctor";

    /// <returns>Null in the other modes.</returns>
    public static async Task<ForgeFacts?> LookAsync(
        ExaminationScope scope, UserRepository user, CancellationToken cancellationToken)
    {
        if (scope.Config is not { Landing: { Mode: LandingMode.PullRequest, Remote: { } remote } landing })
        {
            return null;
        }

        var wanted = landing.PullRequest;
        GhProgram gh;
        try
        {
            gh = GhProgram.Find(
                wanted.Program, user.Root, SwarmAssembly.CommandTag(user.Root), scope.Environment, scope.Time);
        }
        catch (ProcessStartException missing)
        {
            return new ForgeFacts.Missing(wanted.Program, missing.Message);
        }

        var address = wanted.Repository is { } given
            ? ForgeAddress.Parse(given)
            : await AddressAsync(user, remote, cancellationToken);
        if (address is null)
        {
            return new ForgeFacts.Nowhere(remote);
        }

        var version = await gh.VersionAsync(cancellationToken);
        if (!await gh.HasAccountAsync(address.Host, cancellationToken))
        {
            return new ForgeFacts.Found(
                wanted.Program, version, address, new ForgeTrouble.Unauthorized("it has no account there"));
        }

        ForgeTrouble? trouble = null;
        try
        {
            await new GitHub(gh, address, scope.Time).FindAsync(NoBranch, landing.Target, cancellationToken);
        }
        catch (ForgeException error)
        {
            trouble = error.Trouble;
        }

        return new ForgeFacts.Found(wanted.Program, version, address, trouble);
    }

    static async Task<ForgeAddress?> AddressAsync(
        UserRepository user, string remote, CancellationToken cancellationToken)
    {
        try
        {
            return ForgeAddress.OfRemote((await RemoteAddress.FindAsync(user, remote, cancellationToken)).PushUrl);
        }
        catch (GitException)
        {
            return null; // there is no such remote
        }
    }
}
