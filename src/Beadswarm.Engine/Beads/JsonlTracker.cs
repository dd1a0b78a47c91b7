namespace Beadswarm.Beads;

/// <summary>
/// The backlog in a JSONL file that bd, br, git and people write too. One writer at a time (the trackers' own lock
/// files), the file is read again under the lock, only touched lines change, and the file is replaced as a whole.
/// </summary>
/// <param name="beforeReplace">
/// Called when the new file is written and synced but does not have its name yet: where a crash would hurt most.
/// </param>
sealed class JsonlTracker(
    TrackerLocation location, TimeProvider time, TimeSpan? lockWaitMax = null, Action? beforeReplace = null)
    : IBeadTracker
{
    /// <summary>How often a write starts over because somebody without the locks changed the file meanwhile.</summary>
    const int RestartsMax = 10;

    public TrackerLocation Location { get; } = location;

    public TrackerDialect Dialect => Location.Dialect;

    public TrackerOrder Order => Location.Order;

    public IReadOnlyList<string> ListedStatuses => Location.ListedStatuses;

    public async Task<Backlog> ReadAsync(CancellationToken cancellationToken)
    {
        RejectSecondFile();
        try
        {
            var bytes = await File.ReadAllBytesAsync(Location.File, cancellationToken);
            return Backlog.Parse(Location.File, bytes, Dialect);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new TrackerException(
                $"cannot read {Location.File}: {refused.Message}; restore the file or make it readable", Location.File,
                null, refused);
        }
    }

    public async Task<TrackerContent?> ReadFileAsync(string repository, CancellationToken cancellationToken)
    {
        var path = Path.GetRelativePath(repository, Location.File).Replace('\\', '/');
        return path == $"{TrackerLocation.FolderName}/{Path.GetFileName(Location.File)}"
            ? new TrackerContent(path, await File.ReadAllBytesAsync(Location.File, cancellationToken))
            : null;
    }

    public async Task<IReadOnlyList<BeadId>> ApplyAsync(
        IReadOnlyList<BeadChange> changes, CancellationToken cancellationToken) =>
        (await EditAsync(
            (backlog, now) => BacklogEditRules.Apply(backlog, changes, Dialect, now), cancellationToken)).Missing;

    public Task MergeAsync(TrackerCopy copy, CancellationToken cancellationToken)
    {
        Backlog Read(string when, ReadOnlyMemory<byte> content) =>
            Backlog.Parse($"{copy.Path} {when}", content, Dialect);
        var (was, parted, there) = (
            Read("as it was taken from the target", copy.Taken), Read("as it was in common", copy.Parted),
            Read("on the target", copy.Content));
        return WriteAsync(
            (here, _) => BacklogMergeRules.Merge(was, parted, here, there, Dialect), bytes => bytes, cancellationToken);
    }

    /// <summary>
    /// Replaces the file by what is made of it. It is read again under the lock, and once more whenever somebody
    /// without the locks has changed it meanwhile.
    /// </summary>
    public Task<BacklogEdit> EditAsync(
        Func<Backlog, DateTimeOffset, BacklogEdit> edit, CancellationToken cancellationToken) =>
        WriteAsync(edit, made => made.Bytes, cancellationToken);

    /// <param name="bytesOf">The new file; null where nothing changes.</param>
    async Task<T> WriteAsync<T>(
        Func<Backlog, DateTimeOffset, T> change, Func<T, byte[]?> bytesOf, CancellationToken cancellationToken)
    {
        try
        {
            // This keeps the tasks of this process apart too: each open file is a lock of its own.
            using var held = await TrackerLock.TakeAsync(
                Location.Folder, Location.LockFiles, lockWaitMax ?? TrackerLock.WaitMax, time, cancellationToken);
            return await ReplaceAsync(change, bytesOf, cancellationToken);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new TrackerException(
                $"cannot write {Location.File}: {refused.Message}; nothing was changed: free some space or make the "
                + "folder writable", Location.File, null, refused);
        }
    }

    public string ChangeStamp() => FileStamp.Of(Location.File)
        // A second file makes the backlog unreadable, so that it appears is a change too.
        + (TrackerLocation.Backlogs(Location.Folder).Count > 1 ? "+" : "");

    async Task<T> ReplaceAsync<T>(
        Func<Backlog, DateTimeOffset, T> change, Func<T, byte[]?> bytesOf, CancellationToken cancellationToken)
    {
        AtomicFile.DeleteLeftovers(Location.File);
        for (var restarts = 0; restarts <= RestartsMax; restarts++)
        {
            var stamp = ChangeStamp();
            var backlog = await ReadAsync(cancellationToken);
            var made = change(backlog, time.GetUtcNow());
            if (bytesOf(made) is not { } bytes)
            {
                return made;
            }

            // Editors and git take no lock. What they wrote since we read must not be replaced.
            if (ChangeStamp() == stamp)
            {
                AtomicFile.Replace(Location.File, bytes, beforeReplace);
                return made;
            }
        }

        throw new TrackerException(
            $"cannot write {Location.File}: it changed {RestartsMax + 1} times while it was read; end the program that "
            + "rewrites it", Location.File);
    }

    void RejectSecondFile()
    {
        if (TrackerLocation.Backlogs(Location.Folder) is [var one, var other])
        {
            throw new TrackerException(
                $"cannot choose between {one} and {other}: both are there; keep the one your tracker writes and delete "
                + "or rename the other", other);
        }
    }
}
