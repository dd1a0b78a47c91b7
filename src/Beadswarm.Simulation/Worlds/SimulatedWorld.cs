using Beadswarm.Git;
using Beadswarm.Simulation.Checking;
using Beadswarm.Simulation.Git;
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
    public const long BytesFreeMin = 1024 * 1024;

    const int NotesMax = 200;

    readonly Queue<string> _notes = new();
    readonly List<SimulatedClone> _clones = [];
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
        for (var number = 1; number <= plan.Clones; number++)
        {
            _clones.Add(new SimulatedClone(this, number, _clones.FirstOrDefault()));
        }

        Money = new MoneyWatch(this);
        Witness = new Witness(this);
        Invariants = new StepInvariants(this);
    }

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

    /// <summary>At least one.</summary>
    public IReadOnlyList<SimulatedClone> Clones => _clones;

    /// <summary>Several orchestrators work the swarm, each in a clone of its own.</summary>
    public bool HasNodes => _clones.Count > 1;

    /// <summary>Where the swarm is held, or was last.</summary>
    public SimulatedClone Holder =>
        _clones.Find(clone => clone.Host == Database.Swarms.Last?.Record.Node) ?? _clones[0];

    public SimulatedRemote? Remote => _clones[0].Git.Remote;

    /// <summary>The branch that beads complete on.</summary>
    public BranchName Target => _clones[0].Git.Target;

    /// <summary>Where that branch is.</summary>
    public RefTable TargetRefs => _clones[0].Git.TargetRefs;

    /// <summary>Where the target is now; null when somebody has deleted it.</summary>
    public SimulatedCommit? Tip => _clones[0].Git.Tip;

    /// <summary>Those of all clones.</summary>
    public CommitTable Commits => _clones[0].Git.Commits;

    public Witness Witness { get; }

    public MoneyWatch Money { get; }

    public StepInvariants Invariants { get; }

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<SimulatedOrchestrator> Orchestrators => _orchestrators;

    /// <summary>Where beads land first: the target, or the integration branch once it is there.</summary>
    public SimulatedCommit? LandingTip =>
        Plan.Config.Landing.Mode == Beadswarm.Configuration.LandingMode.Integration
        && TargetRefs.Find(new BranchName(Plan.Config.Landing.IntegrationBranch)) is { } integration
            ? Commits[integration]
            : Tip;

    /// <summary>What happened outside of the store, the newest last.</summary>
    public IEnumerable<string> Notes => _notes;

    public SimulatedOrchestrator StartOrchestrator(SimulatedClone clone, bool resume)
    {
        var orchestrator = new SimulatedOrchestrator(this, clone, _orchestrators.Count + 1);
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

    /// <summary>One of all clones; nothing is drawn where there is one only.</summary>
    public SimulatedClone AnyClone(Chance chance) => HasNodes ? chance.Pick(_clones) : _clones[0];

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
