using Beadswarm.Beads;
using Beadswarm.Git;

namespace Beadswarm.Landing;

/// <summary>A bead with work that has not landed.</summary>
/// <param name="Base">The commit of the target that it began from.</param>
sealed record InFlight(BeadId Bead, CommitId Head, CommitId Base);

/// <summary>What a bead will conflict with when it lands, if nobody changes anything.</summary>
/// <param name="Bead">Of two, the one that is to land later.</param>
/// <param name="Other">Null: a change on the target that is no bead's.</param>
/// <param name="OtherHead">The other bead's work, or the commit of the target that it is.</param>
/// <param name="Landed">The other one is on the target already.</param>
sealed record ForeseenConflict(
    BeadId Bead, CommitId Head, BeadId? Other, CommitId OtherHead, bool Landed, IReadOnlyList<ConflictedFile> Files)
{
    const int FilesShownMax = 10;

    /// <summary>Where, for people.</summary>
    public string Where =>
        string.Join(", ", Files.Take(FilesShownMax).Select(file => file.Path))
        + (Files.Count > FilesShownMax ? $" and {Files.Count - FilesShownMax} more" : "");
}

/// <summary>Which changes need not be brought together to know that they do not conflict.</summary>
static class ForesightRules
{
    /// <summary>Whether two changes touch the same file, or one a file where the other has a folder.</summary>
    public static bool Meet(IReadOnlySet<string> one, IReadOnlySet<string> other) =>
        one.Overlaps(other)
        || one.SelectMany(Folders).Any(other.Contains)
        || other.SelectMany(Folders).Any(one.Contains);

    static IEnumerable<string> Folders(string path)
    {
        for (var at = path.IndexOf('/'); at >= 0; at = path.IndexOf('/', at + 1))
        {
            yield return path[..at];
        }
    }
}
