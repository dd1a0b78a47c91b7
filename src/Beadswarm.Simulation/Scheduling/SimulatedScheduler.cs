using System.Globalization;
using System.Text;

namespace Beadswarm.Simulation.Scheduling;

/// <summary>How a scheduler behaves beside its order.</summary>
/// <param name="HesitationRate">How often a step that could be taken at once is taken only after a while.</param>
/// <param name="HesitationMax">The longest while.</param>
sealed record SchedulingOptions(double HesitationRate, TimeSpan HesitationMax)
{
    public static readonly SchedulingOptions Prompt = new(0, TimeSpan.Zero);
}

/// <summary>
/// Runs all nodes of a simulated world on the one thread that calls it. Which of the steps that could be taken is
/// taken next is drawn from the seed; when there is none, time goes on to the next timer. The same seed takes the same
/// steps.
/// </summary>
sealed class SimulatedScheduler(Chance chance, SchedulingOptions options)
{
    /// <summary>More steps than this without time going on are an endless loop.</summary>
    const int StepsAtOnceMax = 200_000;

    const ulong HashPrime = 1099511628211UL;

    readonly List<SimulatedNode> _nodes = [];
    readonly PriorityQueue<(SimulatedNode Node, Work Work), (TimeSpan Due, long Number)> _later = new();
    readonly EscapeWatch _watch = new();
    int _nodesMade;
    long _laterNumber;
    int _stepsAtOnce;

    /// <summary>Since the simulation began.</summary>
    public TimeSpan Now { get; private set; }

    /// <summary>How many steps were taken.</summary>
    public long Steps { get; private set; }

    /// <summary>Of all steps taken so far: which node took which of how many.</summary>
    public ulong Trace { get; private set; } = 14695981039346656037UL;

    /// <summary>The node that took the last step.</summary>
    public SimulatedNode? Stepping { get; private set; }

    /// <summary>Called after every step; an exception ends the run.</summary>
    public Action? Stepped { get; set; }

    public SimulatedNode AddNode(string name)
    {
        var node = new SimulatedNode(this, name, ++_nodesMade);
        _nodes.Add(node);
        return node;
    }

    /// <summary>Takes steps until the task has ended.</summary>
    /// <exception cref="SchedulingException">
    /// Nothing can happen any more, something happens without end, or something escaped to another thread.
    /// </exception>
    public void Run(Task until)
    {
        var outside = SynchronizationContext.Current;
        using (_watch.Begin())
        {
            try
            {
                while (!until.IsCompleted)
                {
                    Step();
                }

                // What escaped may also have brought the end about.
                _watch.Check();
            }
            finally
            {
                SynchronizationContext.SetSynchronizationContext(outside);
            }
        }
    }

    /// <summary>What every node could do now, for people.</summary>
    public string Describe()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"step {Steps}, {Now:g} after the start");
        foreach (var node in _nodes)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n  {node}");
        }

        return text.ToString();
    }

    internal void Remove(SimulatedNode node) => _nodes.Remove(node);

    internal void Add(SimulatedNode node, Work work)
    {
        if (!_watch.IsInside("a continuation was posted from there"))
        {
            return;
        }

        if (chance.Happens(options.HesitationRate))
        {
            AddLater(node, work, chance.Between(TimeSpan.Zero, options.HesitationMax));
        }
        else
        {
            node.Enqueue(work);
        }
    }

    internal void AddLater(SimulatedNode node, Work work, TimeSpan after)
    {
        if (_watch.IsInside("a timer was set from there"))
        {
            _later.Enqueue((node, work), (Now + (after > TimeSpan.Zero ? after : TimeSpan.Zero), ++_laterNumber));
        }
    }

    void Step()
    {
        _watch.Check();
        var runnable = 0;
        foreach (var node in _nodes)
        {
            runnable += node.RunnableCount;
        }

        if (runnable == 0)
        {
            GoOn();
            return;
        }

        if (++_stepsAtOnce > StepsAtOnceMax)
        {
            throw new SchedulingException($"{StepsAtOnceMax} steps were taken while no time went by: {Describe()}");
        }

        var drawn = chance.Below(runnable);
        foreach (var node in _nodes)
        {
            if (drawn < node.RunnableCount)
            {
                Take(node, drawn, runnable);
                return;
            }

            drawn -= node.RunnableCount;
        }
    }

    void Take(SimulatedNode node, int index, int runnable)
    {
        Steps++;
        Stepping = node;
        Trace = unchecked((Trace ^ (((ulong)node.Number << 32) | ((ulong)index << 16) | (uint)runnable)) * HashPrime);
        var work = node.Take(index);

        // A timer fires outside of its node, so that whoever waits for it goes on by a step of its own.
        SynchronizationContext.SetSynchronizationContext(work.Timer is null ? node : null);
        if (work.Timer is { } timer)
        {
            timer.Fire(work.Version);
        }
        else
        {
            work.Callback(work.State);
        }

        SynchronizationContext.SetSynchronizationContext(null);
        Stepped?.Invoke();
    }

    /// <summary>Time goes on to the next thing that is due, and to all that is due then.</summary>
    void GoOn()
    {
        if (!_later.TryPeek(out _, out var next))
        {
            _watch.CheckBeforeGivingUp();
            throw new SchedulingException($"nothing can happen any more: {Describe()}");
        }

        if (next.Due > Now)
        {
            Now = next.Due;
            _stepsAtOnce = 0;
        }

        while (_later.TryPeek(out _, out next) && next.Due <= Now)
        {
            var (node, work) = _later.Dequeue();
            node.Enqueue(work);
        }
    }
}

/// <summary>The simulated world stands still, runs in a circle, or is not alone.</summary>
sealed class SchedulingException(string message) : Exception(message);
