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
/// that
/// fails more often than its restart intensity allows is parked. A component that returns has finished.
/// </summary>
sealed class Supervisor(RestartLimits limits, TimeProvider time, Random jitter, ReportFailure report)
{
    /// <summary>Runs until every component has finished, was parked, or stopped.</summary>
    public Task RunAsync(IEnumerable<Component> components, CancellationToken stop) =>
        Task.WhenAll(components.Select(component => KeepRunningAsync(component, stop)));

    async Task KeepRunningAsync(Component component, CancellationToken stop)
    {
        var failures = new List<DateTimeOffset>();
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await component.RunAsync(stop);
                return;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            // The boundary of the component: whatever went wrong inside must not reach its siblings.
            catch (Exception error)
            {
                failures.Add(time.GetUtcNow());
                var decision = RestartRules.Decide(failures, time.GetUtcNow(), limits, jitter.NextDouble());
                await report(new ComponentFailure(component, error, decision), CancellationToken.None);
                switch (decision)
                {
                    case RestartDecision.Park:
                        return;
                    case RestartDecision.Restart restart:
                        await DelayAsync(restart.After, stop);
                        break;
                }
            }
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
}
