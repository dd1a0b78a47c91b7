namespace Beadswarm.Simulation.Scheduling;

/// <summary>
/// One process of the simulated world: whatever is awaited on it goes on on it, one step at a time, when the scheduler
/// says so. Killed, it never takes another step: what waited is forgotten as by <c>kill -9</c>, no <c>finally</c> runs.
/// Paused, it takes none while time goes on, and then finds all its timers due.
/// </summary>
sealed class SimulatedNode : SynchronizationContext
{
    readonly SimulatedScheduler _scheduler;
    readonly List<Work> _runnable = [];
    volatile bool _alive = true;

    internal SimulatedNode(SimulatedScheduler scheduler, string name, int number)
    {
        _scheduler = scheduler;
        Name = name;
        Number = number;
        Clock = new SimulatedClock(scheduler, this);
    }

    public string Name { get; }

    /// <summary>Counts the nodes of a scheduler, in the order in which they were made.</summary>
    public int Number { get; }

    public SimulatedClock Clock { get; }

    public bool Alive => _alive;

    public bool Paused { get; private set; }

    /// <summary>How many steps it could take now.</summary>
    internal int RunnableCount => Alive && !Paused ? _runnable.Count : 0;

    public void Kill()
    {
        _alive = false;
        _runnable.Clear();
        _scheduler.Remove(this);
    }

    public void Pause() => Paused = true;

    public void Resume() => Paused = false;

    /// <summary>
    /// Starts something on this node. The task ends as it does, unless the node is killed before: then it never ends.
    /// </summary>
    public Task<T> RunAsync<T>(Func<Task<T>> work)
    {
        // Not one that runs continuations asynchronously: some of them would go over the thread pool.
        var done = new TaskCompletionSource<T>();
        Post(_ => _ = CompleteAsync(work, done), null);
        return done.Task;
    }

    /// <inheritdoc cref="RunAsync{T}"/>
    public Task RunAsync(Func<Task> work) => RunAsync(async () =>
    {
        await work();
        return true;
    });

    public override void Post(SendOrPostCallback d, object? state)
    {
        // What a dead node waited for may still be told so when it is collected, by the thread of the finalizers.
        if (_alive)
        {
            _scheduler.Add(this, new Work(d, state, null, 0));
        }
    }

    public override void Send(SendOrPostCallback d, object? state) =>
        throw new NotSupportedException("nothing waits for a continuation by blocking: there is one thread");

    public override SynchronizationContext CreateCopy() => this;

    public override string ToString() =>
        $"{Name}: {(!Alive ? "dead" : Paused ? "paused" : "alive")}, {_runnable.Count} runnable";

    internal void Enqueue(Work work)
    {
        if (Alive)
        {
            _runnable.Add(work);
        }
    }

    internal Work Take(int index)
    {
        var work = _runnable[index];
        _runnable[index] = _runnable[^1];
        _runnable.RemoveAt(_runnable.Count - 1);
        return work;
    }

    static async Task CompleteAsync<T>(Func<Task<T>> work, TaskCompletionSource<T> done)
    {
        try
        {
            done.SetResult(await work());
        }
        catch (OperationCanceledException cancelled)
        {
            done.SetCanceled(cancelled.CancellationToken);
        }
        catch (Exception error)
        {
            done.SetException(error);
        }
    }
}

/// <summary>One step that a node can take: a continuation, or a timer that is due.</summary>
/// <param name="Version">Of the timer when it was set; one that was set anew since does not fire for this.</param>
readonly record struct Work(SendOrPostCallback Callback, object? State, SimulatedTimer? Timer, long Version);
