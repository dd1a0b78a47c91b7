using Beadswarm.Simulation;
using Beadswarm.Simulation.Scheduling;
using Beadswarm.Waiting;

namespace Beadswarm.Tests.Simulation;

public sealed class SimulatedSchedulerTests
{
    [Fact]
    public void A_seed_decides_the_interleaving_and_decides_it_again_in_the_same_way()
    {
        static string Interleaving(long seed)
        {
            var scheduler = Scheduler(seed);
            var order = "";
            var all = Enumerable.Range(0, 3).Select(name => scheduler.AddNode($"{name}").RunAsync(async () =>
            {
                for (var i = 0; i < 3; i++)
                {
                    order += $"{name}";
                    await Task.Yield();
                }
            })).ToArray();
            scheduler.Run(Task.WhenAll(all));
            return order;
        }

        Assert.All(Seeds(), seed => Assert.Equal(Interleaving(seed), Interleaving(seed)));
        Assert.True(Seeds().Select(Interleaving).Distinct().Count() > 10);
    }

    [Fact]
    public void Time_goes_on_by_itself_and_costs_none()
    {
        var scheduler = Scheduler();
        var node = scheduler.AddNode("node");

        scheduler.Run(node.RunAsync(() => Task.Delay(TimeSpan.FromDays(30), node.Clock)));

        Assert.Equal(TimeSpan.FromDays(30), scheduler.Now);
    }

    [Fact]
    public void Whoever_is_woken_goes_on_on_its_own_node_and_not_inside_of_the_call_that_woke_it()
    {
        var scheduler = Scheduler();
        var (one, other) = (scheduler.AddNode("one"), scheduler.AddNode("other"));
        var signal = new TaskCompletionSource();
        var inside = false;
        SynchronizationContext? wokenOn = null;
        var woken = one.RunAsync(async () =>
        {
            await signal.Task;
            wokenOn = SynchronizationContext.Current;
            Assert.False(inside);
        });

        scheduler.Run(Task.WhenAll(woken, other.RunAsync(async () =>
        {
            await Task.Delay(TimeSpan.FromSeconds(1), other.Clock);
            inside = true;
            signal.SetResult();
            inside = false;
        })));

        Assert.Same(one, wokenOn);
    }

    [Fact]
    public void A_killed_node_takes_no_further_step_and_runs_no_finally()
    {
        var scheduler = Scheduler();
        var (victim, world) = (scheduler.AddNode("victim"), scheduler.AddNode("world"));
        var (steps, cleanedUp) = (0, false);
        var work = victim.RunAsync(async () =>
        {
            try
            {
                while (true)
                {
                    steps++;
                    await Task.Delay(TimeSpan.FromSeconds(1), victim.Clock);
                }
            }
            finally
            {
                cleanedUp = true;
            }
        });

        scheduler.Run(world.RunAsync(async () =>
        {
            await Task.Delay(TimeSpan.FromSeconds(9.5), world.Clock);
            victim.Kill();
            await Task.Delay(TimeSpan.FromMinutes(1), world.Clock);
        }));

        Assert.Equal(10, steps);
        Assert.False(cleanedUp);
        Assert.False(work.IsCompleted);
    }

    [Fact]
    public void A_paused_node_misses_the_time_and_finds_its_timers_due()
    {
        var scheduler = Scheduler();
        var (sleeper, world) = (scheduler.AddNode("sleeper"), scheduler.AddNode("world"));
        var ticks = new List<TimeSpan>();
        _ = sleeper.RunAsync(async () =>
        {
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1), sleeper.Clock);
            while (await timer.WaitForNextTickAsync(CancellationToken.None))
            {
                ticks.Add(scheduler.Now);
            }
        });

        scheduler.Run(world.RunAsync(async () =>
        {
            await Task.Delay(TimeSpan.FromSeconds(2.5), world.Clock);
            sleeper.Pause();
            await Task.Delay(TimeSpan.FromSeconds(60), world.Clock);
            sleeper.Resume();
            await Task.Delay(TimeSpan.FromSeconds(1.2), world.Clock);
        }));

        Assert.Equal([1, 2, 62.5, 63.5], ticks.Select(at => at.TotalSeconds));
    }

    [Fact]
    public void Wall_clocks_may_be_wrong_and_jump_while_timers_and_monotonic_time_go_on()
    {
        var scheduler = Scheduler();
        var node = scheduler.AddNode("node");
        node.Clock.Skew = TimeSpan.FromHours(-1);

        scheduler.Run(node.RunAsync(async () =>
        {
            var (wall, since) = (node.Clock.GetUtcNow(), node.Clock.GetTimestamp());
            var delay = Task.Delay(TimeSpan.FromSeconds(10), node.Clock);
            node.Clock.Skew = TimeSpan.FromHours(1);
            await delay;

            Assert.Equal(SimulatedClock.Start - TimeSpan.FromHours(1), wall);
            Assert.Equal(TimeSpan.FromHours(2) + TimeSpan.FromSeconds(10), node.Clock.GetUtcNow() - wall);
            Assert.Equal(TimeSpan.FromSeconds(10), node.Clock.GetElapsedTime(since));
        }));
    }

    [Fact]
    public void A_timer_that_was_stopped_when_it_was_due_does_not_fire()
    {
        var scheduler = Scheduler();
        var node = scheduler.AddNode("node");
        var fired = 0;

        scheduler.Run(node.RunAsync(async () =>
        {
            var timers = Enumerable.Range(0, 10).Select(_ => node.Clock.CreateTimer(
                _ => fired++, null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan)).ToArray();
            await Task.Delay(TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1), node.Clock);
            Assert.True(timers[0].Change(TimeSpan.FromSeconds(5), Timeout.InfiniteTimeSpan));
            await timers[1].DisposeAsync();
            Assert.False(timers[1].Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan));
            await Task.Delay(TimeSpan.FromSeconds(1), node.Clock);
            Assert.Equal(8, fired);
            await Task.Delay(TimeSpan.FromSeconds(10), node.Clock);
        }));

        Assert.Equal(9, fired);
    }

    [Fact]
    public void A_step_may_be_taken_late_and_is_taken()
    {
        var scheduler = new SimulatedScheduler(
            new Chance(1, "order"), new SchedulingOptions(0.5, TimeSpan.FromSeconds(1)));
        var node = scheduler.AddNode("node");

        scheduler.Run(node.RunAsync(async () =>
        {
            for (var i = 0; i < 100; i++)
            {
                await Task.Yield();
            }
        }));

        Assert.InRange(scheduler.Now.TotalSeconds, 10, 50);
    }

    [Fact]
    public void What_escapes_to_the_thread_pool_ends_the_run()
    {
        static async Task Escape()
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            await Task.Yield();
        }

        var scheduler = Scheduler();
        var node = scheduler.AddNode("node");

        var error = Assert.Throws<SchedulingException>(() => scheduler.Run(node.RunAsync(Escape)));

        Assert.Contains("escaped the scheduler", error.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(Escape), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_engines_own_waiting_stays_on_the_scheduler()
    {
        var scheduler = Scheduler();
        var node = scheduler.AddNode("node");
        var (bell, turnstile) = (new Bell(), new Turnstile(1));
        var inside = 0;

        scheduler.Run(node.RunAsync(async () =>
        {
            var heard = bell.Listen();
            var waiting = bell.WaitAsync(heard, TimeSpan.FromSeconds(5), node.Clock, CancellationToken.None);
            var entering = Enumerable.Range(0, 5).Select(async _ =>
            {
                using var place = await turnstile.EnterAsync(CancellationToken.None);
                Assert.Equal(1, ++inside);
                await Task.Delay(TimeSpan.FromSeconds(1), node.Clock);
                inside--;
            }).ToArray();
            Assert.False(await waiting);
            await Task.WhenAll(entering);
            using var cancelled = new CancellationTokenSource(TimeSpan.FromSeconds(1), node.Clock);
            await Assert.ThrowsAsync<TaskCanceledException>(() => bell.WaitAsync(heard, cancelled.Token));
        }));

        Assert.Equal(6, scheduler.Now.TotalSeconds);
    }

    [Fact]
    public void A_world_that_stands_still_is_a_failure_that_says_who_is_there()
    {
        var scheduler = Scheduler();
        var node = scheduler.AddNode("orchestrator 1");
        var never = node.RunAsync(() => new TaskCompletionSource().Task);

        var error = Assert.Throws<SchedulingException>(() => scheduler.Run(never));

        Assert.Contains("nothing can happen any more", error.Message, StringComparison.Ordinal);
        Assert.Contains("orchestrator 1: alive", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_loop_that_no_time_passes_in_is_a_failure()
    {
        var scheduler = Scheduler();
        var node = scheduler.AddNode("node");
        var spinning = node.RunAsync(async () =>
        {
            while (true)
            {
                await Task.Yield();
            }
        });

        var error = Assert.Throws<SchedulingException>(() => scheduler.Run(spinning));

        Assert.Contains("no time went by", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_checked_after_every_step_can_end_the_run()
    {
        var scheduler = Scheduler();
        var node = scheduler.AddNode("node");
        var outside = SynchronizationContext.Current;
        scheduler.Stepped = () => throw new InvalidOperationException("violated");

        Assert.Throws<InvalidOperationException>(() => scheduler.Run(node.RunAsync(() => Task.CompletedTask)));

        Assert.Same(outside, SynchronizationContext.Current);
    }

    static IEnumerable<long> Seeds() => Enumerable.Range(1, 20).Select(seed => (long)seed);

    static SimulatedScheduler Scheduler(long seed = 1) => new(new Chance(seed, "order"), SchedulingOptions.Prompt);
}
