using System.Text;
using Beadswarm.EndToEnd.Tests.Support;
using Beadswarm.Processes;

namespace Beadswarm.EndToEnd.Tests.Chaos;

/// <summary>What a soak does to a swarm.</summary>
enum Fault
{
    OrchestratorKilled,
    OrchestratorAsleep,
    AgentKilled,
    AgentStopped,
    GitKilled,
    PushKilled,
    DiskFull,
    TrackerReadOnly,
}

/// <summary>Does them, for one repository, and counts those that met something.</summary>
sealed class Faults : IDisposable
{
    /// <summary>A lease is shorter, and so is the idle time of an agent.</summary>
    static readonly TimeSpan Sleep = TimeSpan.FromSeconds(6);

    readonly GitRepository _repository;
    readonly Random _random;
    readonly IDictionary<Fault, int> _figures;
    readonly PushTrap? _pushes;
    readonly Task _killingPushes;

    /// <param name="figures">How many of each there have been.</param>
    public Faults(GitRepository repository, Random random, IDictionary<Fault, int> figures)
    {
        (_repository, _random, _figures) = (repository, random, figures);
        _pushes = repository.HasOrigin ? new PushTrap(repository) : null;
        _killingPushes = _pushes is null ? Task.CompletedTask : KillPushesAsync(_pushes);
    }

    /// <summary>The agent that was started last.</summary>
    public int? Agent { get; set; }

    /// <summary>Does one to the swarm. False: it has to be started again.</summary>
    public async Task<bool> StrikeAsync(Fault fault, RunningSwarm run)
    {
        switch (fault)
        {
            case Fault.OrchestratorKilled:
                Count(fault);
                await run.KillAsync();
                return false;
            case Fault.OrchestratorAsleep:
                Count(fault);
                run.Signal(RunningSwarm.Stop);
                await Task.Delay(Sleep, Machine.Cancel);
                run.Signal(RunningSwarm.Continue);
                return true;
            case Fault.AgentKilled:
                SignalAgent(fault, 9);
                return true;
            case Fault.AgentStopped:
                SignalAgent(fault, RunningSwarm.Stop);
                return true;
            case Fault.GitKilled:
                if (Gits().OrderBy(_ => _random.Next()).Select(git => (int?)git).FirstOrDefault() is { } git)
                {
                    Count(fault);
                    Machine.Signal(git, 9);
                }

                return true;
            case Fault.PushKilled:
                _pushes?.Lay(_random.Next(2) == 0 ? PushMoment.Moved : PushMoment.NotMoved);
                return true;
            case Fault.DiskFull:
                Count(fault);
                using (new Ballast(_repository, leave: 0))
                {
                    await AWhileAsync();
                }

                return true;
            case Fault.TrackerReadOnly:
                Count(fault);
                using (Mount.ReadOnly(_repository[".beads"]))
                {
                    await AWhileAsync();
                }

                return true;
            default:
                throw new System.Diagnostics.UnreachableException($"{fault}");
        }
    }

    public void Dispose() => _pushes?.Dispose();

    Task AWhileAsync() => Task.Delay(TimeSpan.FromSeconds(1 + (3 * _random.NextDouble())), Machine.Cancel);

    void SignalAgent(Fault fault, int signal)
    {
        if (Agent is { } agent && ProcessTable.Find(agent) is { Zombie: false })
        {
            Count(fault);
            Machine.Signal(agent, signal);
        }
    }

    async Task KillPushesAsync(PushTrap pushes)
    {
        while (await pushes.NextAsync() is { } group)
        {
            Count(Fault.PushKilled);
            Machine.Run("/", _repository.Environment, "/bin/sh", "-c", $"kill -9 -{group}");
        }
    }

    void Count(Fault fault)
    {
        lock (_figures)
        {
            _figures[fault] = (_figures.TryGetValue(fault, out var before) ? before : 0) + 1;
        }
    }

    /// <summary>Every git that works for this repository now.</summary>
    IEnumerable<int> Gits()
    {
        var home = Encoding.UTF8.GetBytes($"HOME={_repository.Home}");
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), out var id)
                && Text(folder, "comm") is "git\n" && Bytes(folder, "environ").AsSpan().IndexOf(home) >= 0)
            {
                yield return id;
            }
        }
    }

    static string Text(string folder, string name) => Encoding.UTF8.GetString(Bytes(folder, name));

    // A process may end while it is looked at.
    static byte[] Bytes(string folder, string name)
    {
        try
        {
            return File.ReadAllBytes(Path.Combine(folder, name));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
