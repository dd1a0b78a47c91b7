using System.Text;
using Beadswarm.EndToEnd.Tests.Support;

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
sealed class Faults : IAsyncDisposable
{
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
                await Leases.EndAsync(_repository);
                run.Signal(RunningSwarm.Continue);
                return true;
            case Fault.AgentKilled:
                await SignalAsync(fault, "sh", "BEADSWARM_STAGE=", 9);
                return true;
            case Fault.AgentStopped:
                await SignalAsync(fault, "sh", "BEADSWARM_STAGE=", RunningSwarm.Stop);
                return true;
            case Fault.GitKilled:
                await SignalAsync(fault, "git", "", 9);
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

    public async ValueTask DisposeAsync()
    {
        _pushes?.Dispose();
        await _killingPushes;
    }

    Task AWhileAsync() => Task.Delay(TimeSpan.FromSeconds(1 + (3 * _random.NextDouble())), Machine.Cancel);

    /// <summary>Signals one of those that live, or the next that comes; none may.</summary>
    async Task SignalAsync(Fault fault, string command, string variable, int signal)
    {
        for (var look = 0; look < LooksMax; look++)
        {
            var living = Living(command, variable).ToArray();
            if (living.Length > 0)
            {
                Count(fault);
                Machine.Signal(living[_random.Next(living.Length)], signal);
                return;
            }

            await Task.Delay(LookPause, Machine.Cancel);
        }
    }

    const int LooksMax = 40;
    static readonly TimeSpan LookPause = TimeSpan.FromMilliseconds(25);

    async Task KillPushesAsync(PushTrap pushes)
    {
        while (await pushes.NextAsync() is { } push)
        {
            Count(Fault.PushKilled);
            await Machine.RunAsync("/", _repository.Environment, "/bin/sh", "-c", $"kill -9 -{push.Group}");
        }
    }

    void Count(Fault fault)
    {
        lock (_figures)
        {
            _figures[fault] = (_figures.TryGetValue(fault, out var before) ? before : 0) + 1;
        }
    }

    /// <summary>Every process of this name that works for this repository now and has the variable.</summary>
    IEnumerable<int> Living(string command, string variable)
    {
        var (home, wanted) = (Encoding.UTF8.GetBytes($"HOME={_repository.Home}"), Encoding.UTF8.GetBytes(variable));
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), out var id)
                && Encoding.UTF8.GetString(Bytes(folder, "comm")) == command + "\n"
                && Bytes(folder, "environ") is var told
                && told.AsSpan().IndexOf(home) >= 0 && told.AsSpan().IndexOf(wanted) >= 0)
            {
                yield return id;
            }
        }
    }

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
