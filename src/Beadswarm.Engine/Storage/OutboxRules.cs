using Beadswarm.Beads;

namespace Beadswarm.Storage;

/// <summary>Which of the waiting changes the tracker still needs to see.</summary>
static class OutboxRules
{
    /// <summary>Most changes read from the outbox at once; the rest comes with the next read.</summary>
    public const int ReadMax = 1000;

    /// <summary>
    /// Leaves out what a later change of the same bead makes meaningless: its status is overwritten anyway. A change
    /// with a note stays, because notes add up. The order stays. All entries, also those left out, are confirmed
    /// together.
    /// </summary>
    public static IReadOnlyList<OutboxEntry> Collapse(IReadOnlyList<OutboxEntry> entries)
    {
        var last = new Dictionary<BeadId, long>();
        foreach (var entry in entries)
        {
            last[entry.Change.Bead] = entry.Id;
        }

        return [.. entries.Where(entry => last[entry.Change.Bead] == entry.Id || HasNote(entry.Change))];
    }

    static bool HasNote(BeadChange change) => change switch
    {
        BeadChange.Start => false,
        BeadChange.Close => false,
        BeadChange.Block => true,
        BeadChange.Reopen reopen => reopen.Note is not null,
        _ => throw new System.Diagnostics.UnreachableException($"{change}"),
    };
}
