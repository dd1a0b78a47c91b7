namespace Beadswarm.Swarms;

/// <summary>
/// Decides when the reaper looks again: when something is due, and once per lease at least, because a lease can end
/// without anything ringing.
/// </summary>
static class ReapingRules
{
    /// <summary>Between two calls to take up beads that are ready, for whoever has not heard the last one.</summary>
    static readonly TimeSpan WakePause = TimeSpan.FromSeconds(1);

    /// <summary>Timers may end this much early; then nothing would be due yet.</summary>
    static readonly TimeSpan TimerStep = TimeSpan.FromMilliseconds(1);

    /// <param name="nextWakeAt">When the first snooze ends, by the store's clock; null: nothing is snoozed.</param>
    /// <param name="ready">Beads that wait for an agent now.</param>
    /// <param name="now">By this machine's clock.</param>
    public static TimeSpan Pause(DateTimeOffset? nextWakeAt, int ready, DateTimeOffset now, TimeSpan lease)
    {
        var due = nextWakeAt - now + TimerStep is { } wait && wait < lease ? wait : lease;

        // A snooze that ended just before the look is no wake to come any more, only a bead that is ready.
        var pause = ready > 0 && WakePause < due ? WakePause : due;

        // Due by this clock and not by the store's, which decides: looked at again soon, not without a pause.
        return pause > TimeSpan.Zero ? pause : WakePause;
    }
}
