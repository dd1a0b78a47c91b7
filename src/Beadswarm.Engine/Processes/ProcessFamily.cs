namespace Beadswarm.Processes;

/// <summary>What is known about the processes of one child: what they are told from all others by.</summary>
sealed record FamilyTraits
{
    public required string Tag { get; init; }

    /// <summary>The program at the top; null when its id may have become another process's.</summary>
    public int? Leader { get; init; }

    /// <summary>No member is older, in clock ticks since boot; 0 when that is not known.</summary>
    public long Since { get; init; }

    /// <summary>It descends from this process, so its orphans are given to this process.</summary>
    public bool Ours { get; init; }

    /// <summary>Canonical paths that it alone works in or writes to.</summary>
    public IReadOnlyList<string> Folders { get; init; } = [];

    /// <summary>Members at an earlier look.</summary>
    public IReadOnlySet<(int Pid, long StartTicks)> Known { get; init; } = new HashSet<(int, long)>();
}

/// <summary>What one look at a family came to.</summary>
/// <param name="MemoryBytes">Of all members, shared pages counted for each.</param>
sealed record FamilyLook(IReadOnlyList<ProcessEntry> Members, long MemoryBytes);

/// <summary>
/// The processes of one child, from its start until they are verified to be gone. It remembers whom it has seen, so
/// that a process is still recognised after it has shed everything that told of its origin.
/// </summary>
/// <param name="leader">The id of the program at the top, while it is known to be taken by it.</param>
sealed class ProcessFamily(FamilyTraits traits, Func<int?> leader, TimeProvider timeProvider) : IDisposable
{
    static readonly Lock ActiveLock = new();
    static readonly HashSet<ProcessFamily> Active = [];

    readonly Lock _lock = new();
    IReadOnlySet<(int, long)> _known = new HashSet<(int, long)>();

    /// <summary>From now on orphans that this family may have left are not taken for another's.</summary>
    public void Begin()
    {
        lock (ActiveLock)
        {
            Active.Add(this);
        }
    }

    /// <summary>Finds the members, and remembers them.</summary>
    public FamilyLook Look() => Look(ProcessSnapshot.Take());

    /// <summary>The same from a look at the table that may be a moment old: many families share it.</summary>
    public FamilyLook Glance() => Look(ProcessSnapshot.Recent());

    /// <summary>Kills the members until a look finds none, within bounds.</summary>
    /// <param name="leaked">Whether finding this member is worth reporting.</param>
    public Task<LeakReport> EndAsync(Func<ProcessEntry, bool> leaked, CancellationToken cancellationToken) =>
        ProcessSweep.KillAsync(() => Members(ProcessSnapshot.Take()), leaked, timeProvider, cancellationToken);

    public IReadOnlyList<ProcessEntry> Members() => Members(ProcessSnapshot.Take());

    /// <summary>It is gone, or nobody looks after it any more.</summary>
    public void Dispose()
    {
        lock (ActiveLock)
        {
            Active.Remove(this);
        }
    }

    FamilyLook Look(ProcessSnapshot snapshot)
    {
        var members = Members(snapshot);
        return new FamilyLook(members, members.Sum(member => ProcessTable.MemoryBytes(member.Pid)));
    }

    IReadOnlyList<ProcessEntry> Members(ProcessSnapshot snapshot)
    {
        var members = snapshot.MembersOf(Traits(), Others());
        lock (_lock)
        {
            _known = members.Select(member => member.Key).ToHashSet();
        }

        return members;
    }

    FamilyTraits Traits()
    {
        var pinned = leader();
        lock (_lock)
        {
            return traits with { Leader = pinned, Known = _known };
        }
    }

    FamilyTraits[] Others()
    {
        ProcessFamily[] others;
        lock (ActiveLock)
        {
            others = [.. Active.Where(other => other != this)];
        }

        return [.. others.Select(other => other.Traits())];
    }
}
