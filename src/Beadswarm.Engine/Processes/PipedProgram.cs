using System.Diagnostics;

namespace Beadswarm.Processes;

/// <summary>
/// A program that is talked to over its standard input and output, as a child of a process that lives for nothing
/// else: it has that process's session, environment, mark and standard error, and is ended with its whole tree. An
/// orchestrator does not use it, since such a child cannot be adopted.
/// </summary>
sealed class PipedProgram : IDisposable
{
    readonly Process _process;

    PipedProgram(Process process) => _process = process;

    public Stream Input => _process.StandardInput.BaseStream;

    public Stream Output => _process.StandardOutput.BaseStream;

    /// <exception cref="ProcessStartException">It is not there, or cannot be started.</exception>
    public static PipedProgram Start(string fileName, IReadOnlyList<string> arguments, string workingDirectory)
    {
        var start = new ProcessStartInfo(fileName, arguments)
        {
            WorkingDirectory = workingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        try
        {
            return new PipedProgram(Process.Start(start)!); // not shell execute: a process is always returned
        }
        catch (System.ComponentModel.Win32Exception refused)
        {
            throw new ProcessStartException(
                $"cannot start '{fileName}': {refused.Message}", fileName, refused.NativeErrorCode);
        }
    }

    /// <summary>Ends its input, gives it time to end, and then kills what is left of its tree.</summary>
    public async Task EndAsync(TimeSpan patience, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended already, with something of ours unread.
        }

        using var waiting = new CancellationTokenSource(patience, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(waiting.Token, cancellationToken);
        try
        {
            await _process.WaitForExitAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            // Its children are found by their parents, so they are killed while it is still there.
            _process.Kill(entireProcessTree: true);
        }
    }

    public void Dispose() => _process.Dispose();
}
