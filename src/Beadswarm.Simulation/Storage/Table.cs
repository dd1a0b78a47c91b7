namespace Beadswarm.Simulation.Storage;

/// <summary>
/// Rows by key, read in the order of their keys. Rows are never altered, only replaced; each replacement is reported to
/// whoever keeps an index, also when it is taken back.
/// </summary>
sealed class Table<TKey, TRow>(UndoLog undo, IComparer<TKey>? order = null, Action<TRow?, TRow?>? replaced = null)
    where TKey : notnull
    where TRow : class
{
    readonly SortedDictionary<TKey, TRow> _rows = new(order);

    public IReadOnlyCollection<TRow> Rows => _rows.Values;

    public TRow? Find(TKey key) => _rows.GetValueOrDefault(key);

    /// <summary>Null removes the row.</summary>
    public void Put(TKey key, TRow? row)
    {
        var before = Find(key);
        undo.Add(() => Replace(key, row, before));
        Replace(key, before, row);
    }

    void Replace(TKey key, TRow? before, TRow? after)
    {
        if (after is null)
        {
            _rows.Remove(key);
        }
        else
        {
            _rows[key] = after;
        }

        replaced?.Invoke(before, after);
    }
}
