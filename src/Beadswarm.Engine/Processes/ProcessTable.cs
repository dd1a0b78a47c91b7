using System.Globalization;
using System.Text;

namespace Beadswarm.Processes;

/// <summary>One line of the kernel's process table.</summary>
readonly record struct ProcessEntry(int Pid, int Parent, int Group, int Session, long StartTicks, bool Zombie);

/// <summary>
/// Reads <c>/proc</c>. Processes come and go while it is read: whatever vanishes in between is simply not there.
/// </summary>
static class ProcessTable
{
    const int EnvironmentBytesMax = 4 * 1024 * 1024;
    const int CommandLineLengthMax = 200;

    // Some milliseconds; more only for a program that has wiped both its arguments and its environment.
    const int LooksMax = 500;

    public static ProcessEntry? Find(int pid) =>
        Read(pid, "stat", 4096) is { Length: > 0 } stat ? Parse(pid, Encoding.UTF8.GetString(stat)) : null;

    public static IEnumerable<ProcessEntry> All()
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(
                    Path.GetFileName(folder.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                && Find(pid) is { } entry)
            {
                yield return entry;
            }
        }
    }

    /// <summary>The value of a variable in the environment the process was started with, or null.</summary>
    public static string? Variable(int pid, string name)
    {
        var environment = EnvironmentOf(pid).AsSpan();
        var wanted = Encoding.UTF8.GetBytes(name + "=");
        foreach (var range in environment.Split((byte)0))
        {
            if (environment[range].StartsWith(wanted))
            {
                return Encoding.UTF8.GetString(environment[range][wanted.Length..]);
            }
        }

        return null;
    }

    /// <summary>What a person would recognise the process by.</summary>
    public static string CommandLine(int pid)
    {
        var text = Encoding.UTF8.GetString(Read(pid, "cmdline", CommandLineLengthMax)).Replace('\0', ' ').Trim();
        return text.Length > 0 ? text : Encoding.UTF8.GetString(Read(pid, "comm", CommandLineLengthMax)).Trim();
    }

    /// <summary>Resident memory, shared pages included.</summary>
    public static long MemoryBytes(int pid)
    {
        var fields = Encoding.UTF8.GetString(Read(pid, "statm", 256)).Split(' ');
        return fields.Length > 1 && long.TryParse(fields[1], CultureInfo.InvariantCulture, out var pages)
            ? pages * Environment.SystemPageSize
            : 0;
    }

    // In the middle of an exec a process shows neither arguments nor environment for a moment. A sweep that took this
    // for "not ours" would miss it, and posix_spawn returns within that moment.
    static byte[] EnvironmentOf(int pid)
    {
        for (var look = 0; look < LooksMax; look++)
        {
            var environment = Read(pid, "environ", EnvironmentBytesMax);
            if (environment.Length > 0 || Read(pid, "cmdline", 1).Length > 0 || !IsProgram(pid))
            {
                return environment;
            }

            Thread.Yield();
        }

        return [];
    }

    // Threads of the kernel, and zombies, have no program file.
    static bool IsProgram(int pid)
    {
        try
        {
            return File.ResolveLinkTarget(
                string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/exe"), returnFinalTarget: false) is not null;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    static ProcessEntry? Parse(int pid, string stat)
    {
        // The name in parentheses may hold spaces and parentheses itself; state, parent, group, session follow it.
        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > 19
            ? new ProcessEntry(
                pid,
                int.Parse(fields[1], CultureInfo.InvariantCulture),
                int.Parse(fields[2], CultureInfo.InvariantCulture),
                int.Parse(fields[3], CultureInfo.InvariantCulture),
                long.Parse(fields[19], CultureInfo.InvariantCulture),
                fields[0] is "Z" or "X")
            : null;
    }

    static byte[] Read(int pid, string file, int bytesMax)
    {
        try
        {
            using var handle = File.OpenHandle(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/{file}"));
            var buffer = new byte[Math.Min(bytesMax, 4096)];
            var length = 0;
            while (true)
            {
                var count = RandomAccess.Read(handle, buffer.AsSpan(length), length);
                length += count;
                if (count == 0 || length == bytesMax)
                {
                    return buffer[..length];
                }

                if (length == buffer.Length)
                {
                    Array.Resize(ref buffer, Math.Min(bytesMax, buffer.Length * 4));
                }
            }
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            // It has ended, or belongs to another user, who cannot be running anything of ours.
            return [];
        }
    }
}
