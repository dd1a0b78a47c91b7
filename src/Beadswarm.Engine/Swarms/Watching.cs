using Beadswarm.Claims;
using Beadswarm.Git;
using Beadswarm.Landing;

namespace Beadswarm.Swarms;

/// <summary>What those have in common who look after the target once beads have landed.</summary>
static class Watching
{
    /// <summary>Looks again and again, until it is stopped.</summary>
    public static async Task RunAsync(
        Func<CancellationToken, Task> look, TimeSpan interval, TimeProvider time, CancellationToken stop)
    {
        while (true)
        {
            try
            {
                await look(stop);
            }
            catch (GitException error) when (error.IsTransient)
            {
                // A remote that is away: the lander says so, and the next look may do better.
            }

            await Task.Delay(interval, time, stop);
        }
    }

    /// <summary>Takes a bead up again, where it is completed by that commit still.</summary>
    /// <param name="feedback">What its next attempt is told.</param>
    public static async Task ReopenAsync(
        SwarmParts parts, LandingEntry entry, CommitId commit, LandingFault fault, string reason,
        AttemptFeedback feedback, CancellationToken stop)
    {
        if (await parts.Store.ReadBeadAsync(entry.Bead, stop) is not { State: BeadState.Completed completed } bead
            || completed.Commit != commit.Value)
        {
            return;
        }

        // Fenced: somebody has asked for the bead meanwhile, or another orchestrator has begun.
        await parts.Store.ReopenLandedAsync(
            parts.Epoch, entry.Id, fault, reason,
            new BeadTransition.Free(parts.Config.Pipeline.RetryFrom, bead.Attempt + 1, 0, null),
            parts.Config.Pipeline.MaxAttempts, feedback.Artifacts, stop);
        parts.Bell.Ring();
    }
}
