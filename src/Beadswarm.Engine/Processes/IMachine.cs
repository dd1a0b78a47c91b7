namespace Beadswarm.Processes;

/// <summary>Memory of the machine, as far as processes started here may use it.</summary>
/// <param name="TotalBytes">Of the machine, or of the group of processes that we are confined to.</param>
/// <param name="AvailableBytes">What could be used now without swapping.</param>
sealed record MachineMemory(long TotalBytes, long AvailableBytes);

/// <summary>The machine that agents run on: this one, or a simulated one.</summary>
interface IMachine
{
    MachineMemory Memory();
}
