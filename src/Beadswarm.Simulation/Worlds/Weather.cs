
namespace Beadswarm.Simulation.Worlds;

/// <summary>
/// What goes wrong by itself, again and again, until the faulty time is over: each kind of fault on its own.
/// </summary>
sealed class Weather(SimulatedWorld world)
{
    readonly Chance _chance = world.Chances.Weather;

    TimeSpan Lease => world.Plan.Config.Limits.Lease;

    public void Begin()
    {
        Every(FaultKind.Crash, CrashAsync);
        Every(FaultKind.MachineRestarts, () => Now(RestartMachine));
        Every(FaultKind.Pause, () => PauseAsync(takeOver: false));
        Every(FaultKind.TakeOver, () => PauseAsync(takeOver: true));
        Every(FaultKind.ClockJumps, () => Now(() => world.SetMachineClock(Jump(world.MachineSkew))));
        Every(
            FaultKind.StoreClockJumps, () => Now(() => world.StoreNode.Clock.Skew = Jump(world.StoreNode.Clock.Skew)));
        Every(FaultKind.DiskFull, () => ForAWhileAsync(world.Disk.Fill, world.Disk.MakeRoom));
        Every(FaultKind.TrackerAway, () => ForAWhileAsync(
            () => world.Backlog.Away = "cannot read the backlog: a merge left conflict markers",
            () => world.Backlog.Away = null));
        if (world.Git.Remote is { } remote)
        {
            Every(FaultKind.RemoteAway, () => ForAWhileAsync(() => remote.Away = true, () => remote.Away = false));
            Every(FaultKind.RemoteRefuses, () => ForAWhileAsync(
                () => remote.RefusesBecause = "protected branch", () => remote.RefusesBecause = null));
            world.Begin(DeliverLateAsync);
        }
    }

    /// <summary>From here on everything works.</summary>
    public void Calm()
    {
        world.Faults.Active = false;
        world.Disk.MakeRoom();
        world.Backlog.Away = null;
        if (world.Git.Remote is { } remote)
        {
            (remote.Away, remote.RefusesBecause) = (false, null);
        }

        foreach (var orchestrator in world.Orchestrators.Where(orchestrator => orchestrator.Node.Alive).ToArray())
        {
            orchestrator.Node.Resume();
        }
    }

    void Every(FaultKind kind, Func<Task> strike) => world.Every(kind, _chance, strike);

    static Task Now(Action strike)
    {
        strike();
        return Task.CompletedTask;
    }

    async Task ForAWhileAsync(Action begin, Action end)
    {
        begin();
        await Task.Delay(_chance.Lognormal(TimeSpan.FromMinutes(1), 1), world.Outside.Clock);
        end();
    }

    /// <summary>A number of steps after something has happened, since that is when much is under way at once.</summary>
    async Task CrashAsync()
    {
        for (var steps = _chance.Below(100); steps > 0; steps--)
        {
            await Task.Yield();
        }

        foreach (var orchestrator in world.Orchestrators.Where(orchestrator => orchestrator.Alive).ToArray())
        {
            orchestrator.Kill();
        }
    }

    void RestartMachine()
    {
        foreach (var orchestrator in world.Orchestrators.ToArray())
        {
            orchestrator.LosePower();
        }

        world.Machine.Reboot();
        world.Database.LosePower();
    }

    async Task PauseAsync(bool takeOver)
    {
        if (world.Orchestrators.LastOrDefault(orchestrator => orchestrator.Alive) is { } orchestrator)
        {
            await orchestrator.SleepAsync(takeOver, _chance);
        }
    }

    TimeSpan Jump(TimeSpan from) => _chance.Happens(0.3)
        ? TimeSpan.Zero
        : from + ((_chance.Happens(0.5) ? 1 : -1) * _chance.Lognormal(Lease, 2));

    /// <summary>What was given up on its way arrives after all, or does not.</summary>
    async Task DeliverLateAsync()
    {
        while (true)
        {
            await Task.Delay(_chance.Between(TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5)), world.Outside.Clock);
            foreach (var push in world.Git.Remote!.UnderWay.ToArray())
            {
                if (_chance.Happens(0.3))
                {
                    world.Git.Remote.Drop(push);
                }
                else
                {
                    world.Git.Remote.Deliver(push);
                }
            }
        }
    }
}
