namespace Beadswarm.Simulation.Queues;

/// <summary>One change on its way to the queue.</summary>
/// <param name="ConflictsWith">The number of a change that it cannot be merged with; 0: none.</param>
/// <param name="BreaksWith">The number of a change together with which it is red; 0: none.</param>
sealed record Change(
    long Number, TimeSpan ArrivesAt, bool Bad, TimeSpan Test, long ConflictsWith, long BreaksWith);

/// <summary>The changes of a load, drawn from a seed, and what an oracle makes of them.</summary>
sealed class ChangeStream
{
    const int Neighbours = 8;

    readonly Change[] _changes;

    public ChangeStream(QueueLoad load, long seed)
    {
        var (arriving, nature, lasting) = (
            new Chance(seed, "arrivals"), new Chance(seed, "changes"), new Chance(seed, "durations"));
        var at = TimeSpan.Zero;
        _changes = new Change[load.Changes];
        for (var number = 1; number <= load.Changes; number++)
        {
            at += TimeSpan.FromHours(-Math.Log(1 - arriving.Fraction()) / load.PerHour);
            _changes[number - 1] = new Change(
                number, at, nature.Happens(load.Bad), Duration(load, lasting),
                Neighbour(nature, load.Conflicting, number), Neighbour(nature, load.BreaksTogether, number));
        }
    }

    public IReadOnlyList<Change> Changes => _changes;

    public Change this[long number] => _changes[number - 1];

    public static TimeSpan Duration(QueueLoad load, Chance chance)
    {
        var normal = -6.0;
        for (var i = 0; i < 12; i++)
        {
            normal += chance.Fraction();
        }

        return load.Test * Math.Max(0.1, 1 + (load.Spread * normal));
    }

    public bool Conflict(long one, long other) =>
        this[one].ConflictsWith == other || this[other].ConflictsWith == one;

    public bool BreakTogether(long one, long other) =>
        this[one].BreaksWith == other || this[other].BreaksWith == one;

    /// <summary>
    /// An oracle that knows every outcome, tests the good changes alone, each once, and lands them in order: what
    /// queues are measured by (facts: "Oracle-1" of SubmitQueue's evaluation).
    /// </summary>
    public QueueFigures Oracle(int slots)
    {
        var freeAt = new TimeSpan[slots];
        var (turnarounds, last, time) = (new List<TimeSpan>(), TimeSpan.Zero, TimeSpan.Zero);
        foreach (var change in _changes.Where(change => !change.Bad))
        {
            var slot = Array.IndexOf(freeAt, freeAt.Min());
            freeAt[slot] = (change.ArrivesAt > freeAt[slot] ? change.ArrivesAt : freeAt[slot]) + change.Test;
            last = freeAt[slot] > last ? freeAt[slot] : last;
            time += change.Test;
            turnarounds.Add(last - change.ArrivesAt);
        }

        return new QueueFigures(turnarounds, turnarounds.Count, time, 0, 0, 0, 0, last);
    }

    static long Neighbour(Chance chance, double share, int number) =>
        chance.Happens(share) && number > 1 ? number - 1 - chance.Below(Math.Min(Neighbours, number - 1)) : 0;
}
