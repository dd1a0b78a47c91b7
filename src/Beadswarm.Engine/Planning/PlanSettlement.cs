using Beadswarm.Agents;
using Beadswarm.Beads;

namespace Beadswarm.Planning;

/// <summary>
/// Records what planners used whose planning was killed. Such a planner may live on: it is ended first, so that what is
/// read of it is all that it used.
/// </summary>
sealed class PlanSettlement(IAgentHost agents, string swarmFolder)
{
    /// <summary>All that nobody plans any more.</summary>
    /// <param name="record">Where it cannot, the session stays as it is, for the next time.</param>
    public async Task RunAsync(Func<PlanUse, CancellationToken, Task<bool>> record, CancellationToken cancellationToken)
    {
        foreach (var place in PlanPlace.All(swarmFolder).Where(place => place.Unrecorded.Any()))
        {
            using var held = place.TryHold();
            if (held is not null)
            {
                await RunAsync(place, record, cancellationToken);
            }
        }
    }

    /// <summary>What was left at one place, by whoever holds it.</summary>
    public async Task RunAsync(
        PlanPlace place, Func<PlanUse, CancellationToken, Task<bool>> record, CancellationToken cancellationToken)
    {
        await agents.ClearAsync(place.Tag, cancellationToken);
        foreach (var (folder, open) in place.Unrecorded.ToArray())
        {
            // One that was never started has used nothing.
            if (agents.Recall(folder) is not { } left
                || await record(
                    new PlanUse(open.Session, BeadId.Parse(open.Bead), open.Attempt, open.Runner, left.Usage),
                    cancellationToken))
            {
                OpenPlan.Remove(folder);
            }
        }
    }
}
