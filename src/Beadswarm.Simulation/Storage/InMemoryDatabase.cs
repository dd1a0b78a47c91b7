using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Gates;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Storage;

namespace Beadswarm.Simulation.Storage;

/// <summary>
/// What a store keeps, without a disk: it outlives the orchestrators that open it by <see cref="InMemoryStore"/>, and
/// may be shared by several. Nothing in it waits, and nothing in it depends on anything but the order of the calls, so
/// the same calls give the same answers and the same journal. It must be used by one thread at a time.
/// </summary>
sealed class InMemoryDatabase
{
    /// <summary>Commits that reach the disk together when <see cref="StoreDefects.AnsweredBeforeDurable"/>.</summary>
    const int UnsafeCommitsMax = 8;

    /// <summary>The key of the only row that says whether the merge queue is paused.</summary>
    public const int ThePause = 1;

    readonly TimeProvider _time;
    readonly UndoLog _undo = new();
    int _unsafeCommits;

    /// <param name="time">The store's clock: it decides whether a lease has expired.</param>
    public InMemoryDatabase(TimeProvider time, StoreDefects? defects = null)
    {
        _time = time;
        Defects = defects ?? StoreDefects.None;
        Swarms = new Series<StoredSwarm>(_undo);
        Agents = new Table<AgentNumber, StoredAgent>(_undo);
        Nodes = new Table<string, StoredNode>(_undo, StringComparer.Ordinal);
        Beads = new BeadTable(_undo);
        Runs = new RunTable(_undo);
        Landings = new LandingTable(_undo);
        Artifacts = new Series<StoredArtifact>(_undo, ReplacedArtifact);
        Contents = new Table<string, byte[]>(_undo, StringComparer.Ordinal);
        Gates = new Series<GateResult>(_undo, ReplacedGate);
        Summaries = new Table<string, GateSummary>(_undo, StringComparer.Ordinal);
        Pauses = new Table<int, QueuePause>(_undo);
        Baselines = new Table<string, Baseline>(_undo, StringComparer.Ordinal);
        Requests = new Table<string, StoredRequest>(_undo, StringComparer.Ordinal);
        Costs = new Table<long, StoredCost>(_undo);
        PlanCosts = new Table<string, StoredCost>(_undo, StringComparer.Ordinal);
        Effects = new Series<OpenEffect>(_undo, ReplacedEffect);
        Outbox = new Series<OutboxEntry>(_undo, ReplacedOutbox);
        Journal = new Series<JournalEntry>(_undo, ReplacedJournal);
    }

    public StoreDefects Defects { get; }

    public Series<StoredSwarm> Swarms { get; }

    public Table<AgentNumber, StoredAgent> Agents { get; }

    /// <summary>By name.</summary>
    public Table<string, StoredNode> Nodes { get; }

    public BeadTable Beads { get; }

    public RunTable Runs { get; }

    public LandingTable Landings { get; }

    public Series<StoredArtifact> Artifacts { get; }

    public Grouping<BeadId> ArtifactsOfBead { get; } = new();

    /// <summary>Content of artifacts by its hash.</summary>
    public Table<string, byte[]> Contents { get; }

    public Series<GateResult> Gates { get; }

    /// <summary>Runs of gates that came to a verdict.</summary>
    public Grouping<(string Tree, string Recipe)> Verdicts { get; } = new();

    /// <summary>How each gate has done.</summary>
    public Table<string, GateSummary> Summaries { get; }

    public Table<string, Baseline> Baselines { get; }

    /// <summary>At most the one of <see cref="ThePause"/>.</summary>
    public Table<int, QueuePause> Pauses { get; }

    /// <summary>What requests of external agents came to.</summary>
    public Table<string, StoredRequest> Requests { get; }

    /// <summary>What the agents of executions used, by execution.</summary>
    public Table<long, StoredCost> Costs { get; }

    /// <summary>What planners used, by session.</summary>
    public Table<string, StoredCost> PlanCosts { get; }

    public Series<OpenEffect> Effects { get; }

    /// <summary>Effects of which nobody has said what became of them.</summary>
    public SortedSet<long> Unsettled { get; } = [];

    public Series<OutboxEntry> Outbox { get; }

    /// <summary>What the outbox still holds.</summary>
    public SortedSet<long> Untold { get; } = [];

    public Series<JournalEntry> Journal { get; }

    public Grouping<BeadId> JournalOfBead { get; } = new();

    /// <summary>How many changes were ever made to any row.</summary>
    public long Changes => _undo.Made;

    /// <summary>The store's own time, in the precision in which it keeps instants.</summary>
    public DateTimeOffset Now => StoreTime.Truncate(_time.GetUtcNow());

    public (string Tree, string Recipe) VerdictKey(string tree, string recipe) =>
        (Defects.GateFoundByRecipeAlone ? "" : tree, recipe);

    /// <summary>Runs one transaction: all of it is applied, or nothing when it throws.</summary>
    /// <param name="callersClock">
    /// Of the machine that asks, when that is not the store's. Looked at by a defective store only.
    /// </param>
    /// <param name="late">Journal entries that a defective store writes only after the commit.</param>
    public T Commit<T>(Func<StoreTransaction, T> work, TimeProvider? callersClock, List<LateEntry> late)
    {
        var before = _undo.Position;
        var now = Now;
        var leaseNow = Defects.LeaseJudgedByCallersClock && callersClock is not null
            ? StoreTime.Truncate(callersClock.GetUtcNow())
            : now;
        T result;
        try
        {
            result = work(new StoreTransaction(this, now, leaseNow, late));
        }
        catch
        {
            _undo.RollBackTo(before);
            throw;
        }

        _unsafeCommits++;
        if (!Defects.AnsweredBeforeDurable || _unsafeCommits == UnsafeCommitsMax)
        {
            _unsafeCommits = 0;
            _undo.Forget();
        }

        return result;
    }

    /// <summary>The store's own machine lost its power. What was answered is there afterwards.</summary>
    public void LosePower()
    {
        _unsafeCommits = 0;
        _undo.RollBackTo(0);
    }

    void ReplacedArtifact(long id, StoredArtifact? before, StoredArtifact? after)
    {
        if (after is not null)
        {
            ArtifactsOfBead.Add(after.Bead, id);
        }
        else if (before is not null)
        {
            ArtifactsOfBead.RemoveLast(before.Bead);
        }
    }

    void ReplacedGate(long id, GateResult? before, GateResult? after)
    {
        if (after is { Status: not GateStatus.NoVerdict })
        {
            Verdicts.Add(VerdictKey(after.Tree, after.Recipe), id);
        }
        else if (before is { Status: not GateStatus.NoVerdict })
        {
            Verdicts.RemoveLast(VerdictKey(before.Tree, before.Recipe));
        }
    }

    void ReplacedEffect(long id, OpenEffect? before, OpenEffect? after)
    {
        if (after is null)
        {
            Unsettled.Remove(id);
        }
        else
        {
            Unsettled.Add(id);
        }
    }

    void ReplacedOutbox(long id, OutboxEntry? before, OutboxEntry? after)
    {
        if (after is null)
        {
            Untold.Remove(id);
        }
        else
        {
            Untold.Add(id);
        }
    }

    void ReplacedJournal(long id, JournalEntry? before, JournalEntry? after)
    {
        if ((after ?? before)?.Bead is not { } bead)
        {
            return;
        }

        if (after is not null)
        {
            JournalOfBead.Add(bead, id);
        }
        else
        {
            JournalOfBead.RemoveLast(bead);
        }
    }
}

/// <summary>The count that a counting gate must not exceed.</summary>
sealed record Baseline(int Count);

/// <summary>An entry that a defective store has not written yet.</summary>
sealed record LateEntry(DateTimeOffset At, BeadId? Bead, AgentNumber? Agent, JournalEvent Event);
