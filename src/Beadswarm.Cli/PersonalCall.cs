using Beadswarm.Beads;
using Beadswarm.Cli.Rendering;
using Beadswarm.Control;
using Beadswarm.Storage;
using Beadswarm.Storage.Sqlite;
using Beadswarm.Swarms;

namespace Beadswarm.Cli;

/// <summary>
/// A person's request about a bead or the merge queue: through the socket where a swarm runs, else on the store itself,
/// under the lock that keeps a swarm from starting meanwhile.
/// </summary>
static class PersonalCall
{
    public static async Task<int> AskAsync(
        VerbCall call, BeadId? bead, Func<ControlClient, CancellationToken, Task<CommandReply>> ask,
        Func<IStore, CancellationToken, Task<CommandReply>> act, CancellationToken cancellationToken)
    {
        var paths = new SwarmPaths(call.RepositoryPath);
        var reply = await AskSwarmAsync(paths, ask, cancellationToken)
            ?? await ActAsync(paths, call, act, cancellationToken);
        if (call.Json)
        {
            call.PrintLine(JsonLine.Object(json =>
            {
                json.WriteString("type", "reply");
                json.WriteString("bead", bead?.Value);
                json.WriteBoolean("done", reply.Done);
                json.WriteString("message", reply.Message);
            }));
        }
        else if (reply.Done)
        {
            call.PrintLine(reply.Message);
        }

        return reply.Done ? ExitCodes.Ok
            : call.Json ? ExitCodes.NotFound
            : throw new UserError(reply.Message, null, ExitCodes.NotFound);
    }

    static async Task<CommandReply?> AskSwarmAsync(
        SwarmPaths paths, Func<ControlClient, CancellationToken, Task<CommandReply>> ask,
        CancellationToken cancellationToken)
    {
        var client = new ControlClient(paths.Socket);
        if (!client.Answers())
        {
            return null;
        }

        try
        {
            return await ask(client, cancellationToken);
        }
        catch (ControlException error) when (error.Kind == ControlErrorKind.Gone)
        {
            // It ended between the question whether it is there and this one; the store is free now.
            return null;
        }
    }

    static async Task<CommandReply> ActAsync(
        SwarmPaths paths, VerbCall call, Func<IStore, CancellationToken, Task<CommandReply>> act,
        CancellationToken cancellationToken)
    {
        var place = StoreChoice.Of(call);
        var time = call.Host.Time;
        if (!await place.ExistsAsync(time, cancellationToken))
        {
            throw new UserError(
                $"no swarm has worked on '{paths.Repository}' yet", "start one with 'beadswarm run'",
                ExitCodes.NoSwarm);
        }

        using var held = SwarmLock.Take(paths, SwarmHolder.OfThisProcess(call.Verb, time));
        if (place is StorePlace.InFile && Directory.Exists(paths.Hub))
        {
            SqliteStore.RefuseEmptied(paths.Store);
        }

        await using var store = await place.OpenAsync(Environment.MachineName, time, cancellationToken);
        return await act(store, cancellationToken);
    }
}
