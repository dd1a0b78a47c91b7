namespace Beadswarm.Supervision;

/// <summary>A part of the orchestrator that runs until it is told to stop.</summary>
/// <param name="Essential">The swarm cannot go on without it; parking it ends the swarm in good order.</param>
sealed record Component(string Name, bool Essential, Func<CancellationToken, Task> RunAsync);

/// <summary>A failure of a component, and what was done about it.</summary>
sealed record ComponentFailure(Component Component, Exception Error, RestartDecision Decision);

/// <summary>Told of every failure of a component.</summary>
delegate Task ReportFailure(ComponentFailure failure, CancellationToken cancellationToken);

/// <summary>
/// Keeps components running, one for one: a component that fails is started again after a pause, the others go on; one
/// that fails more often than its restart intensity allows is parked, one that fails because of the outside is held.
/// A component that returns has finished.
/// </summary>
/// <param name="outside">Whether a failure is none of the component's, and only the outside can end it.</param>
sealed class Supervisor(
    RestartLimits limits, TimeProvider time, Random jitter, Func<Exception, bool> outside, ReportFailure report)
{
    readonly Lock _lock = new();
    readonly long _began = time.GetTimestamp();
    readonly List<ComponentReport> _children = [];

    /// <summary>How each component stands, in the order they were begun.</summary>
    public IReadOnlyList<ComponentReport> Children
    {
        get
        {
            lock (_lock)
            {
                return [.. _children];
            }
        }
    }

    /// <summary>Runs until every component has finished, was parked, or stopped.</summary>
    public Task RunAsync(IEnumerable<Component> components, CancellationToken stop) =>
        Task.WhenAll(components.Select(component => KeepRunningAsync(component, Enter(component), stop)));

    async Task KeepRunningAsync(Component component, int child, CancellationToken stop)
    {
        var failures = new List<TimeSpan>();
        while (!stop.IsCancellationRequested)
        {
            try
            {
                Change(child, was => was with { Status = ComponentStatus.Running });
                await component.RunAsync(stop);
                break;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
            // The boundary of the component: whatever went wrong inside must not reach its siblings.
            catch (Exception error)
            {
                if (!await DecideAsync(component, child, failures, error, stop))
                {
                    return;
                }
            }
        }

        Change(child, was => was with { Status = ComponentStatus.Finished });
    }

    /// <summary>Reports the failure and waits as long as was decided; false when the component is parked.</summary>
    async Task<bool> DecideAsync(
        Component component, int child, List<TimeSpan> failures, Exception error, CancellationToken stop)
    {
        var decision = outside(error)
            ? new RestartDecision.Hold(RestartRules.HoldPause)
            : Count(failures);
        Change(child, was => was with
        {
            Status = decision switch
            {
                RestartDecision.Restart => ComponentStatus.Restarting,
                RestartDecision.Hold => ComponentStatus.Held,
                RestartDecision.Park => ComponentStatus.Parked,
            },
            Failures = decision is RestartDecision.Hold ? was.Failures : was.Failures + 1,
            LastError = error.Message,
        });
        await ReportAsync(new ComponentFailure(component, error, decision));
        switch (decision)
        {
            case RestartDecision.Restart restart:
                await DelayAsync(restart.After, stop);
                return true;
            case RestartDecision.Hold hold:
                await DelayAsync(hold.For, stop);
                return true;
            default:
                return false;
        }
    }

    RestartDecision Count(List<TimeSpan> failures)
    {
        var now = time.GetElapsedTime(_began);
        failures.Add(now);
        failures.RemoveAll(at => now - at > limits.Window);
        return RestartRules.Decide(failures, now, limits, jitter.NextDouble());
    }

    async Task ReportAsync(ComponentFailure failure)
    {
        try
        {
            await report(failure, CancellationToken.None);
        }
        catch (Exception)
        {
            // The store may be what fails. A failure that cannot be told is all the same one to start again from, and
            // its state here tells of it.
        }
    }

    async Task DelayAsync(TimeSpan delay, CancellationToken stop)
    {
        try
        {
            await Task.Delay(delay, time, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The loop's condition ends it.
        }
    }

    int Enter(Component component)
    {
        lock (_lock)
        {
            _children.Add(new ComponentReport(
                component.Name, component.Essential, ComponentStatus.Running, 0, null, time.GetUtcNow()));
            return _children.Count - 1;
        }
    }

    void Change(int child, Func<ComponentReport, ComponentReport> change)
    {
        lock (_lock)
        {
            var (was, next) = (_children[child], change(_children[child]));
            _children[child] = next.Status == was.Status ? next : next with { Since = time.GetUtcNow() };
        }
    }
}
