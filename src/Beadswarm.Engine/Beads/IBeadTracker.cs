namespace Beadswarm.Beads;

/// <summary>Whose rules decide what is ready and in which order the tracker itself would list it.</summary>
enum TrackerDialect
{
    /// <summary>bd 1.0.5 and later.</summary>
    Bd,

    /// <summary>bd up to 0.50: SQLite beside the JSONL.</summary>
    BdClassic,

    /// <summary>br (beads_rust).</summary>
    Br,
}

/// <summary>
/// One change the swarm makes to a bead in its tracker. Applying one twice is the same as once, and a bead that
/// somebody closed meanwhile stays closed.
/// </summary>
abstract record BeadChange
{
    BeadChange(BeadId bead) => Bead = bead;

    public BeadId Bead { get; init; }

    /// <summary>Somebody works on it: status in_progress, with an assignee.</summary>
    public sealed record Start(BeadId Bead, string Assignee) : BeadChange(Bead);

    /// <summary>Its content is on the target branch: status closed, with a reason.</summary>
    public sealed record Close(BeadId Bead, string Reason) : BeadChange(Bead);

    /// <summary>A person must look: status blocked, the note appended to its notes.</summary>
    public sealed record Block(BeadId Bead, string Note) : BeadChange(Bead);

    /// <summary>Back to open without an assignee, because nobody works on it any more.</summary>
    public sealed record Reopen(BeadId Bead, string? Note) : BeadChange(Bead);
}

/// <summary>
/// Where the backlog lives. The swarm is one writer among others: <see cref="ApplyAsync"/> merges with what somebody
/// else changed meanwhile and never writes a field it was not asked to change.
/// </summary>
interface IBeadTracker
{
    TrackerDialect Dialect { get; }

    /// <summary>How the tracker's own program lists what is ready.</summary>
    TrackerOrder Order { get; }

    /// <summary>Statuses that the tracker lists as ready.</summary>
    IReadOnlyList<string> ListedStatuses { get; }

    /// <summary>Reads the whole backlog.</summary>
    /// <exception cref="TrackerException">The tracker's file is missing, doubled, conflicted or broken.</exception>
    Task<Backlog> ReadAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Applies all changes in one atomic replacement. A bead that is no longer there is reported, not invented.
    /// </summary>
    /// <returns>The ids that the tracker does not hold.</returns>
    Task<IReadOnlyList<BeadId>> ApplyAsync(IReadOnlyList<BeadChange> changes, CancellationToken cancellationToken);

    /// <summary>
    /// Brings in what others have done to a copy of the file, in one atomic replacement: see
    /// <see cref="BacklogMergeRules"/>. Doing it twice is the same as once.
    /// </summary>
    /// <exception cref="TrackerException">One of the files cannot be read, or this one not written.</exception>
    Task MergeAsync(TrackerCopy copy, CancellationToken cancellationToken);

    /// <summary>
    /// The file that git may track in this repository, as it is now; null where the backlog lies elsewhere or brings
    /// its state to others by itself.
    /// </summary>
    Task<TrackerContent?> ReadFileAsync(string repository, CancellationToken cancellationToken);

    /// <summary>A cheap value that differs whenever the backlog may have changed since it was last asked.</summary>
    string ChangeStamp();
}

/// <summary>
/// The tracker cannot be read or written. The message names the file, the line where there is one, and the remedy.
/// </summary>
sealed class TrackerException(string message, string? path = null, int? line = null, Exception? inner = null)
    : Exception(message, inner)
{
    public string? Path { get; } = path;

    public int? Line { get; } = line;
}

/// <summary>A tracker's file at one moment.</summary>
/// <param name="Path">Relative to the repository, with forward slashes.</param>
sealed record TrackerContent(string Path, ReadOnlyMemory<byte> Content);

/// <summary>A copy of a tracker's file that others have changed.</summary>
/// <param name="Path">Relative to the repository, with forward slashes.</param>
/// <param name="Parted">What the file and the copy were when they parted.</param>
/// <param name="Taken">What the copy was when it was last brought into the file.</param>
sealed record TrackerCopy(
    string Path, ReadOnlyMemory<byte> Parted, ReadOnlyMemory<byte> Taken, ReadOnlyMemory<byte> Content);
