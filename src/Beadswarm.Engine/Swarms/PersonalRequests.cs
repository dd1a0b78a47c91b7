using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Control;
using Beadswarm.Landing;
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

    /// <summary>What concerns a landing is done by the lander, before it does anything else.</summary>
    public static async Task<CommandReply> QueueAsync(
        IStore store, QueueRequest request, CancellationToken cancellationToken) => request switch
        {
            QueueRequest.Pause pause => await store.PauseQueueAsync(pause.Reason, cancellationToken)
                == WriteOutcome.Done
                ? new CommandReply(true, "the merge queue is paused: nothing lands until beadswarm queue resume")
                : new CommandReply(false, "the merge queue is paused already; see beadswarm queue"),
            QueueRequest.Resume => await store.ResumeQueueAsync(cancellationToken) == WriteOutcome.Done
                ? new CommandReply(true, "the merge queue goes on")
                : new CommandReply(false, "the merge queue is not paused; see beadswarm queue"),
            QueueRequest.First first => await WishAsync(
                store, first.Bead, new LandingWish.First(), "goes to the head of the merge queue", cancellationToken),
            QueueRequest.Eject eject => await WishAsync(
                store, eject.Bead, new LandingWish.Eject(eject.Reason),
                $"leaves the merge queue and is blocked; beadswarm retry {eject.Bead} takes it up again",
                cancellationToken),
        };

    static async Task<CommandReply> WishAsync(
        IStore store, BeadId bead, LandingWish wish, string done, CancellationToken cancellationToken) =>
        await store.WishAsync(bead, wish, cancellationToken) == WriteOutcome.Done
            ? new CommandReply(true, $"{bead} {done}")
            : new CommandReply(false, $"{bead} does not wait to land; see beadswarm why {bead}");

    /// <summary>Takes a bead from whoever holds it.</summary>
    public static async Task<CommandReply> ReleaseAsync(
        IStore store, BeadId bead, string reason, CancellationToken cancellationToken) =>
        await store.ForceReleaseAsync(bead, reason, cancellationToken) == WriteOutcome.Done
            ? new CommandReply(true, $"{bead} is free; whoever held it is fenced")
            : new CommandReply(false, $"nobody holds {bead}; see beadswarm why {bead}");
}
