namespace Beadswarm.Simulation.Storage;

/// <summary>
/// Rows numbered 1, 2, 3 …: a number is never used again. Each change is reported to whoever keeps an index, also when
/// it is taken back.
/// </summary>
sealed class Series<TRow>(UndoLog undo, Action<long, TRow?, TRow?>? replaced = null)
    where TRow : class
{
    readonly List<TRow?> _rows = [];

    public int Count => _rows.Count;

    public long Next => _rows.Count + 1L;

    public TRow? Find(long id) => id >= 1 && id <= _rows.Count ? _rows[(int)id - 1] : null;

    public TRow? Last => Find(_rows.Count);

    public void Add(TRow row)
    {
        var id = Next;
        undo.Add(() =>
        {
            _rows.RemoveAt(_rows.Count - 1);
            replaced?.Invoke(id, row, null);
        });
        _rows.Add(row);
        replaced?.Invoke(id, null, row);
    }

    /// <summary>Null removes the row and keeps its number.</summary>
    public void Put(long id, TRow? row)
    {
        var before = _rows[(int)id - 1];
        undo.Add(() => Replace(id, row, before));
        Replace(id, before, row);
    }

    void Replace(long id, TRow? before, TRow? after)
    {
        _rows[(int)id - 1] = after;
        replaced?.Invoke(id, before, after);
    }
}
