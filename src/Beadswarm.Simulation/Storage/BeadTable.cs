using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Pipelines;

namespace Beadswarm.Simulation.Storage;

/// <summary>The beads, and everything that is asked about them often: who holds what, until when, how many.</summary>
sealed class BeadTable
{
    readonly Table<BeadId, StoredBead> _rows;
    readonly ClaimLine _line = new();
    readonly SortedSet<(DateTimeOffset ExpiresAt, BeadId Id)> _leases = [];
    readonly Dictionary<AgentNumber, SortedSet<BeadId>> _holdings = [];

    public BeadTable(UndoLog undo) => _rows = new Table<BeadId, StoredBead>(undo, replaced: Replaced);

    public BeadTally Tally { get; } = new();

    /// <summary>In the order of their ids.</summary>
    public IReadOnlyCollection<StoredBead> Rows => _rows.Rows;

    public StoredBead? Find(BeadId id) => _rows.Find(id);

    /// <summary>A bead that must be there.</summary>
    public StoredBead Get(BeadId id) =>
        Find(id) ?? throw new InvalidOperationException($"the store does not know bead '{id}'");

    public void Put(StoredBead bead) => _rows.Put(bead.Id, bead);

    public void Put(BeadId id, Func<BeadWork, BeadWork> change)
    {
        var bead = Get(id);
        Put(bead.With(change(bead.Work)));
    }

    public bool Holds(AgentNumber agent) => _holdings.TryGetValue(agent, out var held) && held.Count > 0;

    /// <summary>What an agent holds; the last one granted, should it hold several.</summary>
    public StoredBead? HeldBy(AgentNumber agent)
    {
        StoredBead? last = null;
        foreach (var id in _holdings.TryGetValue(agent, out var held) ? held : [])
        {
            var bead = Get(id);
            last = last is null || bead.Work.UpdatedAt > last.Work.UpdatedAt ? bead : last;
        }

        return last;
    }

    /// <summary>Held beads whose lease has expired, the longest expired first.</summary>
    public IEnumerable<(StoredBead Bead, BeadState.Held Held)> Expired(DateTimeOffset now)
    {
        foreach (var (expiresAt, id) in _leases)
        {
            if (expiresAt > now)
            {
                yield break;
            }

            var bead = Get(id);
            yield return (bead, (BeadState.Held)bead.Work.State);
        }
    }

    /// <summary>The bead that an agent serving these stages is to have: <see cref="ClaimRules.Next"/>.</summary>
    public StoredBead? Next(
        IReadOnlyList<StageName> served, bool mayBegin, DateTimeOffset now, DateTimeOffset leaseNow, BeadId? only)
    {
        var next = only is { } one
            ? Find(one) is { } asked && ClaimLine.Offers(asked, served, mayBegin, now) ? asked : null
            : _line.First(served, mayBegin, now);
        foreach (var (bead, held) in Expired(leaseNow))
        {
            if (bead.Work.Ready && !held.External && served.Contains(held.Stage) && (only ?? bead.Id) == bead.Id)
            {
                next = ClaimLine.Earlier(next, bead);
            }
        }

        return next;
    }

    /// <summary>Beads that could be claimed now, without those whose lease has expired.</summary>
    public int CountReady(bool mayBegin, DateTimeOffset now) => _line.Count(mayBegin, now);

    public DateTimeOffset? NextWakeAt(DateTimeOffset now) => _line.NextWakeAt(now);

    void Replaced(StoredBead? before, StoredBead? after)
    {
        if (before is not null)
        {
            Tally.Count(before.Work, -1);
            _line.Remove(before);
            if (before.Work.State is BeadState.Held held)
            {
                _leases.Remove((held.ExpiresAt, before.Id));
                _holdings[held.Agent].Remove(before.Id);
            }
        }

        if (after is not null)
        {
            Tally.Count(after.Work, 1);
            _line.Add(after);
            if (after.Work.State is BeadState.Held held)
            {
                _leases.Add((held.ExpiresAt, after.Id));
                Holdings(held.Agent).Add(after.Id);
            }
        }
    }

    SortedSet<BeadId> Holdings(AgentNumber agent)
    {
        if (!_holdings.TryGetValue(agent, out var held))
        {
            held = [];
            _holdings.Add(agent, held);
        }

        return held;
    }
}

/// <summary>How many beads stand where, kept up to date with every change.</summary>
sealed class BeadTally
{
    public int Pending { get; private set; }

    public int Held { get; private set; }

    public int Landing { get; private set; }

    public int Blocked { get; private set; }

    /// <summary>Completed by the present swarm.</summary>
    public int Landed { get; private set; }

    /// <summary>Left on a branch by the present swarm.</summary>
    public int Left { get; private set; }

    /// <summary>Begun by the present swarm.</summary>
    public int Begun { get; private set; }

    /// <summary>Begun by the present swarm, and neither blocked nor withdrawn.</summary>
    public int Promising { get; private set; }

    /// <summary>All attempts of the begun ones.</summary>
    public int Attempts { get; private set; }

    public void Count(BeadWork bead, int by)
    {
        Pending += bead.State is BeadState.Pending ? by : 0;
        Held += bead.State is BeadState.Held ? by : 0;
        Landing += bead.State is BeadState.Landing ? by : 0;
        Blocked += bead.State is BeadState.Blocked ? by : 0;
        if (bead.Begun)
        {
            Landed += bead.State is BeadState.Completed ? by : 0;
            Left += bead.State is BeadState.Left ? by : 0;
            Begun += by;
            Promising += ClaimRules.IsPromising(bead.State) ? by : 0;
            Attempts += by * bead.Attempt;
        }
    }
}
