namespace Beadswarm.Landing;

/// <summary>
/// The right to land from this machine, held for as long as this object lives; the system takes it back from a process
/// that dies. Only its holder may remove lock files that a killed git left.
/// </summary>
sealed class LanderLock : IDisposable
{
    readonly FileStream _file;

    LanderLock(FileStream file) => _file = file;

    /// <summary>Null when another process holds it.</summary>
    public static LanderLock? TryTake(string swarmFolder)
    {
        Directory.CreateDirectory(swarmFolder);
        try
        {
            // FileShare.None is flock on Unix.
            return new LanderLock(new FileStream(
                Path.Combine(swarmFolder, "lander.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException exception) when (exception is not (DirectoryNotFoundException or PathTooLongException))
        {
            return null;
        }
    }

    /// <summary>Removes what a git of a dead lander left in the user's repository on this branch.</summary>
    public void RemoveStaleRefLock(string commonDirectory, Git.BranchName branch)
    {
        ObjectDisposedException.ThrowIf(!_file.CanRead, this);
        File.Delete(Path.Combine(commonDirectory, branch.Ref + ".lock"));
    }

    public void Dispose() => _file.Dispose();
}
