namespace Beadswarm.Git;

/// <summary>
/// git could not do what it was asked, for a reason that is not one of the caller's expected outcomes.
/// </summary>
sealed class GitException(
    IReadOnlyList<string> arguments,
    int exitCode,
    string standardErrorTail,
    string workingDirectory,
    bool isTransient,
    Exception? inner = null)
    : Exception(Describe(arguments, exitCode, standardErrorTail, workingDirectory), inner)
{
    public IReadOnlyList<string> Arguments { get; } = arguments;

    /// <summary>128 + signal when git was killed; -1 when it gave no result at all.</summary>
    public int ExitCode { get; } = exitCode;

    public string StandardErrorTail { get; } = standardErrorTail;

    public string WorkingDirectory { get; } = workingDirectory;

    /// <summary>
    /// A lock somebody holds, a network that is away, a command that took too long: later it may work.
    /// </summary>
    public bool IsTransient { get; } = isTransient;

    static string Describe(IReadOnlyList<string> arguments, int exitCode, string standardErrorTail, string directory)
    {
        var said = standardErrorTail.Trim();
        return $"git {string.Join(' ', arguments)} failed with exit code {exitCode} in '{directory}'"
            + (said.Length == 0 ? "" : $": {said}");
    }
}
