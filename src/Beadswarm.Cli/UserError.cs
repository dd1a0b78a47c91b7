namespace Beadswarm.Cli;

/// <summary>
/// Something a person can put right. The message is lowercase and names the cause and the value; the hint is what to
/// do.
/// </summary>
sealed class UserError(string message, string? hint, int exitCode) : Exception(message)
{
    public string? Hint { get; } = hint;

    public int ExitCode { get; } = exitCode;
}
