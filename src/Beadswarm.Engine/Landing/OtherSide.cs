using Beadswarm.Git;

namespace Beadswarm.Landing;

/// <summary>A commit of the target that a conflict is with.</summary>
sealed record OtherSide(CommitId Commit, string Subject, string? Bead)
{
    /// <summary>What it did to the conflicting files, as a patch cut to a bounded length.</summary>
    public string Change { get; init; } = "";

    /// <summary>It takes in several landings, which lie between its parents.</summary>
    public bool Batch { get; init; }

    /// <summary>
    /// For <c>git log -z --name-only</c>. Nothing but NUL can separate: a subject may hold any other character, and the
    /// name of a file may look like an id. The first one is an empty field, which no name of a file is.
    /// </summary>
    public const string LogFormat =
        $"%x00%H%x00%s%x00%(trailers:key={LandingMessage.BeadTrailer},valueonly,separator=%x2C)"
        + $"%x00%(trailers:key={LandingMessage.BatchTrailer},valueonly,separator=%x2C)";

    const int FieldsBeforeFiles = 5;

    /// <summary>Reads the answer: for each commit an empty field, id, subject, bead, beads of a batch, and the files it
    /// changed.</summary>
    public static IReadOnlyList<(OtherSide Side, IReadOnlyList<string> Files)> Read(IReadOnlyList<string> fields)
    {
        var commits = new List<(OtherSide, IReadOnlyList<string>)>();
        for (var at = 0; at < fields.Count;)
        {
            if (fields[at].Length > 0 || at + FieldsBeforeFiles > fields.Count)
            {
                throw GitAnswers.Strange(fields[at], "log");
            }

            var (subject, bead) = (fields[at + 2], fields[at + 3]);
            var side = new OtherSide(CommitId.Parse(fields[at + 1]), subject, bead.Length == 0 ? null : bead)
            {
                Batch = fields[at + 4].Length > 0,
            };
            var files = new List<string>();
            for (at += FieldsBeforeFiles; at < fields.Count && fields[at].Length > 0; at++)
            {
                // git ends the message with a line break before the first name.
                files.Add(files.Count == 0 && fields[at][0] == '\n' ? fields[at][1..] : fields[at]);
            }

            commits.Add((side, files));
        }

        return commits;
    }
}
