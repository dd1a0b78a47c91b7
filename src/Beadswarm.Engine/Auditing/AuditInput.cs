using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Gates;
using Beadswarm.Journal;
using Beadswarm.Landing;
using Beadswarm.Storage;
using Beadswarm.Swarms;
using Beadswarm.Workspaces;

namespace Beadswarm.Auditing;

/// <summary>
/// Everything that an audit compares, as values: the store at one moment, and beside it what was seen outside. What
/// was not looked at is null, and the rules that need it are left out and named.
/// </summary>
sealed record AuditInput
{
    /// <summary>An orchestrator lives: what it is in the middle of is nobody's fault.</summary>
    public required bool Alive { get; init; }

    public required AuditedStore Store { get; init; }

    /// <summary>Seen after the store, so that whatever the store says is there must be there.</summary>
    public AuditedTarget? Target { get; init; }

    /// <summary>Seen before the store, so that whatever the tracker was told must be in the store.</summary>
    public AuditedTracker? Tracker { get; init; }

    public AuditedSurroundings? Surroundings { get; init; }

    /// <summary>What an earlier audit saw of the journal.</summary>
    public JournalSeal? Earlier { get; init; }

    /// <summary>Why something was not looked at, where that is worth a word.</summary>
    public IReadOnlyDictionary<AuditNeeds, string> Unseen { get; init; } = new Dictionary<AuditNeeds, string>();
}

/// <summary>How far a swarm has come when it is audited.</summary>
enum AuditMoment
{
    /// <summary>An orchestrator works on it.</summary>
    Running,

    /// <summary>Its orchestrator died; the next start settles what was under way.</summary>
    Interrupted,

    /// <summary>Ended before everything was done.</summary>
    Stopped,

    /// <summary>Ended because its target was reached or nothing can become ready.</summary>
    Completed,
}

/// <summary>The store, read in one transaction.</summary>
sealed record AuditedStore
{
    public required SwarmRecord Swarm { get; init; }
    public required IReadOnlyList<JournalEntry> Journal { get; init; }
    public required IReadOnlyList<BeadWork> Beads { get; init; }
    public required IReadOnlyList<StageRun> Runs { get; init; }
    public required IReadOnlyList<LandingEntry> Landings { get; init; }

    /// <summary>What the tracker has still to be told.</summary>
    public IReadOnlyList<OutboxEntry> Outbox { get; init; } = [];

    /// <summary>What was intended outside of the store and has not been settled.</summary>
    public IReadOnlyList<OpenEffect> Effects { get; init; } = [];

    /// <summary>Executions that have begun and not ended.</summary>
    public IReadOnlyList<OpenStage> Open { get; init; } = [];

    /// <summary>What a verdict is answered with now, for each tree and recipe in the journal.</summary>
    public IReadOnlyDictionary<(string Tree, string Recipe), GateStatus> Verdicts { get; init; } =
        new Dictionary<(string, string), GateStatus>();

    /// <summary>Of each counting gate in the journal.</summary>
    public IReadOnlyDictionary<string, int> Baselines { get; init; } = new Dictionary<string, int>();
}

/// <summary>The target branch as a stranger with git sees it.</summary>
sealed record AuditedTarget
{
    public required string Branch { get; init; }
    public required string Tip { get; init; }

    /// <summary>
    /// Every commit since the swarm began that the target has in its first line, or had there before somebody merged it
    /// from the side; parents before children.
    /// </summary>
    public required IReadOnlyList<TargetCommit> Commits { get; init; }

    /// <summary>Of the commits that the journal names: those that the tip contains.</summary>
    public required IReadOnlySet<string> Contained { get; init; }

    /// <summary>Path to content, at the tip, of the files that these commits changed.</summary>
    public IReadOnlyDictionary<string, string> Files { get; init; } = new Dictionary<string, string>();
}

/// <summary>A commit of the target's first line.</summary>
/// <param name="Beads">What its trailers say that it landed.</param>
/// <param name="Changes">Against its first parent.</param>
sealed record TargetCommit(
    string Id, string? FirstParent, string Tree, IReadOnlyList<string> Beads, IReadOnlyList<TargetChange> Changes)
{
    /// <summary>
    /// Paths in which a landing differs from the plain merge of what it names as its parents; the tracker's files do
    /// not count. Empty also where nothing was merged.
    /// </summary>
    public IReadOnlyList<string> Deviations { get; init; } = [];

    /// <summary>What a landing brought; null where that was not looked at, or is not there any more.</summary>
    public LandedWork? Brought { get; init; }
}

/// <summary>The work of a bead as its branch has it.</summary>
/// <param name="Head">The commit that was merged or squashed.</param>
/// <param name="Paths">
/// What its own commits changed: those that the target did not have. Of a merge among them only what it has from none
/// of its parents, so what a merge merely left out of the other side is nobody's change.
/// </param>
sealed record LandedWork(string Head, IReadOnlySet<string> Paths);

/// <summary>One file that a commit changed. Null where there was, or is, none.</summary>
/// <param name="Moved">Its content went on under another name.</param>
sealed record TargetChange(string Path, string? Old, string? New, bool Moved = false);

/// <summary>The tracker's own word.</summary>
/// <param name="Actor">How agents are written into it: <c>ACTOR/agent-N</c>.</param>
sealed record AuditedTracker(string Actor, IReadOnlyDictionary<BeadId, Bead> Beads);

/// <summary>What lies and runs around a repository.</summary>
sealed record AuditedSurroundings
{
    /// <summary>Processes that carry a tag of this repository's swarm.</summary>
    public IReadOnlyList<TaggedTrace> Processes { get; init; } = [];

    /// <summary>Locks of git and of the swarm that nobody holds.</summary>
    public IReadOnlyList<string> Locks { get; init; } = [];

    /// <summary>What the hub holds for nobody.</summary>
    public IReadOnlyList<Orphan> Orphans { get; init; } = [];

    /// <summary>Work of beads that are not finished which no ref holds.</summary>
    public IReadOnlyList<(BeadId Bead, string Commit)> Unkept { get; init; } = [];
}

/// <summary>A process, by what it was started for.</summary>
sealed record TaggedTrace(int Pid, string Tag, string Command);
