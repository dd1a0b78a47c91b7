using Beadswarm.Configuration;
using Beadswarm.Processes;
using Beadswarm.Workspaces;

namespace Beadswarm.Swarms;

/// <summary>Whether an agent may look for work now.</summary>
abstract record AdmissionAnswer
{
    AdmissionAnswer() { }

    /// <summary>Memory is set aside for it, for the time that it needs to show.</summary>
    /// <param name="At">Names the reservation, for <see cref="Admission.GiveBack"/>.</param>
    public sealed record Admitted(long At) : AdmissionAnswer;

    /// <param name="ToBeTold">The first of its kind for a while: the journal has to know.</param>
    public sealed record Held(string Reason, bool ToBeTold) : AdmissionAnswer;
}

/// <summary>
/// Lets agents in one by one as long as memory and disk allow. An agent asks before it claims: a bead must not be taken
/// by one that cannot work on it. What a new agent will need is set aside until it shows, so that many at once do not
/// all see the same free memory.
/// </summary>
/// <param name="room">Whether the disk has room.</param>
sealed class Admission(IMachine machine, Func<AdmissionOutcome> room, LimitsConfig limits, TimeProvider time)
{
    /// <summary>How long a held agent waits before it asks again.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    // Memory that hovers about the limit must not fill the journal.
    static readonly TimeSpan TellPause = TimeSpan.FromMinutes(5);

    readonly Lock _lock = new();
    readonly List<long> _starting = [];
    bool _held;
    long? _toldAt;

    public AdmissionAnswer Ask()
    {
        // Measuring the disk may take a while; whoever asks meanwhile need not wait for it.
        var disk = RoomShort();
        lock (_lock)
        {
            _starting.RemoveAll(at => time.GetElapsedTime(at) >= AdmissionRules.GrowthTime);
            var shortage = disk
                ?? AdmissionRules.MemoryShort(machine.Memory(), _starting.Count, limits.MemoryFreeBytesMin);
            if (shortage is not null)
            {
                return Hold_NeedsLock(shortage);
            }

            _held = false;
            var now = time.GetTimestamp();
            _starting.Add(now);
            return new AdmissionAnswer.Admitted(now);
        }
    }

    /// <summary>Something failed for want of room, which is no different from having none for an agent.</summary>
    public AdmissionAnswer.Held Hold(string reason)
    {
        lock (_lock)
        {
            return Hold_NeedsLock(reason);
        }
    }

    /// <summary>Nothing was begun after all: what was set aside is free again.</summary>
    public void GiveBack(AdmissionAnswer.Admitted admitted)
    {
        lock (_lock)
        {
            _starting.Remove(admitted.At);
        }
    }

    string? RoomShort()
    {
        try
        {
            return AdmissionRules.RoomShort(room());
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return $"the disk cannot be measured: {error.Message}";
        }
    }

    AdmissionAnswer.Held Hold_NeedsLock(string reason)
    {
        var toBeTold = !_held && (_toldAt is not { } at || time.GetElapsedTime(at) >= TellPause);
        _held = true;
        if (toBeTold)
        {
            _toldAt = time.GetTimestamp();
        }

        return new AdmissionAnswer.Held(reason, toBeTold);
    }
}
