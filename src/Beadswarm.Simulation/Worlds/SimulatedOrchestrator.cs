using Beadswarm.Control;
using Beadswarm.Git;
using Beadswarm.Simulation.Git;
using Beadswarm.Simulation.Machines;
using Beadswarm.Simulation.Scheduling;
using Beadswarm.Simulation.Storage;
using Beadswarm.Storage;
using Beadswarm.Swarms;
using Beadswarm.Workspaces;

namespace Beadswarm.Simulation.Worlds;

/// <summary>What an orchestrator turns to when it steps out of its own process.</summary>
enum Seam
{
    Store,
    Git,
    Tracker,
    Agents,
    Gates,
}

/// <summary>
/// One orchestrator, from its start to its end or its death: the engine itself, unchanged, in simulated surroundings.
/// Every step out of it comes by here, and that is where faults strike.
/// </summary>
sealed class SimulatedOrchestrator
{
    /// <summary>What has died does nothing more, and nobody cleans up after it.</summary>
    static readonly Task Never = new TaskCompletionSource().Task;

    /// <summary>So long a store that cannot be reached is waited for.</summary>
    static readonly TimeSpan StorePatience = TimeSpan.FromSeconds(20);

    static readonly TimeSpan GitEndsWithin = TimeSpan.FromSeconds(10);
    const string WorkspaceStep = "workspace:";

    static readonly TimeSpan LatencyMin = TimeSpan.FromMilliseconds(1);

    readonly SimulatedWorld _world;
    readonly TaskCompletionSource<OrchestratorEnd> _gone = new();
    bool _givenUp;

    public SimulatedOrchestrator(SimulatedWorld world, SimulatedClone clone, int number)
    {
        (_world, Clone) = (world, clone);
        Number = number;
        Node = world.Scheduler.AddNode($"orchestrator {number}");
        GitNode = world.Scheduler.AddNode($"git of orchestrator {number}");
        Node.Clock.Skew = clone.Skew;
        BudgetUsd = world.Money.BudgetUsd;
    }

    public int Number { get; }

    /// <summary>In which it works.</summary>
    public SimulatedClone Clone { get; }

    public SimulatedNode Node { get; }

    /// <summary>The git commands it has started: they end by themselves when it dies.</summary>
    public SimulatedNode GitNode { get; }

    /// <summary>What the swarm may use, by its configuration.</summary>
    public decimal? BudgetUsd { get; }

    /// <summary>What it can be told while it runs; null before and after.</summary>
    public ControlCommands? Commands { get; private set; }

    /// <summary>That it has ended, died, or was given up as asleep.</summary>
    public Task<OrchestratorEnd> Gone => _gone.Task;

    public bool Alive => Node.Alive && !_gone.Task.IsCompleted;

    /// <summary>
    /// Another one has taken over, on another machine: this one can still write the branches, and has lost the folders
    /// of the agents and the right to start any. On one machine the lock of the swarm keeps both from being alive.
    /// </summary>
    public bool Replaced => _givenUp && _world.Orchestrators[^1] != this;

    /// <summary>Begins to run, and says by <see cref="Gone"/> how that ended.</summary>
    public void Start(bool resume) => _ = Node.RunAsync(async () =>
    {
        var end = await RunAsync(resume);
        GitNode.Kill();
        Node.Kill();
        _gone.TrySetResult(end);
    });

    /// <summary>Killed as by <c>kill -9</c>; a git that it has started still ends its command.</summary>
    public void Kill()
    {
        Node.Kill();
        Commands = null;
        _gone.TrySetResult(new OrchestratorEnd.Killed());
        _world.Begin(async () =>
        {
            await Task.Delay(GitEndsWithin, _world.Outside.Clock);
            GitNode.Kill();
        });
    }

    /// <summary>Power fails for it and for all it has started.</summary>
    public void LosePower()
    {
        GitNode.Kill();
        Kill();
    }

    /// <summary>
    /// It takes no step for a while; where another is to take over, somebody gives it up and starts that one. Where
    /// there are nodes, one of those does so by itself.
    /// </summary>
    public async Task SleepAsync(bool takeOver, Chance chance)
    {
        var lease = _world.Plan.Config.Limits.Lease;
        Node.Pause();
        if (takeOver && !_world.HasNodes)
        {
            await Task.Delay(lease * chance.Fraction(), _world.Outside.Clock);
            _givenUp = _gone.TrySetResult(new OrchestratorEnd.Asleep());
        }

        await Task.Delay(chance.Lognormal(lease, 1), _world.Outside.Clock);
        Node.Resume();
    }

    /// <summary>A point at which it waits for something outside, and at which anything may happen to it.</summary>
    public async Task StepAsync(Seam seam, string operation, CancellationToken cancellationToken = default)
    {
        if (!Node.Alive)
        {
            await Never;
        }

        await TakeTimeAsync(Node);
        cancellationToken.ThrowIfCancellationRequested();
        var share = IsLook(operation) ? 0.1 : 1;
        if (Strikes(FaultKind.Crash, share))
        {
            _world.Note($"{Node.Name} is killed in {seam} {operation}");
            Kill();
            await Never;
        }

        if (Alive && Strikes(FaultKind.Pause, share))
        {
            await FallAsleepAsync(takeOver: false, seam, operation);
        }
        else if (Alive && Strikes(FaultKind.TakeOver, share))
        {
            await FallAsleepAsync(takeOver: true, seam, operation);
        }
    }

    public bool Strikes(FaultKind kind, double share = 1) => _world.Faults.Strikes(kind, share);

    /// <summary>What landing takes beside its gates, where that was measured.</summary>
    public Task TakeTimeToLandAsync() => _world.Plan.Pace.Measured is { } measured
        ? Task.Delay(measured.OfLanding(_world.Chances.Gates), GitNode.Clock)
        : Task.CompletedTask;

    /// <summary>Whether the landing of this commit is one that is returned, where that was measured.</summary>
    public bool IsReturned(CommitId head) =>
        _world.Plan.Pace.Measured?.Returns(new Chance(_world.Plan.Seed, $"landing of {head}")) == true;

    async Task<OrchestratorEnd> RunAsync(bool resume)
    {
        try
        {
            var setup = new SwarmSetup
            {
                RepositoryPath = Clone.Repository,
                Config = _world.Money.Config,
                Environment = new Dictionary<string, string>(),
                ScriptedAgentPath = "",
                Time = Node.Clock,
                Resume = resume,
            };
            await using var run = await SwarmRun.StartAsync(
                setup, await OpenAsync(CancellationToken.None), CancellationToken.None);
            return new OrchestratorEnd.Finished(await run.Completion);
        }
        catch (Exception error)
        {
            return new OrchestratorEnd.Failed(error);
        }
    }

    async Task<SwarmSurroundings> OpenAsync(CancellationToken cancellationToken)
    {
        var (tracker, store) = (
            new SimulatedTracker(this, _world),
            new InMemoryStore(_world.Database, Node.Clock, StoreStepAsync, _world.Invariants.Writes.Wrote));
        await tracker.ReadAsync(cancellationToken);
        var hands = new GitHands(Clone.Git, new GitHandsOptions
        {
            StepAsync = GitStepAsync,
            Time = Node.Clock,
            Defects = _world.Options.GitDefects,
        });
        var config = _world.Plan.Config;
        var branches = await OnGitAsync(() => hands.OpenBranchesAsync(config.Landing, cancellationToken));
        _world.Witness.LanderBegan(this, branches.Epoch);
        var room = new WorkspaceOptions { BytesFreeMin = SimulatedWorld.BytesFreeMin };
        return _world.Options.Sabotage(new SwarmSurroundings
        {
            Node = Clone.Host,
            Paths = new SwarmPaths(Clone.Repository),
            Store = store,
            Membership = _world.HasNodes ? new Membership(store, Clone.Card, Work(hands)) : null,
            Tracker = tracker,
            Workspaces = new OwnedWorkspaces(this, hands.OpenWorkspaces(room)),
            Agents = new SimulatedAgents(this, _world),
            Gates = new SimulatedGates(this, _world),
            Target = new OwnedLanding(this, branches.Target),
            Integration = branches.Integration is { } integration ? new OwnedLanding(this, integration) : null,
            PublishAsync = (entry, token) => OnGitAsync(() => branches.PublishAsync(entry, token)),
            Machine = Clone.Machine,
            ReadTemplate = _ => null,
            Serve = Serve,
            Random = new Random(_world.Chances.Engine.Below(int.MaxValue)),
            CloseAsync = () => ValueTask.CompletedTask,
        });
    }

    OwnedWorkRefs? Work(GitHands hands) => hands.OpenWorkRefs() is { } refs ? new OwnedWorkRefs(this, refs) : null;

    /// <summary>Runs something of git: it takes its steps beside the orchestrator, as the program git does.</summary>
    public Task<T> OnGitAsync<T>(Func<Task<T>> work) => GitNode.RunAsync(work);

    async Task FallAsleepAsync(bool takeOver, Seam seam, string operation)
    {
        _world.Note($"{Node.Name} falls asleep in {seam} {operation}");
        _world.Begin(() => SleepAsync(takeOver, _world.Chances.Weather));
        await Task.Yield();
    }

    async Task GitStepAsync(string step)
    {
        if (step is GitStep.RefsLocked or GitStep.RefMoved)
        {
            // Inside of one command of git, which goes on without its orchestrator.
            await TakeTimeAsync(GitNode);
            return;
        }

        // Between two commands it is the orchestrator who goes on, or does not.
        await Node.RunAsync(() => StepAsync(Seam.Git, step));
        if (Replaced && step.StartsWith(WorkspaceStep, StringComparison.Ordinal))
        {
            throw new IOException("stale file handle");
        }

        if (Clone.Disk.IsFull && step is GitStep.CommitMade or GitStep.WorkspaceHalf or GitStep.WorkspaceHalfMade
            or GitStep.CandidateHalf or GitStep.CheckoutHalf)
        {
            throw new IOException("no space left on device");
        }

        if (step is GitStep.PushSent && Strikes(FaultKind.PushArrivesLate))
        {
            throw new AnswerLostException("the connection was cut while the push was on its way");
        }

        if (step is GitStep.PushArrived && Strikes(FaultKind.PushAnswerLost))
        {
            throw new AnswerLostException("the connection was cut before the answer came");
        }

        if (Strikes(FaultKind.GitFails))
        {
            throw new GitException(
                ["simulated"], 128, "fatal: Unable to create '.lock': File exists.", Clone.Repository, true);
        }
    }

    async Task StoreStepAsync(string operation, StoreStep step, CancellationToken cancellationToken)
    {
        await StepAsync(Seam.Store, operation, cancellationToken);
        if (Strikes(FaultKind.StoreIsSlow, IsLook(operation) ? 0.2 : 1))
        {
            var slowness = _world.Chances.Faults.Lognormal(_world.Plan.Config.Limits.Lease / 2, 1);
            await Task.Delay(slowness, Node.Clock, cancellationToken);
        }

        var kind = step == StoreStep.BeforeCommit ? FaultKind.StoreFailsBefore : FaultKind.StoreFailsAfter;
        if (Clone.StoreAway)
        {
            await Task.Delay(StorePatience, Node.Clock, cancellationToken);
            if (Clone.StoreAway)
            {
                throw new StoreException("the server cannot be reached: no route to host", transient: true);
            }
        }

        if (step == StoreStep.BeforeCommit && Clone.Disk.IsFull && !_world.HasNodes && !IsLook(operation))
        {
            throw new StoreException("the disk is full", transient: true);
        }

        if (Strikes(kind, IsLook(operation) ? 0.2 : 1))
        {
            throw new StoreException($"{operation}: disk I/O error", transient: true);
        }
    }

    async Task TakeTimeAsync(SimulatedNode on)
    {
        // Never none: a delay of nothing is over at once, and two operations would be one step.
        if (_world.Plan.LatencyMax >= LatencyMin && _world.Chances.Order.Happens(0.3))
        {
            await Task.Delay(_world.Chances.Order.Between(LatencyMin, _world.Plan.LatencyMax), on.Clock);
        }
        else
        {
            await Task.Yield();
        }
    }

    Service Serve(ControlCommands commands)
    {
        Commands = commands;
        return new Service(this);
    }

    static bool IsLook(string operation) =>
        operation.StartsWith("Read", StringComparison.Ordinal) || operation.StartsWith("Find", StringComparison.Ordinal)
        || operation == GitStep.TargetAsked;

    /// <summary>The socket on which it can be asked.</summary>
    sealed class Service(SimulatedOrchestrator owner) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            owner.Commands = null;
            return ValueTask.CompletedTask;
        }
    }
}

/// <summary>What became of an orchestrator.</summary>
abstract record OrchestratorEnd
{
    OrchestratorEnd() { }

    public sealed record Finished(SwarmOutcome Outcome) : OrchestratorEnd;

    /// <summary>It could not start, or ended with an exception.</summary>
    public sealed record Failed(Exception Error) : OrchestratorEnd;

    public sealed record Killed : OrchestratorEnd;

    /// <summary>It sleeps, and another one was started.</summary>
    public sealed record Asleep : OrchestratorEnd;
}
