using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Pipelines;

namespace Beadswarm.Storage;

/// <summary>One thing that makes the store agree with the tracker.</summary>
abstract record IntakeChange
{
    IntakeChange() { }

    /// <summary>Seen for the first time.</summary>
    public sealed record Add(BacklogEntry Entry) : IntakeChange;

    /// <summary>Known, but described differently now, or ready where it was not, or the reverse.</summary>
    public sealed record Describe(BacklogEntry Entry, bool Ready, bool ReadyChanged) : IntakeChange;

    /// <summary>Closed, deleted or deselected by somebody else.</summary>
    public sealed record Withdraw(BeadId Bead) : IntakeChange;

    /// <summary>Wanted again.</summary>
    /// <param name="Afresh">What it once came to is on the target; it starts from there.</param>
    public sealed record Revive(
        BacklogEntry Entry, StageName Stage, int Attempt, int AttemptsAllowed, bool Ready, bool Afresh) : IntakeChange;
}

/// <summary>What the pipeline and the limits say about beads that come in.</summary>
sealed record IntakeTerms(StageName FirstStage, StageName RetryStage, int AttemptsAllowed);

/// <summary>What an intake changes, decided from what is known and what the tracker lists.</summary>
static class IntakeRules
{
    /// <param name="untold">
    /// Beads of which a change waits in the outbox: the tracker's word on them is out of date.
    /// </param>
    public static IEnumerable<IntakeChange> Merge(
        IReadOnlyDictionary<BeadId, BeadWork> known, IReadOnlyList<BacklogEntry> entries, IReadOnlySet<BeadId> untold,
        IntakeTerms terms)
    {
        var listed = new HashSet<BeadId>();
        foreach (var entry in entries)
        {
            if (!listed.Add(entry.Id))
            {
                throw new ArgumentException($"bead '{entry.Id}' is listed twice", nameof(entries));
            }

            var change = known.TryGetValue(entry.Id, out var bead)
                ? Change(bead, entry, untold.Contains(entry.Id), terms)
                : new IntakeChange.Add(entry);
            if (change is not null)
            {
                yield return change;
            }
        }

        foreach (var bead in known.Values)
        {
            if (bead.State is BeadState.Pending or BeadState.Blocked
                && !listed.Contains(bead.Id) && !untold.Contains(bead.Id))
            {
                yield return new IntakeChange.Withdraw(bead.Id);
            }
        }
    }

    public static IntakeResult Count(IReadOnlyCollection<IntakeChange> changes) => new(
        changes.Count(change => change is IntakeChange.Add),
        changes.Count(change => change is IntakeChange.Add { Entry.Ready: true }
            or IntakeChange.Describe { ReadyChanged: true, Ready: true } or IntakeChange.Revive { Ready: true }),
        changes.Count(change => change is IntakeChange.Withdraw),
        changes.Count(change => change is IntakeChange.Revive));

    static IntakeChange? Change(BeadWork bead, BacklogEntry entry, bool untold, IntakeTerms terms) => bead.State switch
    {
        BeadState.Pending or BeadState.Held or BeadState.Landing =>
            Describe(bead, entry, untold ? bead.Ready : entry.Ready),
        BeadState.Blocked or BeadState.Left when entry.Ready && !untold =>
            Revive(bead, entry, terms.RetryStage, bead.Attempt + 1, afresh: false, terms),
        BeadState.Completed when entry.Ready && !untold =>
            Revive(bead, entry, terms.FirstStage, bead.Attempt + 1, afresh: true, terms),
        BeadState.Withdrawn when !untold =>
            Revive(bead, entry, bead.LastAgent is null ? terms.FirstStage : terms.RetryStage, bead.Attempt,
                afresh: false, terms),
        BeadState.Blocked or BeadState.Left or BeadState.Completed or BeadState.Withdrawn =>
            Describe(bead, entry, bead.Ready),
        _ => throw new System.Diagnostics.UnreachableException($"{bead.State}"),
    };

    static IntakeChange.Describe? Describe(BeadWork bead, BacklogEntry entry, bool ready)
    {
        var same = bead.Title == entry.Title && bead.Priority == entry.Priority && bead.Unblocks == entry.Unblocks
            && bead.Ordinal == entry.Ordinal && bead.CreatedAt == StoreTime.Truncate(entry.CreatedAt)
            && bead.Ready == ready;
        return same ? null : new IntakeChange.Describe(entry, ready, bead.Ready != ready);
    }

    static IntakeChange.Revive Revive(
        BeadWork bead, BacklogEntry entry, StageName stage, int attempt, bool afresh, IntakeTerms terms) =>
        new(entry, stage, attempt, ClaimRules.Allowance(bead.AttemptsAllowed, attempt, terms.AttemptsAllowed),
            entry.Ready, afresh);
}
