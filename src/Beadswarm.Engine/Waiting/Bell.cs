namespace Beadswarm.Waiting;

/// <summary>
/// Wakes everybody who listens when something has changed. Listen first, then look, then wait: a ring between looking
/// and waiting is not lost. Ringing says nothing about what changed; the store does. Whoever waits goes on later, never
/// inside of <see cref="Ring"/>, and on the scheduler it waited on.
/// </summary>
sealed class Bell
{
    readonly Lock _lock = new();
    readonly List<Waiter> _waiting = [];
    long _rings;

    /// <summary>What has been heard up to now; waiting is for more than that.</summary>
    public long Listen() => Interlocked.Read(ref _rings);

    public void Ring()
    {
        Waiter[] woken;
        lock (_lock)
        {
            Interlocked.Increment(ref _rings);
            woken = [.. _waiting];
            _waiting.Clear();
        }

        foreach (var waiter in woken)
        {
            waiter.TrySetResult(true);
        }
    }

    /// <summary>Until it has rung since <paramref name="heard"/>.</summary>
    public async Task WaitAsync(long heard, CancellationToken cancellationToken)
    {
        using var waiter = Add(heard);
        using var cancelled = cancellationToken.UnsafeRegister(waiter.Cancel, cancellationToken);
        await waiter.Task;
    }

    /// <summary>Until it has rung since <paramref name="heard"/>, but not longer than the given time.</summary>
    /// <returns>Whether it has rung.</returns>
    public async Task<bool> WaitAsync(
        long heard, TimeSpan atMost, TimeProvider time, CancellationToken cancellationToken)
    {
        using var waiter = Add(heard);
        await using var timer = time.CreateTimer(
            _ => waiter.TrySetResult(false), null, atMost > TimeSpan.Zero ? atMost : TimeSpan.Zero,
            Timeout.InfiniteTimeSpan);
        using var cancelled = cancellationToken.UnsafeRegister(waiter.Cancel, cancellationToken);
        return await waiter.Task;
    }

    Waiter Add(long heard)
    {
        var waiter = new Waiter(this);
        lock (_lock)
        {
            if (_rings == heard)
            {
                _waiting.Add(waiter);
                return waiter;
            }
        }

        waiter.TrySetResult(true);
        return waiter;
    }

    void Remove(Waiter waiter)
    {
        lock (_lock)
        {
            _waiting.Remove(waiter);
        }
    }

    /// <summary>One wait; whoever ends it does so without a detour over the thread pool.</summary>
    sealed class Waiter(Bell bell) : TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously),
        IDisposable
    {
        public void Cancel(object? token) => TrySetCanceled((CancellationToken)token!);

        public void Dispose() => bell.Remove(this);
    }
}
