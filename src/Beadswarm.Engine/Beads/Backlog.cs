namespace Beadswarm.Beads;

/// <summary>The beads of a tracker at one moment, in the order of its file.</summary>
sealed record Backlog(IReadOnlyList<Bead> Beads);
