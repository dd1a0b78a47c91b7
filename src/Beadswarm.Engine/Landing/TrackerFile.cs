namespace Beadswarm.Landing;

/// <summary>
/// Which files of a checkout are the tracker's: written by it at any time, and never a user's unsaved work.
/// </summary>
static class TrackerFile
{
    public static bool Is(string path) =>
        path.StartsWith(".beads/", StringComparison.Ordinal) && path.EndsWith(".jsonl", StringComparison.Ordinal)
        && path.IndexOf('/', ".beads/".Length) < 0;
}
