using System.Globalization;
using Beadswarm.Processes;

namespace Beadswarm.Agents;

/// <summary>
/// Watches the memory of one agent's whole tree. What is cheap to count is more than what is really used, because
/// processes share pages; only when that is too much is it counted exactly.
/// </summary>
sealed class MemoryWatch(Func<FamilyLook> glance, long? bytesMax, TimeProvider timeProvider)
{
    /// <summary>How often the tree is looked at; that also makes its processes known, should they run away.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    long? _lookedAt;

    /// <summary>The end of an agent that uses too much, or null. Looks only when it is time to.</summary>
    public AgentEnd.MemoryLimit? Look()
    {
        if (_lookedAt is { } at && timeProvider.GetElapsedTime(at) < Period)
        {
            return null;
        }

        _lookedAt = timeProvider.GetTimestamp();
        var family = glance();
        return bytesMax is { } max && family.MemoryBytes > max ? Judge(family.Members, max) : null;
    }

    static AgentEnd.MemoryLimit? Judge(IReadOnlyList<ProcessEntry> members, long max)
    {
        var used = members
            .Select(member => (
                member.Pid,
                Bytes: ProcessTable.ProportionalMemoryBytes(member.Pid) ?? ProcessTable.MemoryBytes(member.Pid)))
            .ToArray();
        var total = used.Sum(one => one.Bytes);
        if (total <= max)
        {
            return null;
        }

        var (pid, bytes) = used.MaxBy(one => one.Bytes);
        var largest = Redaction.Apply(ProcessTable.CommandLine(pid), []);
        return new AgentEnd.MemoryLimit(total, max, $"{Gibibytes(bytes)} of it '{largest}'");
    }

    /// <summary>An amount of memory as people read it.</summary>
    public static string Gibibytes(long bytes) =>
        string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.##} GiB");
}
