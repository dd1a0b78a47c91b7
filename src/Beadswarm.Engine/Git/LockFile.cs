using Beadswarm.Processes;

namespace Beadswarm.Git;

/// <summary>
/// The file with which a git keeps others away from an index or a ref. git does not say in it whose it is. It is proven
/// to be nobody's when every git that may be at work in that repository, and was there when the lock was seen, has
/// ended
/// and the lock is still the same: whoever made it is gone, and nobody can make one where one is.
/// </summary>
static class LockFile
{
    /// <summary>
    /// How long gits that are at work are waited for; one that takes longer may hold the lock rightly.
    /// </summary>
    static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(1);

    /// <summary>Removes those of the locks that are nobody's.</summary>
    /// <param name="folders">Where a git stands that works in the repository.</param>
    /// <returns>Whether none of them is there any more.</returns>
    public static async Task<bool> RemoveAsync(
        IReadOnlyList<string> locks, IReadOnlyList<string> folders, TimeProvider time,
        CancellationToken cancellationToken)
    {
        var seen = locks.Where(File.Exists).Select(path => (Path: path, Is: IdentityOf(path))).ToArray();
        if (seen.Length > 0 && await HaveEndedAsync(AtWork(folders), time, cancellationToken))
        {
            foreach (var (path, _) in seen.Where(one => IdentityOf(one.Path) == one.Is))
            {
                File.Delete(path);
            }
        }

        return !locks.Any(File.Exists);
    }

    /// <summary>Gits that live and may be at work in one of the folders. In doubt they are.</summary>
    static IReadOnlyList<ProcessEntry> AtWork(IReadOnlyList<string> folders) =>
    [
        .. ProcessTable.All().Where(process => !process.Zombie && !process.Kernel
            && IsGit(ProcessTable.Name(process.Pid)) && MayBeIn(process.Pid, folders)),
    ];

    // git itself and its helpers; jj writes refs through a library.
    static bool IsGit(string name) => name is "git" or "jj" || name.StartsWith("git-", StringComparison.Ordinal);

    static bool MayBeIn(int pid, IReadOnlyList<string> folders) =>
        // Another user's folder is not ours to know.
        ProcessTable.WorkingDirectory(pid) is not { } standing
        || folders.Any(folder => standing == folder || standing.StartsWith(folder + "/", StringComparison.Ordinal))
        || folders.Any(ProcessTable.CommandLine(pid).Contains)
        || (ProcessTable.Variable(pid, "GIT_DIR") is { } told && folders.Any(told.StartsWith));

    static async Task<bool> HaveEndedAsync(
        IReadOnlyList<ProcessEntry> gits, TimeProvider time, CancellationToken cancellationToken)
    {
        var opened = gits.Select(git => ProcessDescriptor.TryOpen(git.Pid, git.StartTicks))
            .OfType<ProcessDescriptor>().ToArray();
        try
        {
            var ended = Task.WhenAll(opened.Select(git => git.Ended));
            await Task.WhenAny(ended, Task.Delay(WaitMax, time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
            return ended.IsCompleted;
        }
        finally
        {
            Array.ForEach(opened, git => git.Dispose());
        }
    }

    static (DateTime Created, DateTime Written, long Length) IdentityOf(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? (file.CreationTimeUtc, file.LastWriteTimeUtc, file.Length) : default;
    }
}
