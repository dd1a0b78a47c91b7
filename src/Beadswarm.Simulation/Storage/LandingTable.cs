using Beadswarm.Beads;
using Beadswarm.Landing;

namespace Beadswarm.Simulation.Storage;

/// <summary>Tries to land, and the queue of those that have not ended.</summary>
sealed class LandingTable
{
    readonly Series<StoredLanding> _rows;
    readonly Grouping<BeadId> _ofBead = new();
    readonly SortedSet<long> _live = [];

    public LandingTable(UndoLog undo) => _rows = new Series<StoredLanding>(undo, Replaced);

    public LandingId Next => new(_rows.Next);

    /// <summary>What is intended, then what is integrated, then what is queued; each in order of arrival.</summary>
    public IEnumerable<StoredLanding> Queue => _live.Select(id => _rows.Find(id)!).OrderBy(row => row.State switch
    {
        LandingState.Intended => 0,
        LandingState.Integrated => 1,
        _ => 2, // queued: nothing else is live
    });

    public StoredLanding? Find(LandingId id) => _rows.Find(id.Value);

    /// <summary>Of one bead, or all; oldest first.</summary>
    public IEnumerable<StoredLanding> Of(BeadId? bead) =>
        (bead is { } one ? _ofBead.Of(one) : Enumerable.Range(1, _rows.Count).Select(id => (long)id))
        .Select(id => _rows.Find(id)!);

    public void Add(StoredLanding row) => _rows.Add(row);

    public void Put(StoredLanding row) => _rows.Put(row.Id.Value, row);

    void Replaced(long id, StoredLanding? before, StoredLanding? after)
    {
        if (after is { Live: true })
        {
            _live.Add(id);
        }
        else
        {
            _live.Remove(id);
        }

        if (before is null)
        {
            _ofBead.Add(after!.Bead, id); // a row is added
        }
        else if (after is null)
        {
            _ofBead.RemoveLast(before.Bead);
        }
    }
}
