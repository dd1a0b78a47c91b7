using System.Text;
using Beadswarm.Beads;
using Beadswarm.Simulation.Git;

namespace Beadswarm.Simulation.Worlds;

/// <summary>
/// The tracker's file in the user's checkout, which the swarm and people write by turns. What lies there is real JSONL,
/// read and edited by the engine's own rules.
/// </summary>
sealed class SimulatedBacklog(SimulatedGit git, TrackerDialect dialect, TimeProvider time)
{
    public const string Path = ".beads/issues.jsonl";

    /// <summary>Why nobody can read or write it now; null when everybody can.</summary>
    public string? Away { get; set; }

    public TrackerDialect Dialect => dialect;

    /// <summary>Differs whenever the content does.</summary>
    public string Stamp => File is { } file ? file.Id : "none";

    public byte[] Bytes => Encoding.UTF8.GetBytes(File?.Text ?? "");

    UserFolder Folder =>
        git.Checkout ?? throw new InvalidOperationException("a bare repository has no place for a tracker");

    FileContent? File => Folder.Files.Find(Path);

    public static string Text(IEnumerable<Bead> beads) =>
        string.Concat(beads.Select(bead => Encoding.UTF8.GetString(BeadJson.Write(bead)).TrimEnd('\n') + "\n"));

    public Backlog Read() => Backlog.Parse(Path, Bytes, dialect);

    /// <summary>What the swarm asks for.</summary>
    public IReadOnlyList<BeadId> Apply(IReadOnlyList<BeadChange> changes, DateTimeOffset now)
    {
        var edit = BacklogEditRules.Apply(Read(), changes, dialect, now);
        if (edit.Bytes is { } bytes)
        {
            Write(Encoding.UTF8.GetString(bytes));
        }

        return edit.Missing;
    }

    /// <summary>A person changes a bead, or adds one.</summary>
    public void Put(Bead bead)
    {
        var now = time.GetUtcNow();
        var changed = bead with
        {
            UpdatedAt = now,
            ClosedAt = bead.Unfinished ? null : bead.ClosedAt ?? now,
            CloseReason = bead.Unfinished ? null : bead.CloseReason,
        };
        var beads = Read().Beads;
        Write(Text(beads.Any(known => known.Id == bead.Id)
            ? beads.Select(known => known.Id == bead.Id ? changed : known)
            : beads.Append(changed)));
    }

    void Write(string text) => Folder.Files = Folder.Files.With(Path, FileContent.Of(text));
}
