using System.Runtime.CompilerServices;
using Beadswarm.Beads;
using Beadswarm.Control;
using Beadswarm.Git;
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
    readonly long _startedAt;
    readonly FailureReport _failures;
    readonly Supervisor _components;
    readonly Supervisor _agents;
    readonly Forecast _forecast;
    readonly ExternalDesk _external;

    /// <summary>Nothing more is written to the journal.</summary>
    volatile bool _over;

    SwarmRun(SwarmAssembly assembly)
    {
        _assembly = assembly;
        _stop = new SwarmStop(assembly.Parts.Bell);
        _startedAt = assembly.Parts.Time.GetTimestamp();
        _failures = new FailureReport(assembly.Parts, [.. assembly.Agents.Select(agent => agent.Slot)]);
        _components = Supervise(assembly.Parts);
        _agents = Supervise(assembly.Parts);
        _forecast = new Forecast(assembly.Parts);
        _external = new ExternalDesk(
            assembly.Parts,
            new ExternalWork(
                assembly.Parts, [.. assembly.Agents.Select(agent => agent.Slot)], assembly.AllStages,
                assembly.Setup.Secrets, _stop.DrainToken),
            _stop.TerminateToken);
        Completion = CompleteAsync();
    }

    /// <summary>How the run ended. Never faults for a failure of an agent, a bead or a component.</summary>
    public Task<SwarmOutcome> Completion { get; }

    public IStore Store => _assembly.Parts.Store;

    /// <summary>Where in the journal the part of a node begins that has joined; null when it holds the swarm.</summary>
    public long? JoinedAfter => _assembly.Parts.Standing.Holds ? null : _assembly.JournalBefore;

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

    /// <summary>What only the running orchestrator knows, beside the status it was asked with.</summary>
    public async Task<SwarmVitals> ReadVitalsAsync(StatusSnapshot status, CancellationToken cancellationToken) =>
        new(
            new SupervisionTree(
                _assembly.Parts.Node, Environment.ProcessId, _components.Children, _agents.Children),
            await _forecast.ReadAsync(status, cancellationToken))
        {
            Limits = _assembly.Parts.Turns.Report(_assembly.Parts.Time.GetUtcNow()),
            Health = _assembly.TargetWatch?.Health,
        };

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
            SayOver();
        }
    }

    void SayOver()
    {
        _over = true;
        _assembly.Parts.Bell.Ring();
    }

    Supervisor Supervise(SwarmParts parts) =>
        new(parts.Config.Limits.Restarts, parts.Time, parts.Random, parts.Room.IsBehind, _failures.TellAsync);

    async Task<SwarmOutcome> RunAsync()
    {
        var parts = _assembly.Parts;
        using var timeout = _assembly.Setup.Timeout is { } time
            ? parts.Time.CreateTimer(
                _ => Drain($"--timeout of {time.TotalMinutes:0.#} minutes reached"), null, time,
                Timeout.InfiniteTimeSpan)
            : null;
        using var services = new CancellationTokenSource();
        void EndServices() => services.Cancel();
        await using var control = _assembly.Surroundings.Serve(Commands());
        var serving = _components.RunAsync(Always(), services.Token);
        var working = _agents.RunAsync(Agents(), _stop.TerminateToken);
        try
        {
            if (!parts.Standing.Holds && await JoinedAsync() is { } leave)
            {
                await working;
                await _external.EndAsync();
                EndServices();
                await serving;
                await _failures.EndAsync(CancellationToken.None);
                if (leave.End != SwarmEnd.TakenOver)
                {
                    await _assembly.TidyAsync(CancellationToken.None);
                }

                await LeaveAsync(leave.Reason);
                SayOver();
                return SwarmRules.Whole(await OutcomeAsync(new SwarmDecision.Finish(leave.End, leave.Reason)));
            }

            await parts.Store.SetSwarmStatusAsync(parts.Epoch, SwarmStatus.Running, null, CancellationToken.None);
            serving = Task.WhenAll(serving, _components.RunAsync(Services(), services.Token));
            working = Task.WhenAll(working, _components.RunAsync([Lander()], _stop.TerminateToken));
            var finish = await WatchAsync();
            _stop.Drain(new SwarmDecision.Drain(finish.End, finish.Reason));
            await parts.Store.SetSwarmStatusAsync(
                parts.Epoch, SwarmStatus.Stopping, finish.Reason, CancellationToken.None);
            parts.Bell.Ring();
            if (await YieldedAsync())
            {
                // Nothing is told, closed or committed any more: all of that is the other one's.
                _stop.Terminate(SwarmRules.TakenOverReason);
                await working;
                await _external.EndAsync();
                await LeaveAsync(SwarmRules.TakenOverReason);
                SayOver();
                return await OutcomeAsync(
                    new SwarmDecision.Finish(SwarmEnd.TakenOver, SwarmRules.TakenOverReason));
            }

            await working;
            await _external.EndAsync();
            var outcome = await EndAsync(finish);
            await SettleAsync(_assembly.Lander, finish.End);
            EndServices();
            await serving;
            await _failures.EndAsync(CancellationToken.None);

            // At this point nothing else writes: whoever follows the journal, also through the socket, has its end.
            await parts.Store.AppendAsync(null, null, outcome.ToJournal(), CancellationToken.None);
            await LeaveAsync(finish.Reason);
            SayOver();
            return outcome;
        }
        catch
        {
            // The store itself failed. Nothing may go on without an orchestrator that ends it.
            _stop.Terminate("the orchestrator failed");
            throw;
        }
        finally
        {
            EndServices();
            await working;
            await _external.EndAsync();
            await serving;
        }
    }

    /// <summary>Runs agents only, until this node leaves; null when it has come to hold the swarm.</summary>
    async Task<JoinedDecision.Leave?> JoinedAsync()
    {
        JoinedDecision.Leave? leave = null;
        var watched = false;
        var monitor = new JoinedMonitor(_assembly.Parts, _stop, _assembly.Swarm.Id);
        await _components.RunAsync(
            [
                new Component("monitor", Essential: true, async stop =>
                {
                    leave = await monitor.RunAsync(stop);
                    watched = true;
                }),
            ],
            _stop.TerminateToken);
        if (watched && leave is null)
        {
            await _assembly.RecoverAsync(CancellationToken.None);
            return null;
        }

        leave ??= _stop.Draining is { } draining
            ? new JoinedDecision.Leave(draining.End, draining.Reason, AtOnce: true)
            : new JoinedDecision.Leave(
                SwarmEnd.Meltdown, _assembly.Parts.Failures.Meltdown() ?? "the monitor failed", AtOnce: true);
        if (leave.AtOnce)
        {
            _stop.Terminate(leave.Reason);
        }
        else
        {
            _stop.Drain(new SwarmDecision.Drain(leave.End, leave.Reason));
        }

        return leave;
    }

    /// <summary>Takes no part among the nodes any more, if it is one.</summary>
    async Task LeaveAsync(string reason)
    {
        if (_assembly is { Surroundings.Membership: { } membership, Parts.Standing.Node: { } node })
        {
            await membership.Registry.LeaveAsync(node, reason, CancellationToken.None);
        }
    }

    /// <summary>What runs as long as anything of ours does.</summary>
    IEnumerable<Component> Always() =>
    [
        new("leases", Essential: true, _assembly.Leases.RunAsync),
        new("failures", Essential: false, _failures.RunAsync),
        .. _assembly.Node is { } node
            ? [new Component("node", Essential: true, node.RunAsync)]
            : Array.Empty<Component>(),
    ];

    /// <summary>What only the holder of the swarm does.</summary>
    IEnumerable<Component> Services() =>
    [
        new("tracker", Essential: true, _assembly.Tracker.RunAsync),
        new("reaper", Essential: true, _assembly.Reaper.RunAsync),
        new("foresight", Essential: false, new ConflictForesight(_assembly.Parts).RunAsync),
        .. _assembly.Watch is { } watch
            ? [new Component("watch", Essential: false, watch.RunAsync)]
            : Array.Empty<Component>(),
        .. _assembly.TargetWatch is { } whole
            ? [new Component("target", Essential: false, whole.RunAsync)]
            : Array.Empty<Component>(),
    ];

    Component Lander() =>
        new("lander", Essential: true, stop => _assembly.Lander.RunAsync(_stop.DrainToken, stop));

    /// <summary>Looks at the swarm until it is over, and starts again where looking fails.</summary>
    async Task<SwarmDecision.Finish> WatchAsync()
    {
        var monitor = _assembly.Monitor(_stop);
        SwarmDecision.Finish? finish = null;
        await _components.RunAsync(
            [new Component("monitor", Essential: true, async stop => finish = await monitor.RunAsync(stop))],
            _stop.TerminateToken);
        return finish
            ?? (_stop.Draining is { } draining
                ? new SwarmDecision.Finish(draining.End, draining.Reason)
                : new SwarmDecision.Finish(
                    SwarmEnd.Meltdown,
                    _assembly.Parts.Failures.Meltdown() ?? "the monitor failed"));
    }

    ControlCommands Commands() => new(Drain, Terminate, RetryAsync, ReleaseAsync, FollowAsync)
    {
        StatusText = _assembly.Setup.StatusText,
        Vitals = ReadVitalsAsync,
        External = AskExternalAsync,
        Line = _assembly.Lander.ReportAsync,
        Queue = AskQueueAsync,
        Plan = _assembly.Parts.Plans.AskAsync,
    };

    /// <summary>What an external agent leaves is saved by the holder, so it must be where the holder is.</summary>
    async Task<string?> AskExternalAsync(ExternalCall call, CancellationToken cancellationToken) =>
        _assembly.Parts.Standing.Holds
            ? await _external.AskAsync(call, cancellationToken)
            : ExternalAnswers.Refusal(
                call.Verb, ExternalRefusal.Refused,
                $"node {(await Store.ReadSwarmAsync(cancellationToken))?.Node} holds this swarm: ask in its clone, "
                + "where the workspaces of external agents are");

    async Task<CommandReply> AskQueueAsync(QueueRequest request, CancellationToken cancellationToken)
    {
        var reply = await PersonalRequests.QueueAsync(Store, request, cancellationToken);
        _assembly.Parts.Bell.Ring();
        return reply;
    }

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
            yield return new Component(FailureReport.NameOf(agent.Slot), Essential: false, async stop =>
            {
                var first = unfinished;
                unfinished = null;
                await agent.Worker.RunAsync(first, _stop.DrainToken, stop);
            });
        }
    }

    /// <summary>What was decided reaches the tracker and, where git tracks it, the target; or it is said why not.
    /// </summary>
    async Task SettleAsync(Lander lander, SwarmEnd end)
    {
        using var patience = new CancellationTokenSource(SettleTime, _assembly.Parts.Time);
        string? missing;
        try
        {
            missing = await _assembly.Tracker.PassAsync(patience.Token)
                ? await CommitTrackerAsync(lander, end is SwarmEnd.Completed or SwarmEnd.Exhausted, patience.Token)
                : null; // said already
        }
        catch (Exception error) when (error is OperationCanceledException or GitException or IOException)
        {
            missing = error.Message;
        }

        if (missing is not null)
        {
            // The outbox and the file keep it.
            await Store.AppendAsync(
                null, null,
                new JournalEvent.ComponentHeld(
                    "tracker", $"{missing}; the next run brings the tracker's file to the target"),
                CancellationToken.None);
        }
    }

    /// <summary>Returns what is in the way; null when nothing is left to be brought to the target.</summary>
    /// <param name="patient">Nobody waits: what may be in the way for a moment only is tried again.</param>
    async Task<string?> CommitTrackerAsync(Lander lander, bool patient, CancellationToken cancellationToken)
    {
        var pause = SettlePause;
        for (var (moves, retries) = (0, 0); moves < SettleMovesMax;)
        {
            switch (await TryCommitTrackerAsync(lander, cancellationToken))
            {
                case LandingStep.Moved:
                    moves++;
                    break;
                case LandingStep.Held held when !patient || retries == SettleRetriesMax:
                    return held.Reason;
                case LandingStep.Held:
                    await Task.Delay(pause, _assembly.Parts.Time, cancellationToken);
                    (retries, pause) = (retries + 1, pause * 2);
                    break;
                case LandingStep.Idle or LandingStep.Waiting:
                    return null;
            }
        }

        return "others move the target all the time";
    }

    static async Task<LandingStep> TryCommitTrackerAsync(Lander lander, CancellationToken cancellationToken)
    {
        try
        {
            return await lander.CommitTrackerAsync(cancellationToken);
        }
        catch (GitException error) when (error.IsTransient)
        {
            return new LandingStep.Held(error.Message);
        }
    }

    static readonly TimeSpan SettleTime = TimeSpan.FromMinutes(15);
    static readonly TimeSpan SettlePause = TimeSpan.FromSeconds(1);
    const int SettleRetriesMax = 4;
    const int SettleMovesMax = 5;

    async Task<SwarmOutcome> EndAsync(SwarmDecision.Finish finish)
    {
        var parts = _assembly.Parts;
        var status = finish.End is SwarmEnd.Completed or SwarmEnd.Exhausted
            ? SwarmStatus.Completed
            : SwarmStatus.Stopped;
        await parts.Store.SetSwarmStatusAsync(parts.Epoch, status, finish.Reason, CancellationToken.None);
        parts.Bell.Ring();
        return await OutcomeAsync(finish);
    }

    async Task<bool> YieldedAsync() =>
        (await Store.ReadSwarmAsync(CancellationToken.None))?.Epoch != _assembly.Parts.Epoch;

    async Task<SwarmOutcome> OutcomeAsync(SwarmDecision.Finish finish)
    {
        var parts = _assembly.Parts;
        var end = await parts.Store.ReadStatusAsync(CancellationToken.None);
        return new SwarmOutcome(
            finish.End, finish.Reason, end.Landed, end.Blocked, end.Left, end.Pending + end.InProgress + end.Landing,
            end.Swarm?.Target, end.Attempts, parts.Time.GetElapsedTime(_startedAt))
        {
            Costs = end.Costs,
            Red = _assembly.TargetWatch?.Health is { Red: not null } red ? red.Say() : null,
        };
    }
}
