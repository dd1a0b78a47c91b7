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

    readonly Dictionary<string, BacklogLine> _lines = new(StringComparer.Ordinal);
    (string? Stamp, Backlog Backlog) _newest = (null, new Backlog([]));

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

    /// <summary>Only the lines that were not there before are parsed; of most changes that is one.</summary>
    public Backlog Read()
    {
        if (_newest.Stamp != Stamp)
        {
            var text = File?.Text ?? "";
            var lines = new List<BacklogLine>();
            for (int start = 0, end; start < text.Length; start = end)
            {
                end = text.IndexOf('\n', start) is var found and >= 0 ? found + 1 : text.Length;
                lines.Add(Parsed(text[start..end]));
            }

            var beads = lines.OfType<BacklogLine.Issue>().Select(line => line.Bead).ToArray();
            _newest = (Stamp, new Backlog(beads) { Lines = lines });
        }

        return _newest.Backlog;
    }

    /// <summary>Another state of the file than the one here.</summary>
    public Backlog Parse(FileContent file) => Backlog.Parse(Path, Encoding.UTF8.GetBytes(file.Text), dialect);

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

    /// <summary>What others did to a copy of it comes in.</summary>
    public void Merge(TrackerCopy copy)
    {
        Backlog Parsed(ReadOnlyMemory<byte> content) => Backlog.Parse(Path, content, dialect);
        if (BacklogMergeRules.Merge(
            Parsed(copy.Taken), Parsed(copy.Parted), Read(), Parsed(copy.Content), dialect) is { } bytes)
        {
            Write(Encoding.UTF8.GetString(bytes));
        }
    }

    /// <summary>A person changes a bead, or adds one.</summary>
    public void Put(Bead bead) => Put([bead]);

    /// <summary>A person changes beads, or adds some, all at once.</summary>
    public void Put(IReadOnlyList<Bead> beads)
    {
        var now = time.GetUtcNow();
        var changed = beads.ToDictionary(bead => bead.Id, bead => bead with
        {
            UpdatedAt = now,
            ClosedAt = bead.Unfinished ? null : bead.ClosedAt ?? now,
            CloseReason = bead.Unfinished ? null : bead.CloseReason,
        });
        var known = Read().Beads;
        var added = beads.Select(bead => bead.Id).Except(known.Select(bead => bead.Id)).Select(id => changed[id]);
        Write(Text(known.Select(bead => changed.GetValueOrDefault(bead.Id, bead)).Concat(added)));
    }

    BacklogLine Parsed(string line)
    {
        if (!_lines.TryGetValue(line, out var parsed))
        {
            parsed = Backlog.Parse(Path, Encoding.UTF8.GetBytes(line), dialect).Lines[0];
            _lines.Add(line, parsed);
        }

        return parsed;
    }

    void Write(string text) => Folder.Files = Folder.Files.With(Path, FileContent.Of(text));
}
