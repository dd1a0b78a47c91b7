using Beadswarm.Processes;

namespace Beadswarm.Benchmarks;

/// <summary>What one run of a program took.</summary>
/// <param name="Cpu">Of the program and everything it waited for.</param>
/// <param name="OwnCpu">Of the program's own process alone.</param>
/// <param name="ResidentBytes">What it held in memory, every so often.</param>
sealed record Measurement(
    TimeSpan Wall, TimeSpan Cpu, TimeSpan OwnCpu, IReadOnlyList<long> ResidentBytes, string Output);

/// <summary>
/// A folder for one measurement, with a home of its own, so that nobody's git configuration takes part; deleted at the
/// end.
/// </summary>
sealed class Sandbox : IDisposable
{
    static readonly TimeSpan SamplePeriod = TimeSpan.FromMilliseconds(50);
    static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);
    const int OutputShownMax = 4000;
    static int _runs;

    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("beadswarm-bench-");

    public Sandbox()
    {
        Directory.CreateDirectory(this["home"]);
        File.WriteAllText(this["home/.gitconfig"], "[user]\n\tname = Owner\n\temail = owner@example.org\n");
        Environment = new(HostEnvironment) { ["HOME"] = this["home"], ["LC_ALL"] = "C" };
    }

    /// <summary>Of this program, for what needs the user's own home (restoring packages).</summary>
    public static Dictionary<string, string> HostEnvironment { get; } =
        System.Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
            .Where(variable => variable.Key is "PATH" or "HOME" or "DOTNET_ROOT" or "TMPDIR")
            .ToDictionary(variable => (string)variable.Key, variable => (string)variable.Value!);

    public Dictionary<string, string> Environment { get; }

    public string this[string relative] => Path.Combine(_folder.FullName, relative);

    /// <summary>The checkout this program was built from: where the launcher is.</summary>
    public static string ProjectRoot { get; } = FindProjectRoot();

    /// <summary>Runs it, measures it, and requires that it ended well.</summary>
    public async Task<Measurement> RunAsync(string folder, params string[] command)
    {
        using var child = Start(folder, command, out var output);
        var cpuBefore = Machine.CpuOfChildren();
        var began = TimeProvider.System.GetTimestamp();
        var resident = new List<long>();
        using (var timer = new PeriodicTimer(SamplePeriod))
        {
            while (!child.Exit.IsCompleted)
            {
                await Task.WhenAny(child.Exit, timer.WaitForNextTickAsync().AsTask());
                if (Machine.ResidentBytes(child.Identity.Pid) is > 0 and var bytes)
                {
                    resident.Add(bytes);
                }
            }
        }

        var wall = TimeProvider.System.GetElapsedTime(began);
        // It stays a zombie until it is swept, and a zombie still says what it used.
        var own = Machine.CpuOf(child.Identity.Pid);
        var exit = await child.Exit;
        await child.SweepAsync(CancellationToken.None);
        var text = await File.ReadAllTextAsync(output);
        return exit is ChildExit.Exited { Code: 0 }
            ? new Measurement(wall, Machine.CpuOfChildren() - cpuBefore, own, resident, text)
            : throw new InvalidOperationException(
                $"{string.Join(' ', command)}: {exit}\n{text[Math.Max(0, text.Length - OutputShownMax)..]}");
    }

    /// <summary>Starts it for as long as the caller likes; ended by <see cref="EndAsync"/>.</summary>
    public ChildProcess Start(string folder, IReadOnlyList<string> command, out string output)
    {
        var number = Interlocked.Increment(ref _runs);
        output = this[$"output-{number}.txt"];
        return ChildProcess.Start(
            new ChildSpec
            {
                FileName = command[0],
                Arguments = [.. command.Skip(1)],
                WorkingDirectory = folder,
                Environment = Environment,
                Tag = $"beadswarm-benchmark/{System.Environment.ProcessId}/{number}",
                StandardOutputFile = output,
                StandardErrorFile = output,
            },
            TimeProvider.System);
    }

    public static async Task EndAsync(ChildProcess child)
    {
        await child.TerminateAsync(Grace, CancellationToken.None);
        child.Dispose();
    }

    public void Dispose() => _folder.Delete(recursive: true);

    static string FindProjectRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Beadswarm.slnx")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"'{AppContext.BaseDirectory}' is not inside a checkout of Beadswarm");
    }
}
