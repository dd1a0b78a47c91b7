using Beadswarm.Git;
using Beadswarm.Storage;

namespace Beadswarm.Swarms;

/// <summary>Whether a stage could be made ready for an agent that the swarm does not start.</summary>
abstract record HandedStage
{
    HandedStage() { }

    /// <param name="From">Where the workspace stands; null when it was ready before, and nobody remembers.</param>
    public sealed record Ready(StageRunId Run, StageStart Start, CommitId? From) : HandedStage;

    /// <summary>It is over before it began.</summary>
    public sealed record Over(StageReport Report) : HandedStage;
}
