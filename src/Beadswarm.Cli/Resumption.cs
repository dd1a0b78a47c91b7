using Beadswarm.Swarms;

namespace Beadswarm.Cli;

/// <summary>
/// Whether there is something that <c>--resume</c> can go on with. It does not begin a new swarm where a person expects
/// an old one to go on: its target and its counts would be others.
/// </summary>
static class Resumption
{
    /// <exception cref="UserError">No swarm has run here, or the last one has completed.</exception>
    public static async Task CheckAsync(VerbCall call, SwarmSetup setup, CancellationToken cancellationToken)
    {
        // Who runs it already is said when it is tried; that one has something to go on with.
        if (!setup.Resume || SwarmPresence.Look(new SwarmPaths(setup.RepositoryPath)) is SwarmPresence.Living)
        {
            return;
        }

        await using var swarm = SwarmReader.Open(call, setup.RepositoryPath);
        var newest = await swarm.ReadAsync((store, token) => store.ReadSwarmAsync(token), cancellationToken)
            ?? throw new UserError(
                "no swarm has run here yet, so there is none to resume", "begin one with 'beadswarm run'",
                ExitCodes.NoSwarm);
        if (newest.Status == SwarmStatus.Completed)
        {
            throw new UserError(
                $"the last swarm here has completed ({newest.Reason}), so there is none to resume",
                "begin a new one with 'beadswarm run'", ExitCodes.NoSwarm);
        }
    }
}
