using System.Text.Json;

namespace Beadswarm.Swarms;

/// <summary>Who runs the swarm of a repository.</summary>
sealed record SwarmHolder(int Pid, string Node, DateTimeOffset Since);

/// <summary>Another orchestrator already runs the swarm of this repository.</summary>
sealed class SwarmHeldException(SwarmHolder? holder) : Exception(
    holder is null
        ? "another swarm runs in this repository"
        : $"another swarm runs in this repository: process {holder.Pid} on {holder.Node} since {holder.Since:u}")
{
    public SwarmHolder? Holder { get; } = holder;
}

/// <summary>
/// The exclusive right to run the swarm of one repository. The kernel's file lock decides and ends with the process,
/// however
/// it ends; the file beside it only tells people who holds it.
/// </summary>
sealed class SwarmLock : IDisposable
{
    readonly FileStream _file;
    readonly string _holderPath;

    SwarmLock(FileStream file, string holderPath)
    {
        _file = file;
        _holderPath = holderPath;
    }

    /// <exception cref="SwarmHeldException">Another process holds it.</exception>
    public static SwarmLock Take(SwarmPaths paths, SwarmHolder holder)
    {
        Directory.CreateDirectory(paths.Folder);
        FileStream file;
        try
        {
            file = new FileStream(paths.Lock, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(paths.Lock))
        {
            throw new SwarmHeldException(ReadHolder(paths));
        }

        var temporary = paths.Holder + ".tmp";
        File.WriteAllText(temporary, JsonSerializer.Serialize(holder));
        File.Move(temporary, paths.Holder, overwrite: true);
        return new SwarmLock(file, paths.Holder);
    }

    /// <summary>Who holds it, as far as the file beside the lock tells; null when nobody does.</summary>
    public static SwarmHolder? ReadHolder(SwarmPaths paths)
    {
        try
        {
            return JsonSerializer.Deserialize<SwarmHolder>(File.ReadAllText(paths.Holder));
        }
        catch (Exception error) when (error is IOException or JsonException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        File.Delete(_holderPath);
        _file.Dispose();
    }
}
