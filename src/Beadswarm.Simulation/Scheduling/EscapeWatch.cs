namespace Beadswarm.Simulation.Scheduling;

/// <summary>
/// Notices code of a simulated world that runs on another thread than the scheduler's, where no seed decides. Whatever
/// is started in the world carries a mark along, also over the thread pool; a thread that takes it up is told of.
/// </summary>
sealed class EscapeWatch
{
    /// <summary>What escaped may need this long to show itself on a busy machine once nothing else is left.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    static readonly AsyncLocal<EscapeWatch?> Mark = new(change => change.CurrentValue?.Arrived());

    readonly int _thread = Environment.CurrentManagedThreadId;
    string? _escape;

    /// <summary>From here on, until it is disposed of, this thread runs the world.</summary>
    public IDisposable Begin()
    {
        if (_thread != Environment.CurrentManagedThreadId)
        {
            throw new InvalidOperationException("a scheduler is made and run by the same thread");
        }

        var before = Mark.Value;
        Mark.Value = this;
        return new End(before);
    }

    /// <summary>False when the caller is not on the scheduler's thread; then the run is over.</summary>
    public bool IsInside(string what)
    {
        if (Environment.CurrentManagedThreadId == _thread)
        {
            return true;
        }

        Report(what);
        return false;
    }

    /// <exception cref="SchedulingException">Something escaped.</exception>
    public void Check()
    {
        if (Volatile.Read(ref _escape) is { } escape)
        {
            throw new SchedulingException(escape);
        }
    }

    /// <inheritdoc cref="Check"/>
    public void CheckBeforeGivingUp()
    {
        SpinWait.SpinUntil(() => Volatile.Read(ref _escape) is not null, Patience);
        Check();
    }

    void Arrived()
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            Report("a continuation runs there");
        }
    }

    void Report(string what) => Interlocked.CompareExchange(
        ref _escape,
        $"escaped the scheduler to thread {Environment.CurrentManagedThreadId}: {what} at\n{Environment.StackTrace}",
        null);

    /// <summary>The thread belongs to whoever called.</summary>
    sealed class End(EscapeWatch? before) : IDisposable
    {
        public void Dispose() => Mark.Value = before;
    }
}
