using Beadswarm.Landing;

namespace Beadswarm.Simulation.Git;

/// <summary>A commit of the target that takes in several landings.</summary>
static class SimulatedBatch
{
    /// <summary>The landings, each made upon the one before; null: it is no such commit.</summary>
    public static IReadOnlyList<SimulatedCommit>? Of(SimulatedCommit commit) =>
        commit.Trailer(LandingMessage.BatchTrailer) is not null && commit.Parents is [var tip, var last]
            ? [.. HistoryRules.FirstParents(last, tip).Reverse()]
            : null;
}
