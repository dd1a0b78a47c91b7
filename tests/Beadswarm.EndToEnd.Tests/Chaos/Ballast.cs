using Beadswarm.EndToEnd.Tests.Support;

namespace Beadswarm.EndToEnd.Tests.Chaos;

/// <summary>A file that takes the room on a disk away, until it is disposed.</summary>
sealed class Ballast : IDisposable
{
    readonly string _path;

    /// <summary>On the disk of a repository's own.</summary>
    public Ballast(GitRepository repository, long leave)
        : this(repository.Root, leave)
    {
    }

    /// <param name="leave">What stays free; 0: nothing at all.</param>
    public Ballast(string folder, long leave)
    {
        _path = Path.Combine(folder, "ballast");
        using var file = File.Create(_path);
        var block = new byte[64 << 10];
        try
        {
            while (new DriveInfo(folder).AvailableFreeSpace > leave)
            {
                file.Write(block);
                file.Flush();
            }
        }
        catch (IOException)
        {
            // No room: that is what was wanted.
        }
    }

    public void Dispose() => File.Delete(_path);
}
