using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Git;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Storage;

namespace Beadswarm.Swarms;

/// <summary>
/// Beads that a swarm of this repository began and its store knows nothing of, because its last records were lost: a
/// disk that lied when the power failed, a store that was moved away. The tracker was told, so nobody would ever work
/// on them. They are reopened once, by the first pass that can look.
/// </summary>
/// <remarks>
/// Another swarm that works on the same backlog from a clone of its own writes assignees of the same form, and what it
/// began comes here by the target. What the target's file does not say was written here, where no other swarm runs.
/// </remarks>
sealed class LostStarts(IStore store, IBeadTracker tracker, ILandingRepository target, string repository, string actor)
{
    bool _looked;

    /// <returns>Whether the tracker was changed.</returns>
    public async Task<bool> ReopenAsync(
        Backlog backlog, IReadOnlyDictionary<BeadId, BeadWork> known, CancellationToken cancellationToken)
    {
        if (_looked)
        {
            return false;
        }

        var unknown = backlog.Beads.Where(bead => IsUnknownStart(bead, known)).ToArray();
        if (unknown.Length > 0)
        {
            if (await ReadTargetAsync(cancellationToken) is not { } others)
            {
                return false; // the target cannot be read now; the next pass asks again
            }

            unknown = [.. unknown.Where(bead => !others.Contains((bead.Id, bead.Assignee)))];
        }

        _looked = true;
        if (unknown.Length == 0)
        {
            return false;
        }

        // Intended before it is done: whoever reads the journal after a crash in between knows who reopened it.
        foreach (var bead in unknown)
        {
            await store.AppendAsync(
                bead.Id, null,
                new JournalEvent.RecoveryFound(
                    $"in progress for {bead.Assignee} in the tracker, and no record of it in the store", "reopened"),
                cancellationToken);
        }

        await tracker.ApplyAsync(
            [.. unknown.Select(bead => new BeadChange.Reopen(bead.Id, null))], cancellationToken);
        return true;
    }

    bool IsUnknownStart(Bead bead, IReadOnlyDictionary<BeadId, BeadWork> known) =>
        bead.Status == BeadStatus.InProgress
        && SwarmAssignee.Is(bead.Assignee, actor)
        && known.GetValueOrDefault(bead.Id) is null or { Started: false, State: BeadState.Pending };

    /// <summary>Who is at work according to the target; null when that cannot be read.</summary>
    async Task<IReadOnlyCollection<(BeadId Bead, string? Assignee)>?> ReadTargetAsync(
        CancellationToken cancellationToken)
    {
        try
        {
            // A backlog that lies elsewhere may be written by anybody.
            return await TargetBacklog.ReadAsync(tracker, target, repository, cancellationToken) is { } beads
                ? [.. beads.Where(bead => bead.Status == BeadStatus.InProgress)
                    .Select(bead => (bead.Id, bead.Assignee))]
                : null;
        }
        catch (Exception unreadable) when (unreadable is GitException or TrackerException)
        {
            return null;
        }
    }
}
