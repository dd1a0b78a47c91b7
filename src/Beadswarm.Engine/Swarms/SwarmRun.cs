using System.Runtime.CompilerServices;
using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Control;
using Beadswarm.Journal;
using Beadswarm.Storage;
using Beadswarm.Supervision;

namespace Beadswarm.Swarms;

/// <summary>
/// One orchestrator from start to end. It holds the repository's lock the whole time; when <see cref="Completion"/> is
/// done,
/// every component has stopped, every process of an agent is gone, and the store is closed by <see
/// cref="DisposeAsync"/>.
/// </summary>
sealed class SwarmRun : IAsyncDisposable
{
    const int JournalPageMax = 1000;

    readonly SwarmAssembly _assembly;
    readonly SwarmStop _stop;
    readonly RestartLimits _restarts;
    readonly long _startedAt;
    readonly Lock _failuresLock = new();
    readonly List<DateTimeOffset> _failures = [];
    readonly HashSet<AgentNumber> _parked = [];

    /// <summary>Nothing more is written to the journal.</summary>
    volatile bool _over;

    SwarmRun(SwarmAssembly assembly)
    {
        _assembly = assembly;
        _stop = new SwarmStop(assembly.Parts.Bell);
        _startedAt = assembly.Parts.Time.GetTimestamp();
        var limits = assembly.Parts.Config.Limits;
        _restarts = new RestartLimits(
            limits.RestartsMax, limits.RestartWindow, limits.RetryDelayMin, limits.RetryDelayMax);
        Completion = CompleteAsync();
    }

    /// <summary>How the run ended. Never faults for a failure of an agent, a bead or a component.</summary>
    public Task<SwarmOutcome> Completion { get; }

    public IStore Store => _assembly.Parts.Store;

    /// <summary>Starts it in a repository of this machine.</summary>
    /// <exception cref="SwarmHeldException">Another swarm runs in this repository.</exception>
    /// <exception cref="SwarmRefusedException">The repository is not fit for a swarm.</exception>
    public static async Task<SwarmRun> StartAsync(SwarmSetup setup, CancellationToken cancellationToken) =>
        await StartAsync(setup, await MachineSurroundings.OpenAsync(setup, cancellationToken), cancellationToken);

    /// <summary>Starts it in surroundings that were opened for it, and lets go of them in the end.</summary>
    public static async Task<SwarmRun> StartAsync(
        SwarmSetup setup, SwarmSurroundings surroundings, CancellationToken cancellationToken) =>
        new(await SwarmAssembly.AssembleAsync(setup, surroundings, cancellationToken));

    /// <summary>Takes no new work and ends when what runs has reached a safe point.</summary>
    public void Drain(string reason) => _stop.Drain(new SwarmDecision.Drain(SwarmEnd.Drained, reason));

    /// <summary>Ends the agents, keeps their work, and ends.</summary>
    public void Terminate(string reason) => _stop.Terminate(reason);

    /// <summary>The journal after a sequence number, and on as it grows; ends with the run.</summary>
    public async IAsyncEnumerable<JournalEntry> FollowAsync(
        long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        while (true)
        {
            var heard = _assembly.Parts.Bell.Listen();
            var over = _over;
            var entries = await Store.ReadJournalAsync(after, null, JournalPageMax, cancellationToken);
            foreach (var entry in entries)
            {
                after = entry.Sequence;
                yield return entry;
            }

            if (entries.Count == 0)
            {
                if (over)
                {
                    yield break;
                }

                await _assembly.Parts.Bell.WaitAsync(heard, cancellationToken);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _stop.Terminate("the program ends");
        try
        {
            await Completion;
        }
        catch (Exception) when (Completion.IsFaulted)
        {
            // Whoever waits for the completion was told.
        }

        await _assembly.DisposeAsync();
        _stop.Dispose();
    }

    async Task<SwarmOutcome> CompleteAsync()
    {
        try
        {
            return await RunAsync();
        }
        finally
        {
            _over = true;
            _assembly.Parts.Bell.Ring();
        }
    }

    async Task<SwarmOutcome> RunAsync()
    {
        var parts = _assembly.Parts;
        using var timeout = _assembly.Setup.Timeout is { } time
            ? parts.Time.CreateTimer(
                _ => Drain($"--timeout of {time.TotalMinutes:0.#} minutes reached"), null, time,
                Timeout.InfiniteTimeSpan)
            : null;
        using var services = new CancellationTokenSource();
        var supervisor = new Supervisor(_restarts, parts.Time, parts.Random, OnFailureAsync);
        var lander = _assembly.Lander;

        void EndServices() => services.Cancel();
        await using var control = _assembly.Surroundings.Serve(Commands());
        await parts.Store.SetSwarmStatusAsync(parts.Epoch, SwarmStatus.Running, null, CancellationToken.None);
        var serving = supervisor.RunAsync(
            [
                new Component("tracker", Essential: true, _assembly.Tracker.RunAsync),
                new Component("leases", Essential: true, _assembly.Leases.RunAsync),
                new Component("reaper", Essential: true, _assembly.Reaper.RunAsync),
            ],
            services.Token);
        var working = supervisor.RunAsync(
            [.. Agents(), new Component("lander", Essential: true, stop => lander.RunAsync(_stop.DrainToken, stop))],
            _stop.TerminateToken);
        var finish = await WatchAsync();

        _stop.Drain(new SwarmDecision.Drain(finish.End, finish.Reason));
        await parts.Store.SetSwarmStatusAsync(parts.Epoch, SwarmStatus.Stopping, finish.Reason, CancellationToken.None);
        parts.Bell.Ring();
        await working;
        var outcome = await EndAsync(finish);
        await SettleAsync(lander);
        EndServices();
        await serving;
        return outcome;
    }

    async Task<SwarmDecision.Finish> WatchAsync()
    {
        try
        {
            return await _assembly.Monitor(_stop).RunAsync(_stop.TerminateToken);
        }
        catch (OperationCanceledException) when (_stop.TerminateToken.IsCancellationRequested)
        {
            return new SwarmDecision.Finish(SwarmEnd.Terminated, _stop.Draining?.Reason ?? "terminated");
        }
    }

    ControlCommands Commands() => new(Drain, Terminate, RetryAsync, ReleaseAsync, FollowAsync)
    {
        StatusText = _assembly.Setup.StatusText,
    };

    async Task<CommandReply> RetryAsync(BeadId bead, CancellationToken cancellationToken)
    {
        var reply = await PersonalRequests.RetryAsync(Store, _assembly.Parts.Config.Pipeline, bead, cancellationToken);
        _assembly.Parts.Bell.Ring();
        return reply;
    }

    async Task<CommandReply> ReleaseAsync(BeadId bead, string reason, CancellationToken cancellationToken)
    {
        var reply = await PersonalRequests.ReleaseAsync(Store, bead, reason, cancellationToken);
        _assembly.Parts.Bell.Ring();
        return reply;
    }

    IEnumerable<Component> Agents()
    {
        foreach (var agent in _assembly.Agents)
        {
            var unfinished = _assembly.Unfinished.GetValueOrDefault(agent.Slot.Number);
            yield return new Component($"agent {agent.Slot.Number}", Essential: false, async stop =>
            {
                var first = unfinished;
                unfinished = null;
                await agent.Worker.RunAsync(first, _stop.DrainToken, stop);
            });
        }
    }

    /// <summary>What was decided reaches the tracker and, where git tracks it, the target.</summary>
    async Task SettleAsync(Lander lander)
    {
        using var patience = new CancellationTokenSource(SettleTime, _assembly.Parts.Time);
        try
        {
            if (await _assembly.Tracker.PassAsync(patience.Token))
            {
                for (var push = 0; push < SettlePushesMax; push++)
                {
                    if (await lander.CommitTrackerAsync(patience.Token) is not LandingStep.Moved)
                    {
                        break;
                    }
                }
            }
        }
        catch (Exception error) when (error is OperationCanceledException or Git.GitException or IOException)
        {
            // The outbox and the file keep it: the next run brings it about.
            await Store.AppendAsync(
                null, null, new JournalEvent.ComponentHeld("tracker", error.Message),
                CancellationToken.None);
        }
    }

    static readonly TimeSpan SettleTime = TimeSpan.FromMinutes(15);
    const int SettlePushesMax = 5;

    async Task<SwarmOutcome> EndAsync(SwarmDecision.Finish finish)
    {
        var parts = _assembly.Parts;
        var status = finish.End is SwarmEnd.Completed or SwarmEnd.Exhausted
            ? SwarmStatus.Completed
            : SwarmStatus.Stopped;
        await parts.Store.SetSwarmStatusAsync(parts.Epoch, status, finish.Reason, CancellationToken.None);
        var end = await parts.Store.ReadStatusAsync(CancellationToken.None);
        parts.Bell.Ring();
        return new SwarmOutcome(
            finish.End, finish.Reason, end.Landed, end.Blocked, end.Left, end.Pending + end.InProgress + end.Landing,
            end.Swarm?.Target, end.Attempts, parts.Time.GetElapsedTime(_startedAt));
    }

    async Task OnFailureAsync(ComponentFailure failure, CancellationToken cancellationToken)
    {
        var parts = _assembly.Parts;
        var parked = failure.Decision is RestartDecision.Park;
        await Store.AppendAsync(
            null, null, new JournalEvent.ComponentFailed(failure.Component.Name, failure.Error.ToString(), parked),
            cancellationToken);
        parts.Bell.Ring();
        if (parked && failure.Component.Essential)
        {
            Melt($"{failure.Component.Name} failed too often: {failure.Error.Message}");
        }
        else if (parked)
        {
            await ParkAsync(failure, cancellationToken);
        }

        lock (_failuresLock)
        {
            _failures.Add(parts.Time.GetUtcNow());
            if (RestartRules.IsMeltdown(_failures, parts.Time.GetUtcNow(), _restarts, parts.Config.AgentCount))
            {
                Melt($"too many failures at once, the last one in {failure.Component.Name}: {failure.Error.Message}");
            }
        }
    }

    async Task ParkAsync(ComponentFailure failure, CancellationToken cancellationToken)
    {
        var agent = _assembly.Agents.First(agent => failure.Component.Name == $"agent {agent.Slot.Number}");
        await Store.SetAgentStatusAsync(
            _assembly.Parts.Epoch, agent.Slot.Number, AgentStatus.Parked, failure.Error.Message, cancellationToken);
        bool allOfRole;
        lock (_failuresLock)
        {
            _parked.Add(agent.Slot.Number);
            allOfRole = _assembly.Agents.Where(other => other.Slot.Role == agent.Slot.Role)
                .All(other => _parked.Contains(other.Slot.Number));
        }

        if (allOfRole)
        {
            Melt($"every agent of role {agent.Slot.Role} failed too often: {failure.Error.Message}");
        }
    }

    void Melt(string reason) => _stop.Drain(new SwarmDecision.Drain(SwarmEnd.Meltdown, reason));
}
