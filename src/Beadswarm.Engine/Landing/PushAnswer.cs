namespace Beadswarm.Landing;

/// <summary>What <c>git push --porcelain</c> of one ref said.</summary>
abstract record PushAnswer
{
    PushAnswer() { }

    public sealed record Accepted : PushAnswer;

    /// <summary>The ref is not where it was expected to be, or somebody was updating it just then.</summary>
    public sealed record Stale : PushAnswer;

    /// <summary>The remote decided against it: a hook, a protected branch, missing rights.</summary>
    public sealed record Refused(string Reason) : PushAnswer;

    /// <summary>It said nothing about the ref: the connection or the process ended first.</summary>
    public sealed record Lost : PushAnswer;

    const string RemotePrefix = "remote: ";
    const int ReasonCharactersMax = 2000;

    static readonly string[] StaleWords =
    [
        "stale info", "fetch first", "non-fast-forward", "already exists", "cannot lock ref", "failed to update ref",
        "incorrect old value", "failed to lock", "unable to lock", "reference already exists", "failed to write",
    ];

    static readonly string[] DeniedWords =
        ["Permission denied", "Authentication failed", "The requested URL returned error: 403", "read-only",
            "access denied"];

    public static PushAnswer Read(string stdout, string stderr)
    {
        // One line for the ref: flag, tab, from:to, tab, summary.
        var line = stdout.Split('\n').FirstOrDefault(line => line.Length > 1 && line[1] == '\t');
        if (line is null)
        {
            return DeniedWords.Any(words => stderr.Contains(words, StringComparison.OrdinalIgnoreCase))
                ? new Refused(Cut(stderr.Trim()))
                : new Lost();
        }

        var summary = line[(line.LastIndexOf('\t') + 1)..];
        return line[0] is not '!' ? new Accepted()
            : StaleWords.Any(words => summary.Contains(words, StringComparison.Ordinal)) ? new Stale()

            // The connection ended while the remote was at work on the ref: it may still finish.
            : summary.Contains("remote failed to report status", StringComparison.Ordinal) ? new Lost()
            : new Refused(Cut(Explain(summary, stderr)));
    }

    static string Explain(string summary, string stderr)
    {
        var said = stderr.Split('\n').Where(line => line.StartsWith(RemotePrefix, StringComparison.Ordinal))
            .Select(line => line[RemotePrefix.Length..].Trim()).Where(line => line.Length > 0).ToArray();
        return said.Length > 0 ? $"{summary}: {string.Join("; ", said)}"
            : summary.Length > 0 ? summary
            : "the remote gave no reason";
    }

    static string Cut(string text) => text.Length <= ReasonCharactersMax ? text : text[..ReasonCharactersMax];
}
