using Beadswarm.Agents;
using Beadswarm.Processes;
using Beadswarm.Simulation.Agents;
using Beadswarm.Simulation.Worlds;

namespace Beadswarm.Simulation.Machines;

/// <summary>What one orchestrator does with the agents of the simulated machine.</summary>
sealed class SimulatedAgents(SimulatedOrchestrator owner, SimulatedWorld world) : IAgentHost
{
    public async Task<IAgentSession> StartAsync(AgentLaunch launch, CancellationToken cancellationToken)
    {
        await owner.StepAsync(Seam.Agents, "start", cancellationToken);
        if (owner.Replaced)
        {
            return new UnstartedAgent(new AgentEnd.FailedToStart("stale file handle", Transient: true));
        }

        if (owner.Clone.Disk.IsFull || owner.Strikes(FaultKind.AgentNotStarted))
        {
            return new UnstartedAgent(new AgentEnd.FailedToStart("no space left on device", Transient: true));
        }

        var session = new SimulatedSession(launch, owner.Node.Clock.GetUtcNow()) { ActiveAt = world.Scheduler.Now };
        owner.Clone.Machine.Open(session);
        var program = new SimulatedAgentProgram(world, owner.Clone, session);
        session.Process = owner.Clone.Machine.Start(launch.Tag, $"agent {launch.Agent}", program.LiveAsync);
        world.Witness.Started(session);
        await owner.StepAsync(Seam.Agents, "started", CancellationToken.None);
        return new SimulatedAgentSession(owner, world, session, TimeSpan.Zero);
    }

    public async Task<IAgentSession?> TryAdoptAsync(AgentProcess process, CancellationToken cancellationToken)
    {
        await owner.StepAsync(Seam.Agents, "adopt", cancellationToken);
        if (owner.Clone.Machine.SessionAt(process.SessionFolder) is not { } session
            || session.Process.Identity != process.Identity
            || (!session.Process.Running && session.Process.Exit is null))
        {
            return null;
        }

        var before = owner.Node.Clock.GetUtcNow() - session.StartedAt;
        return new SimulatedAgentSession(owner, world, session, before > TimeSpan.Zero ? before : TimeSpan.Zero);
    }

    public async Task<LeakReport> ClearAsync(string tag, CancellationToken cancellationToken)
    {
        await owner.StepAsync(Seam.Agents, "clear", cancellationToken);
        return owner.Replaced ? LeakReport.Nothing : owner.Clone.Machine.KillTagged(tag);
    }

    public async Task<OrphanReport> ClearOrphansAsync(SweepSearch search, CancellationToken cancellationToken)
    {
        var kept = search.Kept.Select(child => child.Tag).ToHashSet();
        var swept = new List<SweptOrphans>();
        foreach (var tag in owner.Clone.Machine.TagsFrom(search.TagPrefix).Where(tag => !kept.Contains(tag)))
        {
            await owner.StepAsync(Seam.Agents, "clear", cancellationToken);
            swept.Add(new SweptOrphans(tag, owner.Clone.Machine.KillTagged(tag)));
        }

        return new OrphanReport(swept, []);
    }

    public EarlierSession? Recall(string sessionFolder) =>
        world.Plan.Vendor is not null && owner.Clone.Machine.SessionAt(sessionFolder) is { } session
            ? new EarlierSession(session.Launch.Runner.Name, session.End ?? new AgentEnd.Lost(), session.Usage)
            : null;

    public string ReadText(string path, int bytesMax) => owner.Clone.Machine.ReadFile(path) ?? "";

    /// <summary>An agent that never ran.</summary>
    sealed class UnstartedAgent(AgentEnd.FailedToStart end) : IAgentSession
    {
        public AgentProcess? Process => null;

        public Task<AgentOutcome> WaitAsync(SpendingWatch? spending, CancellationToken cancellationToken) =>
            Task.FromResult(new AgentOutcome(end, LeakReport.Nothing));

        public Task TerminateAsync(string reason, CancellationToken cancellationToken) => Task.CompletedTask;

        public long MemoryBytes() => 0;
    }
}
