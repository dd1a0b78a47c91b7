using System.Text;
using System.Text.Json;

namespace Beadswarm.Beads;

/// <summary>Where a repository's backlog is and whose rules it follows, with the reason, as a value.</summary>
/// <param name="Folder">The <c>.beads</c> folder that holds it, redirects followed.</param>
/// <param name="File">The JSONL file.</param>
/// <param name="DialectReason">What told the dialect, for people: completes "because ...".</param>
/// <param name="Version">Version of the program that wrote last, where the folder tells it.</param>
/// <param name="Prefix">Configured prefix of ids, where the folder tells it.</param>
/// <param name="ExportOnly">The tracker's database is the truth: it does not read changes of the file by
/// itself.</param>
/// <param name="ListedStatuses">Statuses that the tracker lists as ready.</param>
sealed record TrackerLocation(
    string Folder, string File, TrackerDialect Dialect, string DialectReason, TrackerOrder Order, string? Version,
    string? Prefix, bool ExportOnly, IReadOnlyList<string> ListedStatuses)
{
    public const string FolderName = ".beads";
    public const string FileName = "issues.jsonl";
    public const string OldFileName = "beads.jsonl";
    public const string RedirectName = "redirect";
    public const string BrLockName = ".write.lock";
    public const string BdLockName = ".jsonl.lock";

    /// <summary>Bytes of the backlog, and of each small file beside it, that are looked at for clues.</summary>
    const int SampleBytesMax = 1024 * 1024;

    const int PathShownMax = 300;

    /// <summary>The SQLite file of old bd and of br, where there is one.</summary>
    public string? Database => Existing(Path.Combine(Folder, "beads.db"));

    /// <summary>
    /// Lock files to hold while writing: every one that is there, and the one of the dialect's own program where that
    /// program is at home (it has a database here, or told git what to ignore), since it may start at any time.
    /// Elsewhere no file is left in the user's folder. Always in this order, so that two writers never wait for each
    /// other.
    /// </summary>
    public IReadOnlyList<string> LockFiles =>
    [
        .. LockFile(BrLockName, own: Dialect == TrackerDialect.Br),
        .. LockFile(BdLockName, own: Dialect == TrackerDialect.BdClassic),
    ];

    /// <summary>Finds the backlog of a repository, or of a <c>.beads</c> folder given directly.</summary>
    /// <param name="dialect">Given by the configuration; null: found out.</param>
    /// <exception cref="TrackerException">There is none, there are two, or a redirect leads nowhere.</exception>
    public static TrackerLocation Find(string path, TrackerDialect? dialect = null)
    {
        try
        {
            return FindReadable(path, dialect);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new TrackerException(
                $"cannot read the backlog of {path}: {refused.Message}; make the folder readable for this user", path,
                null, refused);
        }
    }

    /// <summary>Both files, where both are there: what makes <see cref="Find"/> refuse.</summary>
    public static IReadOnlyList<string> Backlogs(string folder) =>
        [.. new[] { FileName, OldFileName }.Select(name => Path.Combine(folder, name)).Where(System.IO.File.Exists)];

    static TrackerLocation FindReadable(string path, TrackerDialect? dialect)
    {
        var folder = FolderOf(path);
        var clues = CluesOf(folder);
        var file = FileOf(folder, clues);
        clues = clues with { FileName = Path.GetFileName(file), Sample = Sample(file) };
        var (found, reason) = dialect is { } given
            ? (given, "the configuration says so")
            : TrackerClueRules.Dialect(clues);
        return new TrackerLocation(
            folder, file, found, reason, TrackerClueRules.Order(found, clues.Version), clues.Version, clues.Prefix,
            TrackerClueRules.ExportOnly(clues), TrackerClueRules.ListedStatuses(clues));
    }

    IEnumerable<string> LockFile(string name, bool own)
    {
        var path = Path.Combine(Folder, name);
        var atHome = Database is not null || System.IO.File.Exists(Path.Combine(Folder, ".gitignore"));
        return (own && atHome) || System.IO.File.Exists(path) ? [path] : [];
    }

    static string FolderOf(string path)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var folder = Path.GetFileName(full) == FolderName ? full : Path.Combine(full, FolderName);
        if (!Directory.Exists(folder))
        {
            throw new TrackerException(
                $"cannot find a backlog: there is no folder {folder}; run `bd init` or `br init` in the repository",
                folder);
        }

        return Redirected(folder);
    }

    // A linked worktree points at the folder of the main one. One hop only: bd follows no chain either.
    static string Redirected(string folder)
    {
        var redirect = Path.Combine(folder, RedirectName);
        if (!System.IO.File.Exists(redirect))
        {
            return folder;
        }

        var target = Lines(redirect).Select(line => line.Trim())
            .FirstOrDefault(line => line.Length > 0 && !line.StartsWith('#'));
        if (target is null)
        {
            return folder;
        }

        if (target.Contains('\0'))
        {
            throw new TrackerException(
                $"cannot follow {redirect}: '{Excerpt.Of(target)}' is no path; correct it or delete the file",
                redirect, 1);
        }

        // bd resolves it from the folder that holds .beads.
        var beside = Path.GetFullPath(target, Path.GetDirectoryName(folder) ?? folder);
        var inside = Path.GetFullPath(target, folder);
        return Directory.Exists(beside) ? beside
            : Directory.Exists(inside) ? inside
            : throw new TrackerException(
                $"cannot follow {redirect}: there is no folder {Excerpt.Of(beside, PathShownMax)}; correct the path or "
                    + "delete the file",
                redirect, 1);
    }

    static string FileOf(string folder, TrackerClues clues)
    {
        var backlogs = Backlogs(folder);
        if (backlogs.Count > 1)
        {
            var empty = backlogs.FirstOrDefault(file => new FileInfo(file).Length == 0);
            var remedy = empty is null
                ? "keep the one your tracker writes and delete or rename the other"
                : $"{Path.GetFileName(empty)} is empty: delete it";
            throw new TrackerException(
                $"cannot choose between {backlogs[0]} and {backlogs[1]}: both are there; {remedy}", backlogs[1]);
        }

        if (backlogs is [var only])
        {
            return only;
        }

        if (clues.ExportName is { } name && Existing(Path.Combine(folder, Path.GetFileName(name))) is { } named)
        {
            return named;
        }

        var missing = Path.Combine(folder, FileName);
        var cure = TrackerClueRules.ExportOnly(clues)
            ? $"run `bd export -o {FolderName}/{FileName}`, or set tracker.kind to bd"
            : "run `bd init` or `br init`, or restore the file from git";
        throw new TrackerException($"cannot find a backlog: there is no {missing}; {cure}", missing);
    }

    static TrackerClues CluesOf(string folder)
    {
        var metadata = Lines(Path.Combine(folder, "metadata.json"));
        return new TrackerClues
        {
            Metadata = ParseMetadata(string.Join('\n', metadata)),
            Config = [.. Lines(Path.Combine(folder, "config.yaml"))],
            LocalVersion = Lines(Path.Combine(folder, ".local_version")).FirstOrDefault()?.Trim(),
            Names = Directory.EnumerateFileSystemEntries(folder).Select(entry => Path.GetFileName(entry)).ToHashSet(),
        };
    }

    static Dictionary<string, string> ParseMetadata(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(
                JsonRepair.WithoutHalfPairs(Encoding.UTF8.GetBytes(text)));
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? document.RootElement.EnumerateObject().DistinctBy(field => field.Name)
                    .ToDictionary(field => field.Name, field => field.Value.ToString())
                : [];
        }
        catch (JsonException)
        {
            // Only clues are taken from it; whoever owns the file reports that it is broken.
            return [];
        }
    }

    static string[] Lines(string path) =>
        System.IO.File.Exists(path) ? Sample(path).TrimStart('\ufeff').ReplaceLineEndings("\n").Split('\n') : [];

    static string? Existing(string path) => System.IO.File.Exists(path) ? path : null;

    static string Sample(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[Math.Min(stream.Length, SampleBytesMax)];
        var read = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return Encoding.UTF8.GetString(bytes, 0, read);
    }
}
