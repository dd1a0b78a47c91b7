using Beadswarm.Beads;
using Beadswarm.Storage.Sqlite;

namespace Beadswarm.Diagnosis;

/// <summary>
/// Looks at a tracker's folder. Nothing is changed, and everything that is broken is named, not only the first.
/// </summary>
static class TrackerExamination
{
    /// <summary>A file with more broken lines than this is broken as a whole.</summary>
    const int BrokenMax = 50;

    /// <param name="held">Beads that the swarm holds or will go on with: their being in progress is right.</param>
    public static async Task<TrackerFacts> LookAsync(
        string repository, TrackerDialect? dialect, string actor, IReadOnlySet<BeadId> held,
        CancellationToken cancellationToken)
    {
        var broken = new List<BrokenPlace>();
        var files = new List<BacklogFile>();
        var folder = Path.Combine(repository, TrackerLocation.FolderName);
        if (Directory.Exists(folder))
        {
            foreach (var path in TrackerLocation.Backlogs(folder))
            {
                var backlog = await ReadAsync(path, dialect ?? TrackerDialect.Bd, broken, cancellationToken);
                files.Add(new BacklogFile(path, backlog?.Beads.ToDictionary(bead => bead.Id, bead => bead.UpdatedAt)));
            }
        }

        if (files.Count > 1 || broken.Count > 0)
        {
            return new TrackerFacts(files, broken, [], null);
        }

        try
        {
            var location = TrackerLocation.Find(repository, dialect);
            var bytes = await File.ReadAllBytesAsync(location.File, cancellationToken);
            var backlog = Backlog.Parse(location.File, bytes, location.Dialect);
            return new TrackerFacts(
                files, [], WreckedTracker.Examine(backlog, location, held, actor), Count(location, backlog));
        }
        catch (TrackerException error)
        {
            return new TrackerFacts(files, [new BrokenPlace(error.Message, error.Path, error.Line)], [], null);
        }
    }

    /// <summary>The backlog, or null and every place that keeps it from being read.</summary>
    static async Task<Backlog?> ReadAsync(
        string path, TrackerDialect dialect, List<BrokenPlace> broken, CancellationToken cancellationToken)
    {
        var bytes = await File.ReadAllBytesAsync(path, cancellationToken);
        for (var found = 0; found < BrokenMax; found++)
        {
            try
            {
                var backlog = Backlog.Parse(path, bytes, dialect);
                return found == 0 ? backlog : null;
            }
            catch (TrackerException error)
            {
                broken.Add(new BrokenPlace(error.Message, path, error.Line));
                if (error.Line is not { } line)
                {
                    return null;
                }

                bytes = WithoutLine(bytes, line);
            }
        }

        return null;
    }

    /// <summary>The same lines with one of them empty, so that the numbers of the others stay right.</summary>
    static byte[] WithoutLine(byte[] bytes, int line)
    {
        var kept = new List<byte>(bytes.Length);
        var number = 1;
        foreach (var value in bytes)
        {
            if (number != line || value == (byte)'\n')
            {
                kept.Add(value);
            }

            number += value == (byte)'\n' ? 1 : 0;
        }

        return [.. kept];
    }

    static TrackerCounts? Count(TrackerLocation location, Backlog backlog) =>
        location.Database is { } database && TrackerDatabase.CountBeads(database) is { } count
            ? new TrackerCounts(
                database, count, location.File, backlog.Beads.Count(bead => bead.Status != BeadStatus.Tombstone))
            : null;
}
