using Beadswarm.Agents;
using Beadswarm.Processes;
using Beadswarm.Workspaces;

namespace Beadswarm.Swarms;

/// <summary>Decides whether the machine has room for one more agent.</summary>
static class AdmissionRules
{
    /// <summary>How long an agent needs until its memory shows in what the machine says is available.</summary>
    public static readonly TimeSpan GrowthTime = TimeSpan.FromSeconds(30);

    // An agent CLI with what it runs at first; measured: 140 to 400 MiB. On a small machine it has to do with less.
    const long AgentBytes = 512L << 20;
    const int AgentShare = 16;

    /// <summary>Why an agent must not begin now; null: it may.</summary>
    /// <param name="memory">What the machine says now.</param>
    /// <param name="starting">Agents that were admitted a moment ago: what they will need is still available.</param>
    /// <param name="freeBytesMin">What must remain; 0: memory does not matter.</param>
    public static string? MemoryShort(MachineMemory memory, int starting, long freeBytesMin)
    {
        var reserved = (starting + 1) * Math.Min(AgentBytes, memory.TotalBytes / AgentShare);
        return freeBytesMin == 0 || memory.AvailableBytes - reserved >= freeBytesMin
            ? null
            : $"{MemoryWatch.Gibibytes(memory.AvailableBytes)} of memory are available: too little for one more agent "
                + $"({MemoryWatch.Gibibytes(reserved)} with those that have just begun) to leave "
                + $"limits.memoryFreeGbMin ({MemoryWatch.Gibibytes(freeBytesMin)})";
    }

    /// <summary>Why there is no room for more work; null: there is.</summary>
    public static string? RoomShort(AdmissionOutcome outcome) => outcome switch
    {
        AdmissionOutcome.Admitted => null,
        AdmissionOutcome.OverQuota over =>
            $"the workspaces use {over.BytesUsed >> 20} MiB, more than limits.diskGb allows; run beadswarm clean, or "
            + "raise it",
        AdmissionOutcome.DiskFull full => $"only {full.BytesFree >> 20} MiB are free on the disk; make room",
    };
}
