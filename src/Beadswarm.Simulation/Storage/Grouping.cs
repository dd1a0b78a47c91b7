namespace Beadswarm.Simulation.Storage;

/// <summary>Which numbers of a series belong to a key, oldest first. A row keeps its key for life.</summary>
sealed class Grouping<TKey>
    where TKey : notnull
{
    readonly Dictionary<TKey, List<long>> _ids = [];

    public IReadOnlyList<long> Of(TKey key) => _ids.TryGetValue(key, out var ids) ? ids : [];

    public void Add(TKey key, long id)
    {
        if (!_ids.TryGetValue(key, out var ids))
        {
            ids = [];
            _ids.Add(key, ids);
        }

        ids.Add(id);
    }

    /// <summary>The row with the largest number was taken back.</summary>
    public void RemoveLast(TKey key) => _ids[key].RemoveAt(_ids[key].Count - 1);
}
