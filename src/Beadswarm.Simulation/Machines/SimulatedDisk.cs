using Beadswarm.Simulation.Git;

namespace Beadswarm.Simulation.Machines;

/// <summary>The machine's disk, which others fill now and then.</summary>
sealed class SimulatedDisk(SimulatedGit git)
{
    public bool IsFull => git.ForeignBytes >= git.DiskBytes;

    public void Fill() => git.ForeignBytes = git.DiskBytes;

    public void MakeRoom() => git.ForeignBytes = 0;
}
