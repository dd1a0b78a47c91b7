using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Git;
using Beadswarm.Landing;

namespace Beadswarm.Swarms;

/// <summary>
/// Decides which lines of the tracker are of a time before their bead landed, and so ask for nothing.
///
/// | line in this clone       | line on the target             | the bead        |
/// |--------------------------|--------------------------------|-----------------|
/// | changed before it landed | changed before, finished, none | has landed      |
/// | changed before it landed | changed since, and unfinished  | is wanted again |
/// | changed since            | any                            | is wanted again |
/// </summary>
static class OutdatedRules
{
    /// <summary>The landing by which the store has it completed; null: it is not.</summary>
    public static BeadLanding? InStore(BeadWork? work) => work is { State: BeadState.Completed done }
        ? new BeadLanding(work.Id, CommitId.Parse(done.Commit), done.At)
        : null;

    /// <summary>Nobody has worked on it for this store, so what has become of it only the target's history can say.
    /// Of any other the store knows better: what had landed may have been taken up again.</summary>
    public static bool IsUnknown(BeadWork? work) =>
        work is null or { Started: false, LastAgent: null, State: BeadState.Pending or BeadState.Withdrawn };

    public static bool IsOutdated(Bead line, BeadLanding landing, Bead? onTarget) =>
        IsBefore(line, landing) && (onTarget is not { Unfinished: true } || IsBefore(onTarget, landing));

    /// <summary>A line without a time says nothing of when it was written.</summary>
    public static bool IsBefore(Bead line, BeadLanding landing) =>
        line.UpdatedAt != default && line.UpdatedAt < landing.At;
}
