namespace Beadswarm.Simulation.Scheduling;

/// <summary>
/// Time as one node sees it. Its wall clock may be wrong, and may jump; its monotonic clock and its timers never do.
/// </summary>
sealed class SimulatedClock : TimeProvider
{
    /// <summary>What a right clock shows when the simulation begins.</summary>
    public static readonly DateTimeOffset Start = new(2026, 3, 1, 20, 0, 0, TimeSpan.Zero);

    readonly SimulatedScheduler _scheduler;
    readonly SimulatedNode _node;

    internal SimulatedClock(SimulatedScheduler scheduler, SimulatedNode node)
    {
        _scheduler = scheduler;
        _node = node;
    }

    /// <summary>How far its wall clock is ahead of the right time.</summary>
    public TimeSpan Skew { get; set; }

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => Start + _scheduler.Now + Skew;

    public override long GetTimestamp() => _scheduler.Now.Ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new SimulatedTimer(_scheduler, _node, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }
}

/// <summary>A timer of a node. It fires as a step of its own, and not before its node takes steps again.</summary>
sealed class SimulatedTimer(
    SimulatedScheduler scheduler, SimulatedNode node, TimerCallback callback, object? state) : ITimer
{
    long _version;
    TimeSpan _period;
    bool _disposed;

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        if (_disposed)
        {
            return false;
        }

        _version++;
        _period = period;
        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            Set(dueTime);
        }

        return true;
    }

    public void Dispose()
    {
        _disposed = true;
        _version++;
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Fires, unless it was stopped or set anew since it became due.</summary>
    internal void Fire(long version)
    {
        if (version != _version)
        {
            return;
        }

        if (_period > TimeSpan.Zero)
        {
            Set(_period);
        }

        callback(state);
    }

    void Set(TimeSpan dueTime) => scheduler.AddLater(node, new Work(static _ => { }, null, this, _version), dueTime);
}
