namespace Beadswarm.Git;

/// <summary>What git's own words (in the C locale) say about a failure.</summary>
static class GitFailureRules
{
    static readonly string[] NetworkWords =
    [
        "Could not resolve host",
        "Connection refused",
        "Connection reset",
        "Connection timed out",
        "Operation timed out",
        "Network is unreachable",
        "No route to host",
        "The remote end hung up unexpectedly",
        "the remote end hung up unexpectedly",
        "early EOF",
        "unexpected disconnect",
        "RPC failed",
        "The requested URL returned error: 5",
        "The requested URL returned error: 429",
    ];

    /// <summary>Another git holds the lock, or one that was killed left it behind.</summary>
    public static bool IsLockHeld(string standardError) =>
        standardError.Contains(".lock': File exists", StringComparison.Ordinal)
        || standardError.Contains("could not lock config file", StringComparison.Ordinal);

    public static bool IsNetwork(string standardError) =>
        NetworkWords.Any(words => standardError.Contains(words, StringComparison.Ordinal));

    /// <summary>
    /// Somebody ended it: out of memory, a person, a machine that shuts down. 128 + the signal, as in a shell; git's
    /// own
    /// exit codes end at 129.
    /// </summary>
    public static bool WasKilled(int exitCode) => exitCode - 128 is Interrupt or Kill or Terminate;

    const int Interrupt = 2, Kill = 9, Terminate = 15;

    public static bool IsTransient(string standardError) => IsLockHeld(standardError) || IsNetwork(standardError);
}
