namespace Beadswarm.Landing;

/// <summary>What has become of something that landed.</summary>
enum WatchFinding
{
    /// <summary>It is on the target, or others of the swarm have built upon it since.</summary>
    Stands,

    /// <summary>Every file is again as it was before, although its commit is in the target's history.</summary>
    Reverted,

    /// <summary>Every file is as it was before, and its commit has gone from the target's history.</summary>
    Gone,
}

/// <summary>A file that a landing changed, each state by the id of its content.</summary>
/// <param name="Earlier">What earlier landings found when they changed it.</param>
sealed record WatchedFile(string Path, string Before, string After, string Now, IReadOnlyCollection<string> Earlier)
{
    /// <summary>
    /// It is as it was before the landing; or, where others were taken off the target with it, as it was before them.
    /// </summary>
    public bool Undone => Now == Before || (Now != After && Earlier.Contains(Now));
}

/// <summary>
/// Judges by content whether a landing was taken off the target. A change of which any file is still different from
/// what it was before stands: what others make of it is their affair.
/// </summary>
static class WatchRules
{
    /// <param name="files">Those that the landing changed.</param>
    /// <param name="later">
    /// The files that the swarm's own later landings changed, as far as those stand: they may take it back.
    /// </param>
    /// <param name="contained">Its commit is in the target's history.</param>
    public static WatchFinding Judge(
        IReadOnlyCollection<WatchedFile> files, IReadOnlySet<string> later, bool contained) =>
        files.Count == 0 || files.Any(file => !file.Undone || later.Contains(file.Path)) ? WatchFinding.Stands
        : contained ? WatchFinding.Reverted
        : WatchFinding.Gone;
}
