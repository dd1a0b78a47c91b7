using System.Globalization;

namespace Beadswarm.Processes;

/// <summary>
/// This machine: what the kernel says is available, and less where a control group (a container, a service, a session)
/// allows less. Groups are nested, and the tightest of them counts. Both versions of control groups are read.
/// </summary>
/// <param name="proc">Where processes are shown.</param>
/// <param name="controlGroups">Where control groups are shown.</param>
sealed class LinuxMachine(string proc = "/proc", string controlGroups = "/sys/fs/cgroup") : IMachine
{
    // Version 1 says "no limit" with the greatest number of pages there can be.
    const long Unlimited = long.MaxValue / 2;

    // Above the high mark of version 2 a group is slowed down to a crawl: nobody wants to work there.
    static readonly Dialect Version2 = new(
        ["memory.max", "memory.high"], "memory.current", "inactive_file", "active_file");

    static readonly Dialect Version1 = new(
        ["memory.limit_in_bytes"], "memory.usage_in_bytes", "total_inactive_file", "total_active_file");

    public MachineMemory Memory()
    {
        var (total, available) = OfTheKernel();
        foreach (var (folder, dialect) in Groups())
        {
            if (Limit(folder, dialect) is { } limit && Number(folder, dialect.Usage) is { } usage)
            {
                total = Math.Min(total, limit);
                available = Math.Min(available, limit - usage + Reclaimable(folder, dialect));
            }
        }

        return new MachineMemory(total, Math.Max(0, available));
    }

    (long Total, long Available) OfTheKernel()
    {
        var lines = Lines(Path.Combine(proc, "meminfo"));
        return (Kibibytes(lines, "MemTotal:") ?? long.MaxValue, Kibibytes(lines, "MemAvailable:") ?? long.MaxValue);
    }

    // From our own group up to the root of what is shown. A container may see its group at the root, while its name is
    // the one that it has outside: then only the root is there.
    IEnumerable<(string Folder, Dialect Dialect)> Groups()
    {
        foreach (var line in Lines(Path.Combine(proc, "self", "cgroup")))
        {
            if (line.Split(':', 3) is not [var number, var controllers, var path])
            {
                continue;
            }

            var (root, dialect) = number == "0" && controllers.Length == 0 ? (Unified, Version2)
                : controllers.Split(',').Contains("memory") ? (Path.Combine(controlGroups, "memory"), Version1)
                : (null, Version2);
            for (var name = path.Trim('/'); root is not null; name = Path.GetDirectoryName(name) ?? "")
            {
                yield return (Path.Combine(root, name), dialect);
                if (name.Length == 0)
                {
                    break;
                }
            }
        }
    }

    string Unified => Directory.Exists(Path.Combine(controlGroups, "unified"))
        ? Path.Combine(controlGroups, "unified")
        : controlGroups;

    static long? Limit(string folder, Dialect dialect) =>
        dialect.Limits.Min(file => Number(folder, file)) is < Unlimited and var limit ? limit : null;

    // As the kernel estimates it for the machine: of files in use, half can go.
    static long Reclaimable(string folder, Dialect dialect)
    {
        var lines = Lines(Path.Combine(folder, "memory.stat"));
        return (Field(lines, dialect.InactiveFile + " ") ?? 0) + ((Field(lines, dialect.ActiveFile + " ") ?? 0) / 2);
    }

    // "max" is no number, and means no limit.
    static long? Number(string folder, string file) =>
        Lines(Path.Combine(folder, file)) is [var text, ..]
        && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    static long? Kibibytes(IReadOnlyList<string> lines, string name) => Field(lines, name) * 1024;

    static long? Field(IReadOnlyList<string> lines, string name) =>
        lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) is { } line
        && long.TryParse(
            line[name.Length..].Trim().Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : null;

    static IReadOnlyList<string> Lines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception absent) when (absent is IOException or UnauthorizedAccessException)
        {
            // Not every machine has control groups, and not every group has a limit.
            return [];
        }
    }

    /// <summary>The names that one version of control groups has for the same things.</summary>
    sealed record Dialect(IReadOnlyList<string> Limits, string Usage, string InactiveFile, string ActiveFile);
}
