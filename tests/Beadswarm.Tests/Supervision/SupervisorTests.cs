using Beadswarm.Supervision;
using Beadswarm.Tests.Support;

namespace Beadswarm.Tests.Supervision;

/// <summary>One for one: what fails is started again or parked, and its siblings do not notice.</summary>
public sealed class SupervisorTests
{
    readonly FakeTime _time = new();
    readonly List<string> _reports = [];
    readonly RestartLimits _limits = new(2, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(8));

    [Fact]
    public async Task A_component_that_fails_is_started_again_after_its_delay()
    {
        var starts = 0;
        var again = new TaskCompletionSource();
        var running = Supervisor().RunAsync(
            [new Component("flaky", false, _ =>
            {
                if (++starts == 1)
                {
                    throw new InvalidOperationException("once");
                }

                again.SetResult();
                return Task.CompletedTask;
            })], Cancel);

        Assert.Equal((1, false), (starts, again.Task.IsCompleted));
        _time.Advance(TimeSpan.FromSeconds(1));
        await again.Task.WaitAsync(Cancel);
        await running.WaitAsync(Cancel);
        Assert.Equal(["flaky once restart"], _reports);
    }

    [Fact]
    public async Task A_component_that_keeps_failing_is_parked_and_its_siblings_go_on()
    {
        var sibling = new TaskCompletionSource();
        var running = Supervisor().RunAsync(
            [
                new Component("broken", false, _ => throw new InvalidOperationException("always")),
                new Component("well", false, _ => sibling.Task),
            ],
            Cancel);
        for (var restart = 0; restart < _limits.Max; restart++)
        {
            _time.Advance(_limits.DelayMax);
        }

        Assert.Equal(["broken always restart", "broken always restart", "broken always park"], _reports);
        Assert.False(running.IsCompleted);
        sibling.SetResult();
        await running.WaitAsync(Cancel);
    }

    [Fact]
    public async Task Stopping_is_no_failure_and_ends_a_pause_between_restarts()
    {
        using var stop = new CancellationTokenSource();
        var running = Supervisor().RunAsync(
            [
                new Component("broken", false, _ => throw new InvalidOperationException("always")),
                new Component("well", false, token => Task.Delay(Timeout.InfiniteTimeSpan, _time, token)),
            ],
            stop.Token);

        await stop.CancelAsync();
        await running.WaitAsync(Cancel);

        Assert.Equal(["broken always restart"], _reports);
    }

    [Fact]
    public async Task A_cancellation_that_nobody_asked_for_is_a_failure()
    {
        await new Supervisor(_limits with { Max = 0 }, _time, new Random(1), IsOutside, Report).RunAsync(
            [new Component("odd", false, _ => throw new OperationCanceledException("not asked"))], Cancel);

        Assert.Equal(["odd not asked park"], _reports);
    }

    [Fact]
    public async Task Every_component_says_how_it_stands()
    {
        using var stop = new CancellationTokenSource();
        var supervisor = Supervisor();
        var running = supervisor.RunAsync(
            [
                new Component("broken", true, _ => throw new InvalidOperationException("always")),
                new Component("well", false, token => Task.Delay(Timeout.InfiniteTimeSpan, _time, token)),
                new Component("through", false, _ => Task.CompletedTask),
            ],
            stop.Token);

        Assert.Equal(["broken Restarting 1 always", "well Running 0 ", "through Finished 0 "], Stand());
        for (var restart = 0; restart < _limits.Max; restart++)
        {
            _time.Advance(_limits.DelayMax);
        }

        Assert.Equal(["broken Parked 3 always", "well Running 0 ", "through Finished 0 "], Stand());
        await stop.CancelAsync();
        await running.WaitAsync(Cancel);
        Assert.Equal(["broken Parked 3 always", "well Finished 0 ", "through Finished 0 "], Stand());

        IEnumerable<string> Stand() => supervisor.Children.Select(
            child => $"{child.Name} {child.Status} {child.Failures} {child.LastError}");
    }

    [Fact]
    public async Task A_failure_that_cannot_be_reported_is_restarted_all_the_same()
    {
        var starts = 0;
        var running = new Supervisor(
                _limits, _time, new Random(1), IsOutside, (_, _) => throw new IOException("disk full"))
            .RunAsync(
                [new Component("flaky", false, _ => ++starts < 3 ? throw new IOException("full") : Task.CompletedTask)],
                Cancel);

        _time.Advance(_limits.DelayMax);
        _time.Advance(_limits.DelayMax);
        await running.WaitAsync(Cancel);

        Assert.Equal(3, starts);
    }

    /// <summary>It is tried however often; what it did wrong itself, before and after, is counted as ever.</summary>
    [Fact]
    public async Task What_only_the_outside_can_end_is_waited_for_and_not_counted()
    {
        var starts = 0;
        var supervisor = Supervisor();
        var running = supervisor.RunAsync(
            [new Component("held", true, _ => ++starts switch
            {
                <= 50 => throw new TimeoutException("no room"),
                51 => throw new InvalidOperationException("once"),
                _ => Task.CompletedTask,
            })], Cancel);

        Assert.Equal(ComponentStatus.Held, Assert.Single(supervisor.Children).Status);
        for (var again = 0; again < 50; again++)
        {
            _time.Advance(RestartRules.HoldPause);
        }

        _time.Advance(_limits.DelayMin);
        await running.WaitAsync(Cancel);

        Assert.Equal([.. Enumerable.Repeat("held no room hold", 50), "held once restart"], _reports);
        Assert.Equal(1, Assert.Single(supervisor.Children).Failures);
    }

    static bool IsOutside(Exception error) => error is TimeoutException;

    Supervisor Supervisor() => new(_limits, _time, new Random(1), IsOutside, Report);

    Task Report(ComponentFailure failure, CancellationToken cancellationToken)
    {
        var what = failure.Decision switch
        {
            RestartDecision.Restart => "restart",
            RestartDecision.Hold => "hold",
            RestartDecision.Park => "park",
        };
        _reports.Add($"{failure.Component.Name} {failure.Error.Message} {what}");
        return Task.CompletedTask;
    }

    static CancellationToken Cancel => TestContext.Current.CancellationToken;
}
