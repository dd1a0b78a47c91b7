namespace Beadswarm.Beads;

/// <summary>
/// The lock files that bd and br themselves take before they write, held together. On Linux an exclusively opened file
/// is flock(2), so the trackers see our lock and we see theirs. The files stay: deleting a lock file breaks the lock.
/// </summary>
sealed class TrackerLock : IDisposable
{
    /// <summary>As long as the trackers themselves wait.</summary>
    public static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(30);

    static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(25);

    /// <summary>What .NET reports when another process holds the flock (EWOULDBLOCK), on Linux and on macOS.</summary>
    static readonly int[] HeldElsewhere = [11, 35, unchecked((int)0x80070020)];

    readonly List<FileStream> _held = [];

    TrackerLock() { }

    /// <summary>Takes all of them, in the order given.</summary>
    /// <exception cref="TrackerException">Another program held one for the whole wait, or a file cannot be
    /// made.</exception>
    public static async Task<TrackerLock> TakeAsync(
        IReadOnlyList<string> files, TimeSpan waitMax, TimeProvider time, CancellationToken cancellationToken)
    {
        var taken = new TrackerLock();
        try
        {
            var since = time.GetTimestamp();
            foreach (var file in files)
            {
                FileStream? stream;
                while ((stream = TryOpen(file)) is null)
                {
                    if (time.GetElapsedTime(since) >= waitMax)
                    {
                        throw new TrackerException(
                            $"cannot write the backlog: another program has held {file} for "
                            + $"{waitMax.TotalSeconds:0.#} s; wait for it or end it, then try again", file);
                    }

                    await Task.Delay(PollInterval, time, cancellationToken);
                }

                taken._held.Add(stream);
            }

            return taken;
        }
        catch
        {
            taken.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        for (var i = _held.Count - 1; i >= 0; i--)
        {
            _held[i].Dispose();
        }

        _held.Clear();
    }

    static FileStream? TryOpen(string file)
    {
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException refused) when (HeldElsewhere.Contains(refused.HResult))
        {
            return null;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new TrackerException(
                $"cannot lock {file}: {refused.Message}; make the folder writable for this user", file, null, refused);
        }
    }
}
