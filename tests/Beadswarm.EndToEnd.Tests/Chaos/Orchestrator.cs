using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Beadswarm.Configuration;
using Beadswarm.EndToEnd.Tests.Support;
using Beadswarm.Storage;
using Beadswarm.Swarms;

namespace Beadswarm.EndToEnd.Tests.Chaos;

/// <summary>Where an orchestrator dies.</summary>
abstract record Death
{
    Death() { }

    /// <summary>The <paramref name="Count"/>th time that it comes there.</summary>
    public sealed record At(Boundary Boundary, int Count) : Death;

    /// <summary>At the first boundary of the sample at which none has died before it.</summary>
    /// <param name="Of">Only where these effects are written down; none: at any.</param>
    public sealed record Next(params EffectKind[] Of) : Death;
}

/// <summary>
/// An orchestrator in a process of its own, to be killed: this test program again, told so by its environment. It is
/// the
/// product itself with a seam around what it works with; the product has no place where it could be told to die.
/// </summary>
static class Orchestrator
{
    const string Root = "BEADSWARM_CHAOS_ORCHESTRATOR_ROOT";
    const string Where = "BEADSWARM_CHAOS_ORCHESTRATOR_DIES";

    /// <summary>This process is one that is to be killed.</summary>
    public static bool IsWanted => Environment.GetEnvironmentVariable(Root) is not null;

    /// <summary>Runs a swarm in the repository until it dies there; false when it came to its end alive.</summary>
    public static async Task<bool> DiesAsync(GitRepository repository, Death death)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment = { [Root] = repository.Root, [Where] = Format(death), [Machine.NoTierUp] = "0" },
        };
        using var process = Process.Start(start)!; // not by the shell: there is always one
        var output = process.StandardOutput.ReadToEndAsync(Machine.Cancel);
        var errors = process.StandardError.ReadToEndAsync(Machine.Cancel);
        try
        {
            await process.WaitForExitAsync(Machine.Cancel).WaitAsync(Machine.Patience, Machine.Cancel);
        }
        finally
        {
            process.Kill();
        }

        // Its agents live on and hold no pipe of it, so both texts end with it.
        var said = $"{await output}{await errors}";
        Assert.True(process.ExitCode is 0 or Killed, $"the orchestrator failed ({process.ExitCode}):\n{said}");
        return process.ExitCode == Killed;
    }

    /// <summary>Where orchestrators have died in this repository, in order.</summary>
    public static IReadOnlyList<Boundary> Deaths(GitRepository repository) =>
        [.. File.ReadAllLines(DeathsOf(repository.Root)).Select(Boundary.Parse)];

    /// <summary>Makes the list of deaths beside the repository, before anybody looks at what lies there.</summary>
    public static void Expect(GitRepository repository) => File.WriteAllText(DeathsOf(repository.Root), "");

    /// <summary>Runs a swarm to its end in this process, and says what it crossed and how often.</summary>
    public static async Task<IReadOnlyDictionary<Boundary, int>> LiveAsync(GitRepository repository)
    {
        var crossed = new Dictionary<Boundary, int>();
        await RunAsync(repository.Path, repository.Environment, boundary =>
        {
            lock (crossed)
            {
                crossed[boundary] = crossed.GetValueOrDefault(boundary) + 1;
            }
        }, Machine.Cancel);
        return crossed;
    }

    /// <summary>The life of one that is to be killed.</summary>
    public static async Task<int> MainAsync()
    {
        var root = Environment.GetEnvironmentVariable(Root)!; // wanted
        var home = Path.Combine(root, GitRepository.HomeName);
        var killer = new Killer(root);
        var reach = Environment.GetEnvironmentVariable(Where)!.Split(' ') switch
        {
            [var operation, var side, var count] =>
                killer.At(Boundary.Parse($"{operation} {side}"), int.Parse(count, CultureInfo.InvariantCulture)),
            [NextWord, var kinds] => killer.Next(
                boundary => kinds.Split(',').Select(Enum.Parse<EffectKind>).Any(boundary.IsOf)),
            _ => killer.Next(_ => true),
        };
        await RunAsync(
            Path.Combine(root, GitRepository.FolderName), Machine.Environment(home), reach, CancellationToken.None);
        return 0;
    }

    static async Task RunAsync(
        string path, Dictionary<string, string> environment, Action<Boundary> reach,
        CancellationToken cancellationToken)
    {
        var loaded = ConfigLoader.Load(new ConfigSources
        {
            Environment = environment,
            FileText = await File.ReadAllTextAsync(new SwarmPaths(path).Config, cancellationToken),
            Detected = new Detected { Processors = Environment.ProcessorCount },
        });
        var setup = new SwarmSetup
        {
            RepositoryPath = path,
            Config = ((ConfigResult.Loaded)loaded).Config,
            Environment = environment,
            ScriptedAgentPath = Machine.ScriptedAgent,
            Time = TimeProvider.System,
        };
        var surroundings = Seams.Around(await MachineSurroundings.OpenAsync(setup, cancellationToken), reach);
        await using var run = await SwarmRun.StartAsync(setup, surroundings, cancellationToken);
        using var told = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            run.Terminate("it was told to");
        });
        var outcome = await run.Completion;
        if (outcome.End != SwarmEnd.Completed)
        {
            throw new InvalidOperationException($"the swarm ended as {outcome.End}: {outcome.Reason}");
        }
    }

    static string Format(Death death) => death switch
    {
        Death.At at => string.Create(CultureInfo.InvariantCulture, $"{at.Boundary} {at.Count}"),
        Death.Next { Of: [_, ..] kinds } => $"{NextWord} {string.Join(',', kinds)}",
        Death.Next => NextWord,
    };

    const string NextWord = "next";

    static string DeathsOf(string root) => Path.Combine(root, "deaths");

    /// <summary>What .NET says of a process that was killed by signal 9.</summary>
    const int Killed = 128 + 9;

    /// <summary>Kills this very process, as if from outside: nothing of it runs any more code.</summary>
    sealed class Killer(string root)
    {
        readonly Lock _lock = new();

        public Action<Boundary> At(Boundary boundary, int count)
        {
            var left = count;
            return reached =>
            {
                lock (_lock)
                {
                    if (reached == boundary && --left == 0)
                    {
                        Die(reached);
                    }
                }
            };
        }

        public Action<Boundary> Next(Func<Boundary, bool> wanted)
        {
            var before = File.ReadAllLines(DeathsOf(root)).ToHashSet();
            return reached =>
            {
                lock (_lock)
                {
                    if (reached.InSample && wanted(reached) && !before.Contains(reached.ToString()))
                    {
                        Die(reached);
                    }
                }
            };
        }

        void Die(Boundary reached)
        {
            File.AppendAllText(DeathsOf(root), $"{reached}\n");
            using var self = Process.GetCurrentProcess();
            self.Kill();

            // The signal is on its way; not even this thread goes on.
            new ManualResetEvent(false).WaitOne();
        }
    }
}
