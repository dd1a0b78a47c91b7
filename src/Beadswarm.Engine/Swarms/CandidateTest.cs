using Beadswarm.Beads;
using Beadswarm.Git;
using Beadswarm.Landing;

namespace Beadswarm.Swarms;

/// <summary>
/// The landing gates on a candidate: exactly the tree that the target is to become, and nothing beside it.
/// </summary>
sealed class CandidateTest(Gatekeeper gates, IReadOnlyList<string> names)
{
    /// <summary>How often a tree without a verdict (infrastructure) is tested before the queue is held.</summary>
    public const int TestsMax = 3;

    /// <summary>The landing workspace of this lander; later ones test several candidates at once.</summary>
    const int Slot = 0;

    public async Task<GatesOutcome> RunAsync(
        ILandingRepository where, CommitId candidate, TreeId tree, BeadId? bead, CancellationToken stop)
    {
        for (var test = 1; ; test++)
        {
            var outcome = await gates.CheckAsync(
                names, candidate.Value, tree.Value, bead,
                cancellation => where.CheckoutAsync(candidate, Slot, cancellation), stop);
            if (outcome is not GatesOutcome.NoVerdict || test == TestsMax)
            {
                return outcome;
            }
        }
    }
}
