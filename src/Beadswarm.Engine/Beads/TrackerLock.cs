using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Beadswarm.Beads;

/// <summary>
/// The lock files that bd and br themselves take before they write, held together. On Linux an exclusively opened file
/// is flock(2), so the trackers see our lock and we see theirs. The files stay: deleting a lock file breaks the lock.
/// First the folder itself is locked: that keeps the swarm's own writers apart and leaves nothing behind.
/// </summary>
sealed partial class TrackerLock : IDisposable
{
    /// <summary>As long as the trackers themselves wait.</summary>
    public static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(30);

    static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(25);

    /// <summary>What .NET reports when another process holds the flock (EWOULDBLOCK), on Linux and on macOS.</summary>
    static readonly int[] HeldElsewhere = [11, 35, unchecked((int)0x80070020)];

    const int ExclusiveOrFail = 2 | 4;
    const int Unlock = 8;

    readonly List<IDisposable> _held = [];

    TrackerLock() { }

    /// <summary>Takes the folder and then all files, in the order given.</summary>
    /// <exception cref="TrackerException">Another program held one for the whole wait, or a file cannot be
    /// made.</exception>
    public static async Task<TrackerLock> TakeAsync(
        string folder, IReadOnlyList<string> files, TimeSpan waitMax, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var taken = new TrackerLock();
        try
        {
            var since = time.GetTimestamp();
            foreach (var file in files.Prepend(folder))
            {
                IDisposable? held;
                while ((held = file == folder ? TryLockFolder(folder) : TryOpen(file)) is null)
                {
                    if (time.GetElapsedTime(since) >= waitMax)
                    {
                        throw new TrackerException(
                            $"cannot write the backlog: another program has held {file} for "
                            + $"{waitMax.TotalSeconds:0.#} s; wait for it or end it, then try again", file);
                    }

                    await Task.Delay(PollInterval, time, cancellationToken);
                }

                taken._held.Add(held);
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

    static IDisposable? TryLockFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            // No flock there; the lock files must do.
            return new SafeFileHandle();
        }

        var handle = AtomicFile.OpenFolder(folder);
        if (Flock(handle, ExclusiveOrFail) == 0)
        {
            return new FolderLock(handle);
        }

        var error = Marshal.GetLastPInvokeError();
        handle.Dispose();
        return HeldElsewhere.Contains(error)
            ? null
            : throw new TrackerException($"cannot lock {folder}: error {error}; check its file system", folder);
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

    /// <summary>
    /// Unlocks and then closes. Closing alone is not enough: a process that this one is just starting holds a copy of
    /// the handle until its program begins, and with it the lock.
    /// </summary>
    sealed class FolderLock(SafeFileHandle handle) : IDisposable
    {
        public void Dispose()
        {
            if (!handle.IsClosed)
            {
                _ = Flock(handle, Unlock);
                handle.Dispose();
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Flock(SafeFileHandle handle, int operation);
}
