using Beadswarm.Beads;
using Beadswarm.Claims;
using Beadswarm.Workspaces;

namespace Beadswarm.Swarms;

/// <summary>The logs of one execution of a stage, or of one gate.</summary>
/// <param name="State">Of the bead that it belongs to; null: it belongs to none that is known.</param>
sealed record KeptLogs(IReadOnlyList<string> Files, BeadState? State, DateTimeOffset At, long Bytes)
{
    /// <summary>Somebody may be writing it.</summary>
    public bool InUse { get; init; }
}

/// <summary>
/// Decides which logs go so that all of them stay within a bound. Those of unfinished beads never do.
/// </summary>
static class LogRetentionRules
{
    /// <summary>
    /// The ones to remove: of finished beads first, of blocked ones last, and the oldest of each first.
    /// </summary>
    public static IReadOnlyList<KeptLogs> Superfluous(IReadOnlyList<KeptLogs> logs, long bytesMax)
    {
        var over = logs.Sum(log => log.Bytes) - bytesMax;
        var removed = new List<KeptLogs>();
        foreach (var log in logs.Where(log => Rank(log) is not null).OrderBy(Rank).ThenBy(log => log.At))
        {
            if (over <= 0)
            {
                break;
            }

            over -= log.Bytes;
            removed.Add(log);
        }

        return removed;
    }

    static int? Rank(KeptLogs log) => log.InUse ? null : log.State switch
    {
        null => 0,
        BeadState.Completed => 0,
        BeadState.Withdrawn => 0,

        // A person may still want to know why.
        BeadState.Blocked => 1,
        BeadState.Pending => null,
        BeadState.Held => null,
        BeadState.Landing => null,
        BeadState.Left => null,
    };
}

/// <summary>
/// Removes what agents and gates printed when it gets too much. What was decided by it is in the store.
/// </summary>
sealed class LogRetention(
    SwarmPaths paths, long bytesMax, Func<CancellationToken, Task<IReadOnlyList<(BeadId, BeadState)>>> readBeads,
    TimeProvider time)
{
    /// <summary>Walking all folders costs more than being late costs.</summary>
    static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    long? _lookedAt;

    /// <summary>Looks when it is time to, and removes what is too much.</summary>
    public async Task TidyAsync(CancellationToken cancellationToken)
    {
        if (_lookedAt is { } at && time.GetElapsedTime(at) < Pause)
        {
            return;
        }

        _lookedAt = time.GetTimestamp();
        try
        {
            await RemoveSuperfluousAsync(cancellationToken);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // An agent has made its folder unreadable, or one vanished meanwhile: there is another look.
        }
    }

    async Task RemoveSuperfluousAsync(CancellationToken cancellationToken)
    {
        if (Look(_ => null).Sum(log => log.Bytes) <= bytesMax)
        {
            return;
        }

        var states = (await readBeads(cancellationToken))
            .ToDictionary(bead => WorkspaceBranch.Encode(bead.Item1.Value), bead => bead.Item2);
        foreach (var file in LogRetentionRules.Superfluous(Look(states.GetValueOrDefault), bytesMax)
            .SelectMany(log => log.Files))
        {
            Remove(file);
        }
    }

    static void Remove(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It is tried again the next time.
        }
    }

    IReadOnlyList<KeptLogs> Look(Func<string, BeadState?> stateOf) => [.. Sessions(stateOf), .. Gates()];

    IEnumerable<KeptLogs> Sessions(Func<string, BeadState?> stateOf) =>
        from bead in FoldersIn(paths.Sessions)
        from session in FoldersIn(bead)
        let files = FilesIn(session, "std*.log")
        where files.Length > 0
        select Kept(files, stateOf(Path.GetFileName(bead)));

    // The folder of the newest epoch is in use: it is of this very run.
    IEnumerable<KeptLogs> Gates() =>
        from epoch in FoldersIn(paths.GateLogs)
            .OrderByDescending(folder => long.TryParse(Path.GetFileName(folder), out var number) ? number : 0)
            .Select((folder, i) => (Folder: folder, Newest: i == 0))
        from file in FilesIn(epoch.Folder, "*")
        select Kept([file], null) with { InUse = epoch.Newest };

    static KeptLogs Kept(FileInfo[] files, BeadState? state) => new(
        [.. files.Select(file => file.FullName)], state, files.Max(file => file.LastWriteTimeUtc),
        files.Sum(file => file.Length));

    static IEnumerable<string> FoldersIn(string folder) =>
        Directory.Exists(folder) ? Directory.EnumerateDirectories(folder) : [];

    static FileInfo[] FilesIn(string folder, string pattern) => [.. new DirectoryInfo(folder).EnumerateFiles(pattern)];
}
