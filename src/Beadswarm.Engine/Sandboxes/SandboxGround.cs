namespace Beadswarm.Sandboxes;

/// <summary>What of the swarm's own folders one agent needs; everything else of them is not there for it.</summary>
/// <param name="Hidden">Folders that hold what is not its business: the user's checkout and what is in it.</param>
/// <param name="Readable">Parts of these that it sees, or of the writable ones that it must not change.</param>
/// <param name="Writable">Parts that it changes.</param>
sealed record SandboxGround(
    IReadOnlyList<string> Hidden, IReadOnlyList<string> Readable, IReadOnlyList<string> Writable);
