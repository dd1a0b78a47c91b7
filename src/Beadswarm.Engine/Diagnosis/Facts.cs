using Beadswarm.Beads;
using Beadswarm.Processes;
using Beadswarm.Sandboxes;
using Beadswarm.Swarms;
using Beadswarm.Workspaces;

namespace Beadswarm.Diagnosis;

/// <summary>Everything that was looked at, as values: what <see cref="DiagnosisRules"/> judges.</summary>
sealed record Facts
{
    public required DateTimeOffset At { get; init; }

    /// <summary>What git calls its version; null when there is no git.</summary>
    public required string? GitVersion { get; init; }

    /// <summary>What stands in the way of working on the target branch.</summary>
    public IReadOnlyList<RepositoryObstacle> Obstacles { get; init; } = [];

    /// <summary>Git shows the swarm's folder as untracked files.</summary>
    public bool FolderNotIgnored { get; init; }

    public IReadOnlyList<ConfigComplaint> Config { get; init; } = [];

    /// <summary>Who runs a swarm here now.</summary>
    public SwarmHolder? Holder { get; init; }

    public TrackerFacts? Tracker { get; init; }

    public StoreFacts Store { get; init; } = new StoreFacts.None();

    /// <summary>Files that a program holds while it works.</summary>
    public IReadOnlyList<FoundLock> Locks { get; init; } = [];

    /// <summary>Processes of stages that are over.</summary>
    public IReadOnlyList<StrayProcess> Processes { get; init; } = [];

    /// <summary>What the hub holds for nobody. Looked for only while no swarm runs.</summary>
    public IReadOnlyList<Orphan> Orphans { get; init; } = [];

    /// <summary>Why the sandbox that the configuration asks for cannot be made; null where it can or none is wanted.
    /// </summary>
    public SandboxTrouble? Sandbox { get; init; }

    /// <summary>Mode pull-request: what proposing beads would meet; null in the other modes.</summary>
    public ForgeFacts? Forge { get; init; }

    public DiskFacts? Disk { get; init; }
}

/// <summary>Something about the repository that the swarm cannot, or can only just, work with.</summary>
sealed record RepositoryObstacle(string Kind, string Message, bool Blocking);

/// <summary>A message about the configuration.</summary>
/// <param name="StopsRunOnly">Other verbs work all the same, for example when no agent CLI is there.</param>
sealed record ConfigComplaint(string Where, string Message, bool StopsRunOnly);

/// <summary>What the tracker's folder holds.</summary>
/// <param name="Files">More than one where both names of the backlog are there.</param>
/// <param name="Broken">Each line that cannot be read, and each reason why there is no backlog.</param>
/// <param name="Troubles">What is wrong with a backlog that can be read.</param>
sealed record TrackerFacts(
    IReadOnlyList<BacklogFile> Files, IReadOnlyList<BrokenPlace> Broken, IReadOnlyList<TrackerTrouble> Troubles,
    TrackerCounts? Counts);

/// <summary>One file of a backlog.</summary>
/// <param name="Beads">Id to last change; null when it cannot be read.</param>
sealed record BacklogFile(string Path, IReadOnlyDictionary<BeadId, DateTimeOffset>? Beads);

/// <summary>A place in a tracker's file, and what is wrong there.</summary>
sealed record BrokenPlace(string Message, string? Path, int? Line);

/// <summary>How many beads a tracker's database holds, and how many its file.</summary>
sealed record TrackerCounts(string Database, long InDatabase, string File, long InFile);

/// <summary>What the swarm's own database is.</summary>
abstract record StoreFacts
{
    StoreFacts() { }

    public sealed record None : StoreFacts;

    public sealed record Sound : StoreFacts;

    /// <summary>Damaged, or written by a later program.</summary>
    public sealed record Unusable(string Path, string Message) : StoreFacts;
}

/// <summary>A file that stands for a lock.</summary>
/// <param name="Held">Somebody who lives holds it, as far as that can be known.</param>
sealed record FoundLock(string Path, LockKind Kind, TimeSpan Age, bool Held);

/// <summary>Whose lock it is.</summary>
enum LockKind
{
    /// <summary>git's, in the user's own repository.</summary>
    User,

    /// <summary>The swarm's control socket.</summary>
    Swarm,
}

/// <summary>A process of a stage that is over.</summary>
/// <param name="Tag">The stage's; where the process has shed it, what else is known.</param>
sealed record StrayProcess(ProcessIdentity Identity, string Tag, string Command);

/// <summary>Space, in bytes.</summary>
sealed record DiskFacts(string Path, long Free, long FreeMin, long Used, long UsedMax);
