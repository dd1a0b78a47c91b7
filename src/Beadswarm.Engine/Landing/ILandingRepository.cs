using Beadswarm.Beads;
using Beadswarm.Git;

namespace Beadswarm.Landing;

/// <summary>What a commit made by the lander says. Trailers are read by tools; the text is for people.</summary>
sealed record LandingMessage(string Subject, string Body, IReadOnlyList<(string Name, string Value)> Trailers)
{
    /// <summary>The trailer that names the bead a commit landed.</summary>
    public const string BeadTrailer = "Bead";

    /// <summary>The trailer that names the agent whose work it is: only the commits of a lander have it.</summary>
    public const string AgentTrailer = "Agent";

    /// <summary>The trailer of a commit that takes in several landings: one for each bead.</summary>
    public const string BatchTrailer = "Batch";

    /// <summary>The first line.</summary>
    public string Title => OneLine(Subject);

    /// <summary>What follows the first line and the empty one after it.</summary>
    public string Rest => string.Join("\n\n", new[]
    {
        Body.Trim(),
        string.Join('\n', Trailers.Select(trailer => $"{trailer.Name}: {OneLine(trailer.Value)}")),
    }.Where(paragraph => paragraph.Length > 0));

    public override string ToString() =>
        string.Join("\n\n", new[] { Title, Rest }.Where(paragraph => paragraph.Length > 0)) + "\n";

    // A line break in a title would end the trailer, and text of a bead could then pass for one.
    static string OneLine(string text) =>
        string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries));
}

/// <summary>How a merged bead looks in history.</summary>
enum MergeStyle
{
    /// <summary>A merge commit with the agent's commits as its second parent.</summary>
    MergeCommit,

    /// <summary>One commit on top of the tip.</summary>
    Squash,

    /// <summary>A merge commit that goes on from the head and takes the tip in as its second parent.</summary>
    TakeUp,
}

/// <summary>A bead's head that is to go on top of a tip. The same request gives the same candidate.</summary>
sealed record MergeRequest(
    CommitId Tip, CommitId Head, LandingMessage Message, DateTimeOffset When,
        MergeStyle Style = MergeStyle.MergeCommit);

/// <summary>A file both sides changed.</summary>
/// <param name="Kind">In git's words, for example <c>CONFLICT (contents)</c>.</param>
/// <param name="Excerpt">Both sides of the conflicting places, cut to a bounded length.</param>
sealed record ConflictedFile(string Path, string Kind, string Excerpt);

/// <summary>What merging a head into a tip gives. Nothing is checked out and no ref moves.</summary>
abstract record MergeOutcome
{
    MergeOutcome() { }

    public sealed record Clean(CommitId Candidate, TreeId Tree) : MergeOutcome
    {
        /// <summary>Conflicts that were settled as the configuration says.</summary>
        public IReadOnlyList<ResolvedFile> Resolved { get; init; } = [];
    }

    /// <param name="OtherSide">The target's commits that it conflicts with, the newest first.</param>
    public sealed record Conflict(IReadOnlyList<ConflictedFile> Files, IReadOnlyList<OtherSide> OtherSide)
        : MergeOutcome
    {
        /// <summary>What the bead itself did to these files, as a patch cut to a bounded length.</summary>
        public string OwnChange { get; init; } = "";

        /// <summary>Why the configured way to settle it was none; null: there is no such way.</summary>
        public string? Tried { get; init; }
    }

    /// <summary>Nothing to land: the tip has the content already.</summary>
    public sealed record Empty : MergeOutcome;
}

/// <summary>How a merge began.</summary>
abstract record MergeStart
{
    MergeStart() { }

    public sealed record Done(MergeOutcome Outcome) : MergeStart;

    /// <summary>A command of the configuration settles its conflicts, which may take its time.</summary>
    public sealed record UnderWay(Task<MergeOutcome> Outcome) : MergeStart;
}

/// <summary>What became of the wish to move the target. Asking again after any of them is safe.</summary>
abstract record AdvanceOutcome
{
    AdvanceOutcome() { }

    /// <summary>The target is at the candidate, or has gone on from there.</summary>
    public sealed record Moved : AdvanceOutcome;

    /// <summary>Somebody else moved the target first: merge again on what is there now.</summary>
    public sealed record LostRace(CommitId Actual) : AdvanceOutcome;

    /// <summary>The remote does not take it: a protected branch, a hook.</summary>
    public sealed record Refused(string Reason) : AdvanceOutcome;

    /// <summary>The user's checkout is in the way: the queue waits until it is not.</summary>
    public sealed record Held(string Reason) : AdvanceOutcome;

    /// <summary>
    /// The answer was lost and the target is still where it was; the remote may yet be working on it.
    /// </summary>
    public sealed record Unknown(string Reason) : AdvanceOutcome;

    /// <summary>Another lander has taken over; this one must stop.</summary>
    public sealed record Fenced : AdvanceOutcome;
}

/// <summary>
/// Whether the content of a change is on the target. Content is compared, not ancestry and not messages.
/// </summary>
abstract record Observation
{
    Observation() { }

    public sealed record Present(CommitId Tip) : Observation;

    /// <summary>It was there, and later commits changed some of the same files again.</summary>
    public sealed record PresentButChangedSince(CommitId Tip, CommitId SeenAt, IReadOnlyList<string> Paths)
        : Observation;

    public sealed record Absent(CommitId Tip) : Observation;
}

/// <summary>Whether the user's own branch followed what landed on a remote. Never an error.</summary>
abstract record FollowOutcome
{
    FollowOutcome() { }

    public sealed record Followed : FollowOutcome;

    public sealed record Skipped(string Reason) : FollowOutcome;
}

/// <summary>A file as a commit and the user's checkout have had it both; empty where it was not there yet.</summary>
/// <param name="Parted">Where their commits parted.</param>
/// <param name="Taken">
/// In the newest of the commits that <see cref="ILandingRepository.TakeAsync"/> was told of, if that is later.
/// </param>
sealed record CommonContent(ReadOnlyMemory<byte> Parted, ReadOnlyMemory<byte> Taken);

/// <summary>A commit of the target's history.</summary>
sealed record HistoryCommit(CommitId Id, string Subject);

/// <summary>A bead that was landed, with the commit and the time that say so.</summary>
/// <param name="At">
/// By the store when it was seen on the target; by the target's history when it began to wait for that.
/// </param>
sealed record BeadLanding(BeadId Bead, CommitId Commit, DateTimeOffset At);

/// <summary>
/// The lander's view of one target branch. Real git behind it, or memory in the simulation. Every operation may be
/// repeated, and the process may die between any two.
/// </summary>
interface ILandingRepository
{
    /// <summary>
    /// Finishes or undoes what a lander that died was in the middle of. Called by the holder of the lander's lock
    /// before anything else.
    /// </summary>
    Task RecoverAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Whether a commit is at hand: one that another node has made may not be.</summary>
    Task<bool> KnowsAsync(CommitId commit, CancellationToken cancellationToken) => Task.FromResult(true);

    /// <summary>Where the target is now, with its objects at hand.</summary>
    Task<CommitId> TipAsync(CancellationToken cancellationToken);

    /// <summary>Makes the branch at a commit unless it exists (integration branches).</summary>
    Task EnsureBranchAsync(CommitId at, CancellationToken cancellationToken);

    Task<MergeOutcome> MergeAsync(MergeRequest request, CancellationToken cancellationToken);

    /// <summary>The same without waiting for commands of the configuration.</summary>
    async Task<MergeStart> BeginMergeAsync(MergeRequest request, CancellationToken cancellationToken) =>
        new MergeStart.Done(await MergeAsync(request, cancellationToken));

    /// <summary>
    /// A commit whose parents are a tip and the last of commits made on top of it one upon the other, with that one's
    /// tree: on the line of first parents all of them are one step. The same question gives the same commit.
    /// </summary>
    Task<CommitId> JoinAsync(
        CommitId tip, CommitId last, LandingMessage message, DateTimeOffset when, CancellationToken cancellationToken);

    /// <summary>Where bringing a head together with another commit would conflict, without making anything of it. Null:
    /// it would not.</summary>
    Task<MergeOutcome.Conflict?> ProbeAsync(CommitId onto, CommitId head, CancellationToken cancellationToken);

    /// <summary>Puts exactly this commit into a landing workspace: nothing more, nothing less.</summary>
    /// <returns>The folder.</returns>
    Task<string> CheckoutAsync(CommitId candidate, int slot, CancellationToken cancellationToken);

    /// <summary>
    /// A commit on top of the tip that changes one file only. Null when the tip has that content, or git does not track
    /// the file there.
    /// </summary>
    Task<CommitId?> TrackerCommitAsync(
        CommitId tip, string path, ReadOnlyMemory<byte> content, LandingMessage message, DateTimeOffset when,
        CancellationToken cancellationToken);

    /// <summary>Moves the target from one commit to another, or not at all.</summary>
    Task<AdvanceOutcome> AdvanceAsync(CommitId expected, CommitId candidate, CancellationToken cancellationToken);

    /// <summary>Looks at the target itself, not at what this process believes of it.</summary>
    /// <param name="candidate">A commit made by this lander on top of its first parent.</param>
    /// <param name="paths">What the change touched; empty: what the candidate changed against its first parent.</param>
    Task<Observation> ObserveAsync(
        CommitId candidate, IReadOnlyList<string> paths, CancellationToken cancellationToken);

    /// <summary>The files that differ between two commits.</summary>
    Task<IReadOnlyList<FileChange>> ChangesAsync(CommitId from, CommitId to, CancellationToken cancellationToken);

    /// <summary>Whether the history of one commit holds another; a commit's own does.</summary>
    Task<bool> IsAncestorAsync(CommitId ancestor, CommitId of, CancellationToken cancellationToken);

    /// <summary>
    /// What a commit's line of first parents has after another one, the oldest first, and in the place of a commit that
    /// takes in several landings these; null where its history does not hold that one.
    /// </summary>
    Task<IReadOnlyList<HistoryCommit>?> HistoryAsync(
        CommitId after, CommitId upTo, CancellationToken cancellationToken);

    /// <summary>
    /// What landers have brought onto a commit's line of first parents, by commits made since then, the newest first.
    /// Those that went in together are named by the commit that took them in. What anybody else says of a bead in a
    /// message counts for nothing.
    /// </summary>
    Task<IReadOnlyList<BeadLanding>> LandingsAsync(
        CommitId upTo, DateTimeOffset since, CancellationToken cancellationToken);

    /// <summary>A file as it is in a commit, byte for byte; null where the commit has no file of that path.</summary>
    Task<ReadOnlyMemory<byte>?> ContentAsync(CommitId at, string path, CancellationToken cancellationToken);

    /// <summary>
    /// What a commit and the user's checkout have in common of a file; null where nothing is checked out, or they have
    /// no history in common.
    /// </summary>
    Task<CommonContent?> CommonContentAsync(CommitId with, string path, CancellationToken cancellationToken);

    /// <summary>What the target's tracker file was in this commit, this clone's own has taken in.</summary>
    Task TakeAsync(CommitId commit, CancellationToken cancellationToken);

    /// <summary>The tree of a commit: what verdicts are kept by.</summary>
    Task<TreeId> TreeAsync(CommitId commit, CancellationToken cancellationToken);

    /// <summary>Lets the user's own branch and checkout follow the target where nothing is in the way.</summary>
    Task<FollowOutcome> FollowAsync(CommitId landed, CancellationToken cancellationToken);
}

/// <summary>Where a target branch lives: in the user's repository or on a remote.</summary>
interface ILandingTarget
{
    BranchName Branch { get; }

    /// <summary>Finishes or undoes what a lander that died was in the middle of.</summary>
    Task RecoverAsync(CancellationToken cancellationToken);

    /// <summary>Where the branch is now, its objects in the hub; null when it does not exist.</summary>
    Task<CommitId?> TipAsync(CancellationToken cancellationToken);

    Task EnsureBranchAsync(CommitId at, CancellationToken cancellationToken);

    Task<AdvanceOutcome> AdvanceAsync(CommitId expected, CommitId candidate, CancellationToken cancellationToken);

    Task<FollowOutcome> FollowAsync(CommitId landed, CancellationToken cancellationToken);
}
