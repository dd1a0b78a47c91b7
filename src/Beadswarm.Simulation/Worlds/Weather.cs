
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
        Every(FaultKind.ClockJumps, () => Now(() => JumpOn(world.AnyClone(_chance))));
        Every(
            FaultKind.StoreClockJumps, () => Now(() => world.StoreNode.Clock.Skew = Jump(world.StoreNode.Clock.Skew)));
        Every(FaultKind.DiskFull, () => OnOneAsync(clone => clone.Disk.Fill(), clone => clone.Disk.MakeRoom()));
        Every(FaultKind.TrackerAway, () => OnOneAsync(
            clone => clone.Backlog.Away = "cannot read the backlog: a merge left conflict markers",
            clone => clone.Backlog.Away = null));
        Every(FaultKind.StoreAway, () => OnOneAsync(clone => clone.StoreAway = true, clone => clone.StoreAway = false));
        if (world.Remote is { } remote)
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
        foreach (var clone in world.Clones)
        {
            clone.Disk.MakeRoom();
            (clone.Backlog.Away, clone.StoreAway) = (null, false);
        }

        if (world.Remote is { } remote)
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
            if (!world.HasNodes || _chance.Happens(0.5))
            {
                orchestrator.Kill();
            }
        }
    }

    void RestartMachine()
    {
        var clone = world.AnyClone(_chance);
        foreach (var orchestrator in clone.Orchestrators.ToArray())
        {
            orchestrator.LosePower();
        }

        clone.Machine.Reboot();
        world.Database.LosePower();
    }

    async Task PauseAsync(bool takeOver)
    {
        if (world.AnyClone(_chance).Orchestrators.LastOrDefault(orchestrator => orchestrator.Alive) is { } orchestrator)
        {
            await orchestrator.SleepAsync(takeOver, _chance);
        }
    }

    Task OnOneAsync(Action<SimulatedClone> begin, Action<SimulatedClone> end)
    {
        var clone = world.AnyClone(_chance);
        return ForAWhileAsync(() => begin(clone), () => end(clone));
    }

    void JumpOn(SimulatedClone clone) => clone.SetClock(Jump(clone.Skew));

    TimeSpan Jump(TimeSpan from) => _chance.Happens(0.3)
        ? TimeSpan.Zero
        : from + ((_chance.Happens(0.5) ? 1 : -1) * _chance.Lognormal(Lease, 2));

    /// <summary>What was given up on its way arrives after all, or does not.</summary>
    async Task DeliverLateAsync()
    {
        while (true)
        {
            await Task.Delay(_chance.Between(TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5)), world.Outside.Clock);
            foreach (var push in world.Remote!.UnderWay.ToArray())
            {
                if (_chance.Happens(0.3))
                {
                    world.Remote.Drop(push);
                }
                else
                {
                    world.Remote.Deliver(push);
                }
            }
        }
    }
}
