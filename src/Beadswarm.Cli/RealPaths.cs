using Beadswarm.Processes;

namespace Beadswarm.Cli;

/// <summary>Where paths lead that may not be there yet.</summary>
static class RealPaths
{
    /// <summary>Where a path leads; what is not there yet is where its nearest folder, or its link, leads.</summary>
    public static string Of(string path) => Of(path, LinksMax);

    // A link that leads to itself leads nowhere.
    const int LinksMax = 40;

    static string Of(string path, int links) =>
        Path.Exists(path) || Path.GetDirectoryName(path) is not { } folder ? Libc.RealPath(path)
        : links > 0 && new FileInfo(path).LinkTarget is { } target
            ? Of(Path.GetFullPath(target, Of(folder, links)), links - 1)
        : Path.Combine(Of(folder, links), Path.GetFileName(path));
}
