using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Control;
using Beadswarm.Pipelines;
using Beadswarm.Storage;

namespace Beadswarm.Swarms;

/// <summary>
/// What a person may ask of a bead, the same through the socket of a running swarm and directly on the store.
/// </summary>
static class PersonalRequests
{
    /// <summary>
    /// A blocked bead is taken up again where failures lead back to, with as many further attempts as a new one.
    /// </summary>
    public static async Task<CommandReply> RetryAsync(
        IStore store, Pipeline pipeline, BeadId bead, CancellationToken cancellationToken)
    {
        if (await store.ReadBeadAsync(bead, cancellationToken) is not { } work)
        {
            return new CommandReply(false, $"the swarm does not know {bead}; see beadswarm beads");
        }

        var to = new BeadTransition.Free(
            work.HeadCommit is null ? pipeline.Stages[0].Name : pipeline.RetryFrom, work.Attempt + 1, 0, null);
        return await store.RetryAsync(bead, to, pipeline.MaxAttempts, cancellationToken) == WriteOutcome.Done
            ? new CommandReply(true, $"{bead} is taken up again with {pipeline.MaxAttempts} further attempts")
            : new CommandReply(false, $"{bead} is not blocked, so there is nothing to retry; see beadswarm why {bead}");
    }

    /// <summary>Takes a bead from whoever holds it.</summary>
    public static async Task<CommandReply> ReleaseAsync(
        IStore store, BeadId bead, string reason, CancellationToken cancellationToken) =>
        await store.ForceReleaseAsync(bead, reason, cancellationToken) == WriteOutcome.Done
            ? new CommandReply(true, $"{bead} is free; whoever held it is fenced")
            : new CommandReply(false, $"nobody holds {bead}; see beadswarm why {bead}");
}
