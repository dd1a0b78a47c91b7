using Beadswarm.Beads;
using Beadswarm.Simulation.Git;
using Beadswarm.Workspaces;

namespace Beadswarm.Simulation.Agents;

/// <summary>
/// What simulated agents write, and what the gates of the simulated project say to it. The verdict follows from the
/// files alone, so that everybody can tell afterwards whether it was right.
/// </summary>
static class WorkRules
{
    /// <summary>A line that every gate fails on.</summary>
    public const string Broken = "broken";

    /// <summary>Two files with the same line of this kind fail; each alone passes.</summary>
    public const string Clash = "clash ";

    const string ConflictMark = "<<<<<<<";
    const string Folder = "src/";
    const string SharedFolder = "shared/";

    /// <summary>The file that is a bead's alone.</summary>
    public static string PathOf(BeadId bead) => $"{Folder}{bead}.txt";

    /// <summary>A file that several beads change.</summary>
    public static string SharedPath(string name) => $"{SharedFolder}{name}.txt";

    public static bool IsShared(string path) => path.StartsWith(SharedFolder, StringComparison.Ordinal);

    /// <summary>A line that a file had and has no longer; null: there is none.</summary>
    public static string? Missing(string? before, string? after) =>
        Lines(before).Except(Lines(after)).FirstOrDefault(line => line.Length > 0);

    /// <summary>Why the gates fail on these files, or null when they pass.</summary>
    public static string? Complaint(FileTree files)
    {
        Dictionary<string, string>? clashes = null;
        foreach (var (path, content) in files.Files)
        {
            if (ProtectedFolders.Contain(path))
            {
                continue;
            }

            foreach (var line in content.Text.AsSpan().EnumerateLines())
            {
                if (line.SequenceEqual(Broken) || line.StartsWith(ConflictMark, StringComparison.Ordinal))
                {
                    return $"{path}: {line}";
                }

                if (line.StartsWith(Clash, StringComparison.Ordinal)
                    && !(clashes ??= []).TryAdd(line.ToString(), path))
                {
                    return $"{path} and {clashes[line.ToString()]}: {line}";
                }
            }
        }

        return null;
    }

    /// <summary>Whether another file than the bead's own has this line.</summary>
    public static bool IsTaken(FileTree files, string line, string but) =>
        files.Files.Any(file => file.Key != but && file.Value.Text.Split('\n').Contains(line));

    /// <summary>All lines of both sides, each once.</summary>
    public static string Union(string? ours, string? theirs) => string.Concat(
        Lines(ours).Concat(Lines(theirs)).Where(line => line.Length > 0).Distinct().Order(StringComparer.Ordinal)
            .Select(line => line + "\n"));

    static string[] Lines(string? text) => text?.Split('\n') ?? [];
}
