using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Pipelines;

namespace Beadswarm.Simulation.Storage;

/// <summary>
/// The beads that are ready and wait, in the order in which they may be had: the next one is found without looking at
/// the others. Those whose snooze has not ended stand aside until it has.
/// </summary>
sealed class ClaimLine
{
    static readonly IComparer<StoredBead> ByPlace =
        Comparer<StoredBead>.Create((left, right) => left.Place.CompareTo(right.Place));

    readonly Dictionary<(StageName Stage, bool Begun), SortedSet<StoredBead>> _awake = [];
    readonly SortedSet<(DateTimeOffset Until, BeadId Id)> _snoozes = [];
    readonly Dictionary<BeadId, StoredBead> _snoozed = [];
    DateTimeOffset _awakeUntil = DateTimeOffset.MinValue;
    int _begun;
    int _new;

    public void Add(StoredBead bead)
    {
        if (Waiting(bead) is not { } waiting)
        {
            return;
        }

        if (waiting.NotBefore is { } until)
        {
            _snoozes.Add((until, bead.Id));
            _snoozed.Add(bead.Id, bead);
        }

        if (!(waiting.NotBefore > _awakeUntil))
        {
            Wake(bead, waiting.Stage);
        }
    }

    public void Remove(StoredBead bead)
    {
        if (Waiting(bead) is not { } waiting)
        {
            return;
        }

        if (waiting.NotBefore is { } until)
        {
            _snoozes.Remove((until, bead.Id));
            _snoozed.Remove(bead.Id);
        }

        if (!(waiting.NotBefore > _awakeUntil))
        {
            PutAside(bead, waiting.Stage);
        }
    }

    /// <summary>The bead that an agent serving these stages is to have of those that wait.</summary>
    public StoredBead? First(IReadOnlyList<StageName> served, bool mayBegin, DateTimeOffset now)
    {
        MoveTo(now);
        StoredBead? first = null;
        foreach (var stage in served)
        {
            first = Earlier(first, Head(stage, begun: true));
            first = mayBegin ? Earlier(first, Head(stage, begun: false)) : first;
        }

        return first;
    }

    /// <summary>Whether an agent serving these stages may have this bead, were there no other.</summary>
    public static bool Offers(StoredBead bead, IReadOnlyList<StageName> served, bool mayBegin, DateTimeOffset now) =>
        Waiting(bead) is { } waiting && served.Contains(waiting.Stage) && !(waiting.NotBefore > now)
        && (bead.Work.Begun || mayBegin);

    /// <summary>How many could be had now, whatever their stage.</summary>
    public int Count(bool mayBegin, DateTimeOffset now)
    {
        MoveTo(now);
        return _begun + (mayBegin ? _new : 0);
    }

    /// <summary>When the next snooze ends.</summary>
    public DateTimeOffset? NextWakeAt(DateTimeOffset now)
    {
        foreach (var (until, _) in Between(now, DateTimeOffset.MaxValue))
        {
            return until;
        }

        return null;
    }

    public static StoredBead? Earlier(StoredBead? left, StoredBead? right) =>
        left is null || (right is not null && right.Place.CompareTo(left.Place) < 0) ? right : left;

    static BeadState.Pending? Waiting(StoredBead bead) => bead.Work.Ready ? bead.Work.State as BeadState.Pending : null;

    StoredBead? Head(StageName stage, bool begun) => _awake.GetValueOrDefault((stage, begun))?.Min;

    // The store's clock may be set back; then whoever woke too early is put aside again.
    void MoveTo(DateTimeOffset now)
    {
        var (from, to) = (_awakeUntil, now);
        _awakeUntil = now;
        foreach (var (_, id) in Between(from, to))
        {
            Wake(_snoozed[id], ((BeadState.Pending)_snoozed[id].Work.State).Stage);
        }

        foreach (var (_, id) in Between(to, from))
        {
            PutAside(_snoozed[id], ((BeadState.Pending)_snoozed[id].Work.State).Stage);
        }
    }

    void Wake(StoredBead bead, StageName stage)
    {
        var key = (stage, bead.Work.Begun);
        if (!_awake.TryGetValue(key, out var line))
        {
            line = new SortedSet<StoredBead>(ByPlace);
            _awake.Add(key, line);
        }

        line.Add(bead);
        Count(bead, 1);
    }

    void PutAside(StoredBead bead, StageName stage)
    {
        _awake[(stage, bead.Work.Begun)].Remove(bead);
        Count(bead, -1);
    }

    void Count(StoredBead bead, int by)
    {
        _begun += bead.Work.Begun ? by : 0;
        _new += bead.Work.Begun ? 0 : by;
    }

    /// <summary>Snoozes that end after the one instant and not after the other.</summary>
    IEnumerable<(DateTimeOffset Until, BeadId Id)> Between(DateTimeOffset after, DateTimeOffset until) =>
        _snoozes.Count == 0 || after >= until
            ? []
            : _snoozes.GetViewBetween((Following(after), default), (Following(until), default));

    // No bead has the empty id, so a bound at an instant lies before every snooze that ends then.
    static DateTimeOffset Following(DateTimeOffset at) =>
        at == DateTimeOffset.MaxValue ? at : at.AddTicks(1);
}
