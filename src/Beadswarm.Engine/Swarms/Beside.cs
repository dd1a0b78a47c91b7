using Beadswarm.Waiting;

namespace Beadswarm.Swarms;

/// <summary>
/// Work of the merge queue that goes on beside it, and rings when some of it is over. What it came to is taken in by
/// whoever decides, and by nobody else.
/// </summary>
sealed class Beside<TKey, TResult>(Bell bell) where TKey : notnull
{
    readonly Dictionary<TKey, Work> _running = [];

    /// <summary>What goes on, also where it was cancelled and has not ended yet.</summary>
    public IReadOnlyCollection<TKey> Running => _running.Keys;

    /// <param name="cancel">Ends it; disposed when it has been taken in.</param>
    public void Add(TKey key, Task<TResult> task, CancellationTokenSource cancel) =>
        _running[key] = new Work(task, RingAfterAsync(task), cancel);

    /// <summary>Its place stays taken until it has ended.</summary>
    public void Cancel(TKey key) => _running[key].Cancel.Cancel();

    /// <summary>Takes in what is over. Throws what it ended with that is no result and was not asked for.</summary>
    public async Task TakeInAsync(Action<TKey, TResult> take)
    {
        foreach (var (key, work) in _running.Where(running => running.Value.Task.IsCompleted).ToArray())
        {
            _running.Remove(key);
            using (work.Cancel)
            {
                try
                {
                    take(key, await work.Task);
                }
                catch (OperationCanceledException) when (work.Cancel.IsCancellationRequested)
                {
                    // Nobody wants to know any more.
                }
            }
        }
    }

    /// <summary>Ends all of it; what it would have come to is not known.</summary>
    public async Task EndAsync()
    {
        foreach (var key in _running.Keys)
        {
            Cancel(key);
        }

        await Task.WhenAll(_running.Values.Select(work => work.Watch));
        foreach (var work in _running.Values)
        {
            // Whatever it ended with: whoever ends it has a reason of his own to tell.
            _ = work.Task.Exception;
            work.Cancel.Dispose();
        }

        _running.Clear();
    }

    async Task RingAfterAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception)
        {
            // Told by whoever takes it in.
        }

        bell.Ring();
    }

    /// <param name="Watch">Ends after it, and well.</param>
    sealed record Work(Task<TResult> Task, Task Watch, CancellationTokenSource Cancel);
}
