namespace Beadswarm.Workspaces;

/// <summary>The part of the tree that no agent may change: the tracker's and the swarm's own files.</summary>
static class ProtectedFolders
{
    public static readonly IReadOnlyList<string> Names = [".beads", ".beadswarm"];

    public static bool Contain(string path) =>
        Names.Any(folder =>
            path.StartsWith(folder, StringComparison.Ordinal)
            && (path.Length == folder.Length || path[folder.Length] == '/'));
}
