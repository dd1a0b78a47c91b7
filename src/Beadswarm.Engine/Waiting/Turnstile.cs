namespace Beadswarm.Waiting;

/// <summary>
/// Lets a number of callers in at once, the others in the order they came. Unlike a semaphore of the framework, nobody
/// is woken over the thread pool: who goes on next is decided by the order alone, also under a simulated scheduler.
/// </summary>
sealed class Turnstile
{
    readonly Lock _lock = new();
    readonly LinkedList<TaskCompletionSource> _waiting = [];
    readonly LinkedList<TaskCompletionSource> _behind = [];

    /// <summary>So many places are left to the others by whoever goes behind.</summary>
    readonly int _left;
    int _free;

    /// <param name="placesMax">How many may be inside at once; at least one.</param>
    public Turnstile(int placesMax)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(placesMax, 1);
        (_free, _left) = (placesMax, placesMax > 1 ? 1 : 0);
    }

    /// <summary>Waits for a place; disposing of what is returned gives it back, once.</summary>
    public Task<IDisposable> EnterAsync(CancellationToken cancellationToken) =>
        EnterAsync(_waiting, 0, cancellationToken);

    /// <summary>
    /// The same behind all others: only while none of them waits, and where there are several places, one stays free.
    /// </summary>
    public Task<IDisposable> EnterBehindAsync(CancellationToken cancellationToken) =>
        EnterAsync(_behind, _left, cancellationToken);

    async Task<IDisposable> EnterAsync(
        LinkedList<TaskCompletionSource> line, int left, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (_free > left)
            {
                _free--;
                return new Place(this);
            }

            line.AddLast(turn);
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
            waited = _waiting.Remove(turn) || _behind.Remove(turn);
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
            _free++;
            var line = _waiting.Count > 0 ? _waiting : _behind;
            next = _free > (line == _behind ? _left : 0) ? line.First?.Value : null;
            if (next is not null)
            {
                line.RemoveFirst();
                _free--;
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
