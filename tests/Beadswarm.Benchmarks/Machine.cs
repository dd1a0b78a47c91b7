using System.Globalization;
using System.Runtime.InteropServices;
using Beadswarm.Processes;
using Beadswarm.Storage.Sqlite;

namespace Beadswarm.Benchmarks;

/// <summary>What is worth knowing about the machine the figures come from; nothing that names it.</summary>
static class Machine
{
    /// <summary>Clock ticks per second of /proc: the kernel's fixed unit towards programs.</summary>
    const double TicksPerSecond = 100;

    const int UserTime = 13;
    const int SystemTime = 14;
    const int UserTimeOfChildren = 15;
    const int SystemTimeOfChildren = 16;

    public static async Task<string> DescribeAsync()
    {
        var git = await Command.RunAsync(
            new CommandSpec
            {
                FileName = "git",
                Arguments = ["--version"],
                WorkingDirectory = Path.GetTempPath(),
                Environment = Sandbox.HostEnvironment,
            },
            CancellationToken.None);
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30;
        var load = (await File.ReadAllTextAsync("/proc/loadavg")).Split(' ')[0];
        var today = TimeProvider.System.GetUtcNow().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        return $"Measured {today}: {Environment.ProcessorCount} cores ({RuntimeInformation.OSArchitecture}), "
            + $"{memory} GiB, {RuntimeInformation.FrameworkDescription}, "
            + $"{System.Text.Encoding.UTF8.GetString(git.Stdout).Trim()}, SQLite {SqliteLibrary.Version}; "
            + $"load average before the run: {load}.";
    }

    /// <summary>CPU of one process without its children; also of one that has ended and was not reaped.</summary>
    public static TimeSpan CpuOf(int pid) => Cpu($"/proc/{pid}/stat", UserTime, SystemTime);

    /// <summary>CPU of everything this program started and has reaped, with all that those reaped themselves.</summary>
    public static TimeSpan CpuOfChildren() => Cpu("/proc/self/stat", UserTimeOfChildren, SystemTimeOfChildren);

    /// <summary>Memory that is in RAM now; 0 when the process is gone.</summary>
    public static long ResidentBytes(int pid)
    {
        try
        {
            var line = File.ReadLines($"/proc/{pid}/status")
                .FirstOrDefault(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
            var kibibytes = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1] ?? "0";
            return long.Parse(kibibytes, CultureInfo.InvariantCulture) << 10;
        }
        catch (IOException)
        {
            return 0;
        }
    }

    static TimeSpan Cpu(string path, int user, int system)
    {
        // The name, in parentheses, may hold spaces; the fields after it do not.
        var text = File.ReadAllText(path);
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        double Ticks(int field) => double.Parse(fields[field - 2], CultureInfo.InvariantCulture);
        return TimeSpan.FromSeconds((Ticks(user) + Ticks(system)) / TicksPerSecond);
    }
}
