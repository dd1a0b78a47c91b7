using System.Text.RegularExpressions;

namespace Beadswarm.Beads;

/// <summary>What a <c>.beads</c> folder tells about the program that keeps it.</summary>
sealed record TrackerClues
{
    /// <summary>Top-level values of metadata.json.</summary>
    public required IReadOnlyDictionary<string, string> Metadata { get; init; }

    /// <summary>Lines of config.yaml.</summary>
    public required IReadOnlyList<string> Config { get; init; }
    public required string? LocalVersion { get; init; }

    /// <summary>Names of the files and folders in it.</summary>
    public required IReadOnlySet<string> Names { get; init; }
    public string FileName { get; init; } = TrackerLocation.FileName;

    /// <summary>The beginning of the backlog.</summary>
    public string Sample { get; init; } = "";

    public string? Version =>
        (LocalVersion is { Length: > 0 } local ? local : Metadata.GetValueOrDefault("last_bd_version")) is { } version
            ? Excerpt.Of(version)
            : null;

    public string? ExportName => Metadata.GetValueOrDefault("jsonl_export");

    public string? Prefix => ConfigValue("issue-prefix") ?? ConfigValue("issue_prefix");

    /// <summary>The value of a flat key of config.yaml; comments do not count.</summary>
    public string? ConfigValue(string key) =>
        Config.Where(line => line.StartsWith($"{key}:", StringComparison.Ordinal))
            .Select(line => line[(key.Length + 1)..].Split(" #")[0].Trim().Trim('"', '\''))
            .FirstOrDefault(value => value.Length > 0);
}

/// <summary>Decides from a folder's clues which program keeps it.</summary>
static partial class TrackerClueRules
{
    static readonly Version SqliteEnd = new(0, 51);
    static readonly Version OldestFirst = new(1, 3);

    /// <summary>bd 1.2.1 already sorted as 1.3 does; 1.2.2 is the tree of 1.1.2 again.</summary>
    static readonly Version OldestFirstOnce = new(1, 2, 1);

    /// <summary>
    /// The strongest clue wins: what the program says of itself, its own files, then the shape of the lines.
    /// </summary>
    public static (TrackerDialect Dialect, string Reason) Dialect(TrackerClues clues)
    {
        if (clues.Version is { } text && ParseVersion(text) is { } version)
        {
            return version < SqliteEnd
                ? (TrackerDialect.BdClassic, $"bd {text} was used last")
                : (TrackerDialect.Bd, $"bd {text} was used last");
        }

        if (ExportOnly(clues))
        {
            return (TrackerDialect.Bd, "bd keeps the beads in Dolt here");
        }

        return FromFiles(clues) ?? FromLines(clues) ?? (TrackerDialect.Bd, "nothing in the folder says otherwise");
    }

    /// <summary>How the program lists what is ready, by its version.</summary>
    public static TrackerOrder Order(TrackerDialect dialect, string? versionText)
    {
        var version = versionText is null ? null : ParseVersion(versionText);
        var newestFirst = dialect == TrackerDialect.Bd && version is not null && version < OldestFirst
            && version != OldestFirstOnce;
        return newestFirst ? TrackerOrder.PriorityNewestFirst : OrderRules.Newest(dialect);
    }

    /// <summary>bd from 0.51 on: the file is written by an export, and read only by <c>bd import</c>.</summary>
    public static bool ExportOnly(TrackerClues clues) =>
        clues.Metadata.GetValueOrDefault("backend") == "dolt"
        || clues.Metadata.Keys.Any(key => key.StartsWith("dolt_", StringComparison.Ordinal))
        || clues.Names.Contains("dolt") || clues.Names.Contains("embeddeddolt");

    /// <summary>
    /// <c>open</c>, and bd's custom statuses of category active (<c>status.custom: "triage:active,…"</c>).
    /// </summary>
    public static IReadOnlyList<string> ListedStatuses(TrackerClues clues) =>
    [
        BeadStatus.Open,
        .. (clues.ConfigValue("status.custom") ?? "").Split(',', StringSplitOptions.TrimEntries)
            .Where(status => status.EndsWith(":active", StringComparison.Ordinal))
            .Select(status => status[..^":active".Length]),
    ];

    static (TrackerDialect Dialect, string Reason)? FromFiles(TrackerClues clues)
    {
        string[] br = [TrackerLocation.BrLockName, ".br_history", ".br_recovery"];
        string[] classic = [TrackerLocation.BdLockName, "bd.sock", "daemon.lock", "daemon.pid", "daemon.log"];
        return br.FirstOrDefault(clues.Names.Contains) is { } brFile ? (TrackerDialect.Br, $"br left {brFile}")
            : clues.ConfigValue("issue_prefix") is not null ? (TrackerDialect.Br, "config.yaml is br's (issue_prefix)")
            : classic.FirstOrDefault(clues.Names.Contains) is { } file ? (TrackerDialect.BdClassic, $"bd left {file}")
            : null;
    }

    // A quoted key cannot occur inside a JSON text: its quotes would be escaped there.
    static (TrackerDialect Dialect, string Reason)? FromLines(TrackerClues clues) =>
        TypedLine().IsMatch(clues.Sample)
            ? (TrackerDialect.Bd, "the lines have _type, which bd writes from 0.62 on")
        : BrLine().IsMatch(clues.Sample)
            ? (TrackerDialect.Br, "the lines have fields that only br writes (compaction_level 0, source_repo_path)")
        : clues.Sample.Contains("\"content_hash\":", StringComparison.Ordinal)
            ? (TrackerDialect.BdClassic, "the lines have content_hash, which bd wrote up to 0.24")
        : clues.FileName == TrackerLocation.OldFileName
            ? (TrackerDialect.BdClassic, "beads.jsonl is the name bd used up to 0.24")
        : TombstoneLine().IsMatch(clues.Sample)
            ? (TrackerDialect.BdClassic, "there are tombstones, which bd wrote up to 0.50")
        : null;

    static Version? ParseVersion(string text) =>
        Number().Match(text) is { Success: true, Value: var number } && Version.TryParse(number, out var version)
            ? version
            : null;

    [GeneratedRegex(@"\d+\.\d+(?:\.\d+)?")]
    private static partial Regex Number();

    [GeneratedRegex("\"_type\": ?\"issue\"")]
    private static partial Regex TypedLine();

    [GeneratedRegex("\"compaction_level\": ?0[,}]|\"source_repo_path\":")]
    private static partial Regex BrLine();

    [GeneratedRegex("\"status\": ?\"tombstone\"")]
    private static partial Regex TombstoneLine();
}
