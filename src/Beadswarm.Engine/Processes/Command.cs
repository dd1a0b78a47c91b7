namespace Beadswarm.Processes;

/// <summary>A short internal command, such as one of git's: no shell string, nothing of our environment.</summary>
sealed record CommandSpec
{
    public required string FileName { get; init; }
    public IReadOnlyList<string> Arguments { get; init; } = [];
    public required string WorkingDirectory { get; init; }

    /// <summary>The complete environment; nothing is inherited. The program is looked for on its PATH.</summary>
    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    /// <summary>What it is found by when it outlives us.</summary>
    public string Tag { get; init; } = ProcessSweep.CommandTag;

    public ReadOnlyMemory<byte> StandardInput { get; init; }
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>More output than this ends the command: half an answer must not pass for a whole one.</summary>
    public int OutputBytesMax { get; init; } = 64 * 1024 * 1024;

    /// <summary>Of standard error the last part is kept.</summary>
    public int ErrorBytesMax { get; init; } = 256 * 1024;

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;
}

/// <summary>How a command ended and what it said. A signal is exit code 128 + its number, as in a shell.</summary>
sealed record CommandResult(int ExitCode, byte[] Stdout, byte[] Stderr);

/// <summary>Why a command gave no result.</summary>
enum CommandFailure
{
    TimedOut,
    OutputTooLarge,
}

/// <summary>A command was ended before it was done. Its whole group is gone.</summary>
sealed class CommandException(string message, CommandFailure failure, CommandSpec spec) : Exception(message)
{
    public CommandFailure Failure { get; } = failure;

    public string FileName { get; } = spec.FileName;

    public IReadOnlyList<string> Arguments { get; } = spec.Arguments;

    public string WorkingDirectory { get; } = spec.WorkingDirectory;

    /// <summary>A slow machine may do it the next time; too much output comes again.</summary>
    public bool IsTransient => Failure == CommandFailure.TimedOut;
}

/// <summary>Runs short internal commands without a thread of their own.</summary>
static class Command
{
    /// <summary>
    /// Runs it to its end. When this returns or throws, every process of its group has been killed; one that left the
    /// group and still holds the output is not waited for.
    /// </summary>
    /// <exception cref="ProcessStartException">It could not be started.</exception>
    /// <exception cref="CommandException">It took too long or said too much.</exception>
    public static async Task<CommandResult> RunAsync(CommandSpec spec, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var run = new CommandRun(spec);
        run.Begin();

        // Cancelling asks the command to end; the result is still awaited, so that nothing of it is left behind.
        using var cancelling = cancellationToken.UnsafeRegister(
            static (state, token) => ((CommandRun)state!).Stop(new OperationCanceledException(token)), run);
        return await run.Result;
    }
}
