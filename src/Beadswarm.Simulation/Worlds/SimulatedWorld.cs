using Beadswarm.Git;
using Beadswarm.Simulation.Checking;
using Beadswarm.Simulation.Git;
using Beadswarm.Simulation.Machines;
using Beadswarm.Simulation.Scheduling;
using Beadswarm.Simulation.Storage;

namespace Beadswarm.Simulation.Worlds;

/// <summary>The streams of numbers of one run; each has one purpose.</summary>
sealed record Chances(Chance Order, Chance Faults, Chance Gates, Chance People, Chance Weather, Chance Engine)
{
    public static Chances Of(long seed) => new(
        new Chance(seed, "latency"), new Chance(seed, "strikes"), new Chance(seed, "gates"),
        new Chance(seed, "people"), new Chance(seed, "weather"), new Chance(seed, "engine"));
}

/// <summary>Everything there is in one simulated run.</summary>
sealed class SimulatedWorld
{
    public const string Repository = "/simulated";
    public const long BytesFreeMin = 1024 * 1024;

    const int NotesMax = 200;

    readonly Queue<string> _notes = new();
    readonly List<SimulatedOrchestrator> _orchestrators = [];
    Exception? _error;

    public SimulatedWorld(WorldPlan plan, SimulationOptions options)
    {
        (Plan, Options, Chances) = (plan, options, Chances.Of(plan.Seed));
        Scheduler = new SimulatedScheduler(new Chance(plan.Seed, "order"), plan.Scheduling) { Stepped = Stepped };
        Outside = Scheduler.AddNode("outside");
        StoreNode = Scheduler.AddNode("store");
        Faults = new Faults(plan.Faults, Chances.Faults);
        Database = new InMemoryDatabase(StoreNode.Clock, options.StoreDefects);
        Git = new SimulatedGit(new SimulatedGitSetup
        {
            SwarmFolder = Repository + "/.beadswarm",
            HasRemote = plan.HasRemote,
            When = Outside.Clock.GetUtcNow(),
            Files = plan.TrackerInGit ? [.. FirstFiles, (SimulatedBacklog.Path, "")] : FirstFiles,
        });
        Backlog = new SimulatedBacklog(Git, plan.Dialect, Outside.Clock);
        Disk = new SimulatedDisk(Git);
        Machine = new SimulatedMachine(Scheduler, Fail);
        Backlog.Put([.. plan.Beads.Select(planned => planned.Bead)]);

        Money = new MoneyWatch(this);
        Witness = new Witness(this);
        Invariants = new StepInvariants(this);
    }

    static readonly (string Path, string? Text)[] FirstFiles = [("README.md", "hello\n"), ("shared/1.txt", "one\n")];

    public WorldPlan Plan { get; }

    public SimulationOptions Options { get; }

    public Chances Chances { get; }

    public SimulatedScheduler Scheduler { get; }

    /// <summary>People, the network, and whatever makes things go wrong.</summary>
    public SimulatedNode Outside { get; }

    /// <summary>Where the clock ticks that judges leases.</summary>
    public SimulatedNode StoreNode { get; }

    public Faults Faults { get; }

    public InMemoryDatabase Database { get; }

    public SimulatedGit Git { get; }

    public SimulatedBacklog Backlog { get; }

    public SimulatedDisk Disk { get; }

    public SimulatedMachine Machine { get; }

    public Witness Witness { get; }

    public MoneyWatch Money { get; }

    public StepInvariants Invariants { get; }

    /// <summary>How wrong the wall clock of the machine is.</summary>
    public TimeSpan MachineSkew { get; private set; }

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<SimulatedOrchestrator> Orchestrators => _orchestrators;

    /// <summary>Where beads land first: the target, or the integration branch once it is there.</summary>
    public SimulatedCommit? LandingTip =>
        Plan.Config.Landing.Mode == Beadswarm.Configuration.LandingMode.Integration
        && Git.TargetRefs.Find(new BranchName(Plan.Config.Landing.IntegrationBranch)) is { } integration
            ? Git[integration]
            : Git.Tip;

    /// <summary>What happened outside of the store, the newest last.</summary>
    public IEnumerable<string> Notes => _notes;

    public SimulatedOrchestrator StartOrchestrator(bool resume)
    {
        var orchestrator = new SimulatedOrchestrator(this, _orchestrators.Count + 1);
        _orchestrators.Add(orchestrator);
        Note($"{orchestrator.Node.Name} starts");
        orchestrator.Start(resume);
        return orchestrator;
    }

    /// <summary>Lets a kind of fault that happens by itself happen again and again while anything goes wrong.</summary>
    public void Every(FaultKind kind, Chance chance, Func<Task> strike)
    {
        if (!Faults.Mix.Kinds.Contains(kind) || Faults.Mix.PauseBetween(kind) is not { } pause)
        {
            return;
        }

        Begin(async () =>
        {
            while (true)
            {
                await Task.Delay(pause * -Math.Log(1 - chance.Fraction()), Outside.Clock);
                if (!Faults.Active)
                {
                    return;
                }

                Faults.Count(kind);
                Note($"{kind}");
                await strike();
            }
        });
    }

    /// <summary>Something that goes on beside everything else, outside of any orchestrator.</summary>
    public void Begin(Func<Task> life) => _ = Outside.RunAsync(async () =>
    {
        try
        {
            await life();
        }
        catch (Exception error)
        {
            Fail(error);
        }
    });

    public void SetMachineClock(TimeSpan skew)
    {
        MachineSkew = skew;
        foreach (var orchestrator in _orchestrators)
        {
            orchestrator.Node.Clock.Skew = skew;
        }
    }

    public void Note(string text)
    {
        _notes.Enqueue($"{Scheduler.Now:hh\\:mm\\:ss\\.fff} {text}");
        if (_notes.Count > NotesMax)
        {
            _notes.Dequeue();
        }
    }

    /// <summary>Ends the run with an error after this step.</summary>
    public void Fail(Exception error) => _error ??= error;

    /// <summary>
    /// An invariant was seen broken while the engine was at work: thrown here, the engine would take it for a failure
    /// of something of its own and go on, so that it is thrown after this step. Where nothing is checked, what is seen
    /// on the way is no evidence either.
    /// </summary>
    public void Violate(string invariant, string what)
    {
        if (Options.Checked)
        {
            Fail(new ViolationException(invariant, what));
        }
    }

    void Stepped()
    {
        if (_error is ViolationException violation)
        {
            throw violation;
        }

        if (_error is not null)
        {
            throw new InvalidOperationException("the simulated world itself failed", _error);
        }

        if (Options.Checked)
        {
            Invariants.Check();
        }
    }
}
