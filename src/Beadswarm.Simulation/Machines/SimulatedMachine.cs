using Beadswarm.Processes;
using Beadswarm.Simulation.Scheduling;

namespace Beadswarm.Simulation.Machines;

/// <summary>
/// The machine that orchestrators, agents and gates run on: its processes, and the files of sessions. Restarted, it has
/// lost every process and no file.
/// </summary>
/// <param name="failed">Told of an exception that a simulated program did not handle: an error of the
/// simulation.</param>
sealed class SimulatedMachine(SimulatedScheduler scheduler, Action<Exception> failed) : IMachine
{
    const int KillSignal = 9;
    const long MemoryBytes = 64L << 30;

    readonly SortedDictionary<int, SimulatedProcess> _running = [];
    readonly Dictionary<string, SimulatedSession> _sessions = new(StringComparer.Ordinal);
    readonly Dictionary<string, string> _files = new(StringComparer.Ordinal);
    int _boots = 1;
    int _pid;

    /// <summary>By process id.</summary>
    public IReadOnlyCollection<SimulatedProcess> Running => _running.Values;

    /// <summary>Started since the beginning.</summary>
    public int Started => _pid;

    /// <summary>Enough for everybody: what happens without memory is for the tests of admission.</summary>
    public MachineMemory Memory() => new(MemoryBytes, MemoryBytes);

    /// <param name="program">What it does; it ends as this says.</param>
    public SimulatedProcess Start(string tag, string command, Func<SimulatedProcess, Task<ChildExit>> program)
    {
        var pid = ++_pid;
        var process = new SimulatedProcess(
            scheduler.AddNode($"{command} ({pid})"), new ProcessIdentity(pid, scheduler.Now.Ticks, $"boot-{_boots}"),
            tag, command);
        _running.Add(pid, process);
        _ = process.Node.RunAsync(() => LiveAsync(process, program));
        return process;
    }

    public IReadOnlyList<string> TagsFrom(string prefix) =>
        [.. _running.Values.Select(process => process.Tag)
            .Where(tag => tag.StartsWith(prefix, StringComparison.Ordinal)).Distinct()];

    public IReadOnlyList<SimulatedProcess> Tagged(string tag) =>
        [.. _running.Values.Where(process => process.Tag == tag)];

    public void Kill(SimulatedProcess process) => End(process, new ChildExit.Killed(KillSignal));

    /// <summary>Ends everything that carries the tag.</summary>
    public LeakReport KillTagged(string tag)
    {
        var found = Tagged(tag);
        foreach (var process in found)
        {
            Kill(process);
        }

        return new LeakReport([.. found.Select(process => process.AsLeak)], []);
    }

    /// <summary>Power fails and comes back: nobody was there to record how anything ended.</summary>
    public void Reboot()
    {
        foreach (var process in _running.Values.ToArray())
        {
            End(process, null);
        }

        _boots++;
    }

    /// <summary>A session begins; what an earlier one left in the same folder is gone.</summary>
    public void Open(SimulatedSession session)
    {
        foreach (var stale in _files.Keys.Where(path => path.StartsWith(session.Folder + "/", StringComparison.Ordinal))
            .ToArray())
        {
            _files.Remove(stale);
        }

        _sessions[session.Folder] = session;
    }

    public SimulatedSession? SessionAt(string folder) => _sessions.GetValueOrDefault(folder);

    public void WriteFile(string path, string text) => _files[path] = text;

    public string? ReadFile(string path) => _files.GetValueOrDefault(path);

    async Task LiveAsync(SimulatedProcess process, Func<SimulatedProcess, Task<ChildExit>> program)
    {
        try
        {
            End(process, await program(process));
        }
        catch (Exception error)
        {
            failed(error);
        }
    }

    void End(SimulatedProcess process, ChildExit? exit)
    {
        if (_running.Remove(process.Identity.Pid))
        {
            process.End(exit);
        }
    }
}
