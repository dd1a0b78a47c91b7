namespace Beadswarm.Waiting;

/// <summary>
/// Lets a number of callers in at once, the others in the order they came. Unlike a semaphore of the framework, nobody
/// is woken over the thread pool: who goes on next is decided by the order alone, also under a simulated scheduler.
/// </summary>
sealed class Turnstile
{
    readonly Lock _lock = new();
    readonly LinkedList<TaskCompletionSource> _waiting = [];
    int _free;

    /// <param name="placesMax">How many may be inside at once; at least one.</param>
    public Turnstile(int placesMax)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(placesMax, 1);
        _free = placesMax;
    }

    /// <summary>Waits for a place; disposing of what is returned gives it back, once.</summary>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_free > 0)
            {
                _free--;
                return new Place(this);
            }

            _waiting.AddLast(turn);
        }

        await using (cancellationToken.UnsafeRegister(_ => Leave(turn, cancellationToken), null))
        {
            await turn.Task;
        }

        return new Place(this);
    }

    // Whoever is handed a place is out of the list, so a place is never handed to somebody who has left.
    void Leave(TaskCompletionSource turn, CancellationToken cancellationToken)
    {
        bool waited;
        lock (_lock)
        {
            waited = _waiting.Remove(turn);
        }

        if (waited)
        {
            turn.TrySetCanceled(cancellationToken);
        }
    }

    void Release()
    {
        TaskCompletionSource? next;
        lock (_lock)
        {
            next = _waiting.First?.Value;
            if (next is null)
            {
                _free++;
            }
            else
            {
                _waiting.RemoveFirst();
            }
        }

        next?.SetResult();
    }

    /// <summary>One place taken.</summary>
    sealed class Place(Turnstile turnstile) : IDisposable
    {
        Turnstile? _turnstile = turnstile;

        public void Dispose() => Interlocked.Exchange(ref _turnstile, null)?.Release();
    }
}
