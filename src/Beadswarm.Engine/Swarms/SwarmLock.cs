using System.Text.Json;
using Beadswarm.Processes;

namespace Beadswarm.Swarms;

/// <summary>Who holds the swarm of a repository.</summary>
sealed record SwarmHolder(int Pid, string Node, DateTimeOffset Since)
{
    /// <summary>The verb of a process that runs the swarm; any other only keeps one from starting.</summary>
    public const string RunVerb = "run";

    /// <summary>What it is held for.</summary>
    public string Verb { get; init; } = RunVerb;

    /// <summary>Which of all processes that ever had this id; null in a file of an older version.</summary>
    public ProcessIdentity? Process { get; init; }

    public static SwarmHolder OfThisProcess(string verb, TimeProvider time) =>
        new(Environment.ProcessId, Environment.MachineName, time.GetUtcNow())
        {
            Verb = verb,
            Process = ProcessIdentity.Of(Environment.ProcessId),
        };

    /// <summary>Whether that very process still runs, on this machine.</summary>
    public bool IsRunning() =>
        Node == Environment.MachineName
        && (Process is { } process ? process.IsRunning() : ProcessIdentity.Of(Pid) is { } any && any.IsRunning());

    /// <summary>The holder, or null when the bytes do not name one.</summary>
    public static SwarmHolder? Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            // Of a broken file any part may be missing.
            return JsonSerializer.Deserialize<SwarmHolder>(json) is
            { Pid: > 0, Node.Length: > 0, Verb.Length: > 0 } holder
                ? holder
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>Another orchestrator already runs the swarm of this repository.</summary>
sealed class SwarmHeldException(SwarmHolder? holder) : Exception(
    holder is null
        ? "another swarm runs in this repository"
        : holder.Verb == SwarmHolder.RunVerb
            ? $"another swarm runs in this repository: process {holder.Pid} on {holder.Node} since {holder.Since:u}"
            : $"'beadswarm {holder.Verb}' is at work in this repository: process {holder.Pid} on {holder.Node}")
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
    const int HolderBytesMax = 64 * 1024;

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

    /// <summary>Whether somebody who lives holds it. Only asks: the file is opened and closed again.</summary>
    public static bool IsHeld(SwarmPaths paths)
    {
        try
        {
            using var file = new FileStream(paths.Lock, FileMode.Open, FileAccess.Read, FileShare.Read);
            return false;
        }
        catch (IOException) when (File.Exists(paths.Lock))
        {
            return true;
        }
        catch (IOException)
        {
            return false; // there is no lock, so nobody holds it
        }
    }

    /// <summary>Who holds it, as far as the file beside the lock tells; null when nobody does.</summary>
    public static SwarmHolder? ReadHolder(SwarmPaths paths)
    {
        try
        {
            return SwarmHolder.Parse(UntrustedFile.ReadHead(paths.Holder, HolderBytesMax));
        }
        catch (IOException)
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
