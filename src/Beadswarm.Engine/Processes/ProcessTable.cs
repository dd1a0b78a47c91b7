using System.Globalization;
using System.Text;

namespace Beadswarm.Processes;

/// <summary>One line of the kernel's process table.</summary>
/// <param name="Zombie">It has ended with all its threads and waits to be reaped.</param>
/// <param name="Terminal">It belongs to a session with a terminal.</param>
/// <param name="Kernel">It is a thread of the kernel.</param>
readonly record struct ProcessEntry(
    int Pid, int Parent, int Group, int Session, long StartTicks, bool Zombie, bool Terminal, bool Kernel)
{
    /// <summary>It is on its way out with all its threads, and runs no more code of its program.</summary>
    public bool Exiting { get; init; }

    /// <summary>Distinguishes it from any other process of this boot.</summary>
    public (int Pid, long StartTicks) Key => (Pid, StartTicks);
}

/// <summary>
/// Reads <c>/proc</c>. Processes come and go while it is read: whatever vanishes in between is simply not there.
/// </summary>
static class ProcessTable
{
    const int EnvironmentBytesMax = 4 * 1024 * 1024;
    const int CommandLineLengthMax = 200;
    const int FileBytesMax = 16 * 1024;
    const ulong KernelThread = 0x00200000;
    const ulong ExitBegun = 0x00000004;

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

    /// <summary>The names of the variables the process was started with.</summary>
    public static IReadOnlyList<string> VariableNames(int pid) =>
    [
        .. Encoding.UTF8.GetString(EnvironmentOf(pid)).Split('\0', StringSplitOptions.RemoveEmptyEntries)
            .Select(variable => variable.Split('=')[0]),
    ];

    /// <summary>What <see cref="ProcessMark"/> has set, or any other limit on locks; 0 when there is none.</summary>
    public static ulong Mark(int pid)
    {
        const string Name = "Max file locks";
        var line = Lines(pid, "limits").FirstOrDefault(line => line.StartsWith(Name, StringComparison.Ordinal));
        var soft = line?[Name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
        return ulong.TryParse(soft, NumberStyles.None, CultureInfo.InvariantCulture, out var mark) ? mark : 0;
    }

    /// <summary>The user whose rights the process has, or null.</summary>
    public static uint? UserOf(int pid) => uint.TryParse(
        Field(Lines(pid, "status"), "Uid:", 1), NumberStyles.None, CultureInfo.InvariantCulture, out var user)
        ? user
        : null;

    /// <summary>The directory the process stands in, also a deleted one; null when it is not ours to know.</summary>
    public static string? WorkingDirectory(int pid) => LinkOf(pid, "cwd");

    /// <summary>The files, if they are files, that its standard output and standard error go to.</summary>
    public static IReadOnlyList<string> OutputFiles(int pid) =>
        [.. new[] { LinkOf(pid, "fd/1"), LinkOf(pid, "fd/2") }.OfType<string>().Where(path => path.StartsWith('/'))];

    /// <summary>What a person would recognise the process by.</summary>
    public static string CommandLine(int pid)
    {
        var text = Encoding.UTF8.GetString(Read(pid, "cmdline", CommandLineLengthMax)).Replace('\0', ' ').Trim();
        return text.Length > 0 ? text : Name(pid);
    }

    /// <summary>The short name the kernel keeps.</summary>
    public static string Name(int pid) => Encoding.UTF8.GetString(Read(pid, "comm", CommandLineLengthMax)).Trim();

    /// <summary>Resident and swapped memory; pages that processes share are counted for each of them.</summary>
    public static long MemoryBytes(int pid)
    {
        var status = Lines(pid, "status");
        return Kibibytes(status, "VmRSS:") + Kibibytes(status, "VmSwap:");
    }

    /// <summary>
    /// Resident and swapped memory with every shared page divided among those who share it. Costs a walk through all
    /// its pages. Null when the kernel does not say.
    /// </summary>
    public static long? ProportionalMemoryBytes(int pid)
    {
        var lines = Lines(pid, "smaps_rollup");
        return Field(lines, "Pss:", 1) is null ? null : Kibibytes(lines, "Pss:") + Kibibytes(lines, "SwapPss:");
    }

    /// <summary>Reads a line of the table; null when it is none.</summary>
    public static ProcessEntry? Parse(int pid, string stat)
    {
        // The name in parentheses may hold spaces and parentheses itself; state, parent, group, session follow it.
        var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length <= 19
            || !Number(1, out var parent) || !Number(2, out var group) || !Number(3, out var session)
            || !Number(4, out var terminal) || !Number(17, out var threads)
            || !ulong.TryParse(fields[6], NumberStyles.None, CultureInfo.InvariantCulture, out var flags)
            || !long.TryParse(fields[19], NumberStyles.None, CultureInfo.InvariantCulture, out var start))
        {
            return null;
        }

        // The first thread of a process may end long before the others, and is shown as a zombie from then on.
        var zombie = fields[0] is "Z" or "X" && threads <= 1;
        return new ProcessEntry(
            pid, parent, group, session, start, zombie, Terminal: terminal != 0, Kernel: (flags & KernelThread) != 0)
        {
            Exiting = (flags & ExitBegun) != 0 && threads <= 1,
        };

        bool Number(int index, out int number) =>
            int.TryParse(fields[index], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out number);
    }

    // In the middle of an exec a process shows neither arguments nor environment for a moment. A sweep that took this
    // for "not ours" would miss it, and posix_spawn returns within that moment.
    static byte[] EnvironmentOf(int pid)
    {
        for (var look = 0; look < LooksMax; look++)
        {
            var environment = Read(pid, "environ", EnvironmentBytesMax);
            if (environment.Length > 0 || Read(pid, "cmdline", 1).Length > 0 || LinkOf(pid, "exe") is null)
            {
                return environment;
            }

            Thread.Yield();
        }

        return [];
    }

    static string? LinkOf(int pid, string file)
    {
        const string Deleted = " (deleted)";
        try
        {
            var target = new FileInfo(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/{file}")).LinkTarget;
            return target is not null && target.EndsWith(Deleted, StringComparison.Ordinal)
                ? target[..^Deleted.Length]
                : target;
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            // It has ended, is a zombie or a thread of the kernel, or belongs to another user.
            return null;
        }
    }

    static string[] Lines(int pid, string file) => Encoding.UTF8.GetString(Read(pid, file, FileBytesMax)).Split('\n');

    static long Kibibytes(string[] lines, string name) =>
        long.TryParse(Field(lines, name, 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
            ? count * 1024
            : 0;

    static string? Field(string[] lines, string name, int index) =>
        lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?
            .Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(index);

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
