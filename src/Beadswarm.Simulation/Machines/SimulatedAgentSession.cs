using Beadswarm.Agents;
using Beadswarm.Processes;
using Beadswarm.Simulation.Worlds;

namespace Beadswarm.Simulation.Machines;

/// <summary>
/// One orchestrator's watch over a simulated agent: as with a real one, it ends at the limits that are watched here,
/// and
/// its whole tree is gone before its result is looked at.
/// </summary>
/// <param name="elapsedBefore">How much of its time it had used up when it was adopted.</param>
sealed class SimulatedAgentSession(
    SimulatedOrchestrator owner, SimulatedWorld world, SimulatedSession session, TimeSpan elapsedBefore)
    : IAgentSession
{
    const long MemoryOfAgent = 300L * 1024 * 1024;

    readonly TimeSpan _began = world.Scheduler.Now;
    string? _killReason;

    AgentLimits Limits => session.Launch.Limits;

    SimulatedProcess Running => session.Process;

    public AgentProcess? Process { get; } =
        new(session.Process.Identity, session.Folder, session.Process.Tag);

    public async Task<AgentOutcome> WaitAsync(SpendingWatch? spending, CancellationToken cancellationToken)
    {
        AgentEnd? caused = null;
        while (Running.Running)
        {
            var heard = Running.Changed.Listen();
            caused = Look() ?? (world.Plan.Vendor is null ? null : spending?.Invoke(session.Usage));
            if (caused is not null || _killReason is not null)
            {
                break;
            }

            await Running.Changed.WaitAsync(heard, UntilNextLimit(), owner.Node.Clock, cancellationToken);
        }

        cancellationToken.ThrowIfCancellationRequested();
        var ended = await ClearAsync(asked: caused is not null || _killReason is not null);
        var end = _killReason is { } reason ? new AgentEnd.Killed(reason) : caused ?? EndOf(Running.Exit);
        return new AgentOutcome(end, new LeakReport(ended, []))
        {
            Usage = session.Usage,
            Runner = world.Plan.Vendor is null ? null : session.Launch.Runner.Name,
        };
    }

    public async Task TerminateAsync(string reason, CancellationToken cancellationToken)
    {
        _killReason ??= reason;
        await ClearAsync(asked: true);
    }

    public long MemoryBytes() => Running.Running ? MemoryOfAgent : 0;

    async Task<IReadOnlyList<LeakedProcess>> ClearAsync(bool asked)
    {
        await owner.StepAsync(Seam.Agents, "terminate");
        if (asked && session.Stubborn && Running.Running)
        {
            await Task.Delay(Limits.Grace, owner.Node.Clock, CancellationToken.None);
        }

        return owner.Replaced ? [] : owner.Clone.Machine.KillTagged(Running.Tag).Ended;
    }

    AgentEnd? Look()
    {
        var (now, active) = (world.Scheduler.Now, session.ActiveAt > _began ? session.ActiveAt : _began);
        return session.Floods ? new AgentEnd.LogLimit(Limits.LogBytesMax)
            : elapsedBefore + (now - _began) >= Limits.StageTimeout ? new AgentEnd.TimedOut(Limits.StageTimeout)
            : now - active >= Limits.IdleTimeout ? new AgentEnd.Stalled(Limits.IdleTimeout)
            : null;
    }

    TimeSpan UntilNextLimit()
    {
        var (now, active) = (world.Scheduler.Now, session.ActiveAt > _began ? session.ActiveAt : _began);
        var (stage, idle) = (Limits.StageTimeout - elapsedBefore - (now - _began), Limits.IdleTimeout - (now - active));
        return stage < idle ? stage : idle;
    }

    AgentEnd EndOf(ChildExit? exit) => exit switch
    {
        ChildExit.Exited => session.End ?? new AgentEnd.Finished(null, null),
        ChildExit.Killed killed => new AgentEnd.Crashed(killed.Signal, ""),
        null or ChildExit.Unknown => new AgentEnd.Lost(),
        _ => throw new System.Diagnostics.UnreachableException($"{exit}"),
    };
}
