using Beadswarm.Git;

namespace Beadswarm.Simulation.Git;

/// <summary>The refs of one repository, and which of them are locked.</summary>
/// <param name="place">Where it would lie, for messages.</param>
sealed class RefTable(string place)
{
    readonly SortedDictionary<string, string> _ids = new(StringComparer.Ordinal);
    readonly SortedSet<string> _locks = new(StringComparer.Ordinal);

    public string Place { get; } = place;

    /// <summary>All refs, by name.</summary>
    public IEnumerable<KeyValuePair<string, string>> All => _ids;

    /// <summary>Refs that somebody is about to move, or that a git left locked when it was killed.</summary>
    public IReadOnlyCollection<string> Locks => _locks;

    public string? Find(string name) => _ids.GetValueOrDefault(name);

    public CommitId? Find(BranchName branch) => Find(branch.Ref) is { } id ? new CommitId(id) : null;

    public bool IsLocked(string name) => _locks.Contains(name);

    public void Unlock(string name) => _locks.Remove(name);

    public void UnlockUnder(string prefix) =>
        _locks.RemoveWhere(name => name.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>What a person does who was told that a killed git left locks.</summary>
    public void UnlockAll() => _locks.Clear();

    /// <summary>Moves one ref, or deletes it, whatever it was.</summary>
    public void Set(string name, string? id)
    {
        if (id is null)
        {
            _ids.Remove(name);
        }
        else
        {
            _ids[name] = id;
        }
    }

    /// <summary>Verifies and locks every ref of a transaction, or none.</summary>
    public RefTransaction Prepare(IReadOnlyList<RefChange> changes)
    {
        foreach (var change in changes)
        {
            var name = NameOf(change);
            if (IsLocked(name))
            {
                return new RefTransaction.Locked($"cannot lock ref '{name}': Unable to create '{Place}/{name}.lock'");
            }

            if (Objection(change) is { } objection)
            {
                return new RefTransaction.Refused(objection);
            }
        }

        foreach (var change in changes)
        {
            _locks.Add(NameOf(change));
        }

        return new RefTransaction.Done();
    }

    /// <summary>Does one change of a prepared transaction and gives its lock back.</summary>
    public void Finish(RefChange change)
    {
        var name = NameOf(change);
        var id = change switch
        {
            RefChange.Verify => Find(name),
            RefChange.Move move => move.New,
            RefChange.Create create => create.New,
            RefChange.Delete => null,
        };
        Set(name, id);
        _locks.Remove(name);
    }

    public static string NameOf(RefChange change) => change switch
    {
        RefChange.Verify verify => verify.Name,
        RefChange.Move move => move.Name,
        RefChange.Create create => create.Name,
        RefChange.Delete delete => delete.Name,
    };

    string? Objection(RefChange change)
    {
        var (name, expected) = change switch
        {
            RefChange.Verify verify => (verify.Name, verify.Id),
            RefChange.Move move => (move.Name, move.Old ?? Find(move.Name)),
            RefChange.Create create => (create.Name, null),
            RefChange.Delete delete => (delete.Name, delete.Old),
        };
        return Find(name) == expected ? null
            : $"cannot lock ref '{name}': is at {Find(name) ?? "nothing"} but expected {expected ?? "nothing"}";
    }
}
