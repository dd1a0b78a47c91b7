using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Storage;

namespace Beadswarm.Simulation.Storage;

/// <summary>Executions of stages; at most one of a bead is open.</summary>
sealed class RunTable
{
    readonly Series<StoredRun> _rows;
    readonly Grouping<BeadId> _ofBead = new();
    readonly Grouping<AgentNumber> _ofAgent = new();
    readonly SortedDictionary<long, BeadId> _open = [];
    readonly Dictionary<BeadId, long> _openOfBead = [];

    public RunTable(UndoLog undo) => _rows = new Series<StoredRun>(undo, Replaced);

    public StageRunId Next => new(_rows.Next);

    /// <summary>Those that have not ended, oldest first.</summary>
    public IEnumerable<StoredRun> Open => _open.Keys.Select(id => Get(id));

    public StoredRun? OpenOf(BeadId bead) => _openOfBead.TryGetValue(bead, out var id) ? Get(id) : null;

    public void Add(StoredRun row) => _rows.Add(row);

    public void Put(StoredRun row) => _rows.Put(row.Run.Id.Value, row);

    /// <summary>The newest, oldest first.</summary>
    public IReadOnlyList<StageRun> Newest(BeadId? bead, AgentNumber? agent, int limit)
    {
        var newest = new List<StageRun>();
        var ids = bead is { } one ? _ofBead.Of(one) : agent is { } holder ? _ofAgent.Of(holder) : null;
        for (var i = (ids?.Count ?? _rows.Count) - 1; i >= 0 && newest.Count != limit; i--)
        {
            var run = Get(ids?[i] ?? i + 1).Run;
            if (agent is null || run.Agent == agent)
            {
                newest.Add(run);
            }
        }

        newest.Reverse();
        return newest;
    }

    StoredRun Get(long id) => _rows.Find(id)!; // the indexes know only rows that are there

    void Replaced(long id, StoredRun? before, StoredRun? after)
    {
        if (before is { Open: true })
        {
            _open.Remove(id);
            _openOfBead.Remove(before.Run.Bead);
        }

        if (after is { Open: true })
        {
            _open.Add(id, after.Run.Bead);
            _openOfBead.Add(after.Run.Bead, id);
        }

        if (before is null)
        {
            _ofBead.Add(after!.Run.Bead, id); // a row is added
            _ofAgent.Add(after.Run.Agent, id);
        }
        else if (after is null)
        {
            _ofBead.RemoveLast(before.Run.Bead);
            _ofAgent.RemoveLast(before.Run.Agent);
        }
    }
}
