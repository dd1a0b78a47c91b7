namespace Beadswarm.Processes;

/// <summary>How a command of the shell ended.</summary>
abstract record ShellEnd
{
    ShellEnd() { }

    public sealed record Exited(int Code) : ShellEnd;

    /// <summary>A signal that we did not send.</summary>
    public sealed record Killed(int Signal) : ShellEnd;

    /// <summary>Longer than it may take; ended by us.</summary>
    public sealed record TimedOut(TimeSpan After) : ShellEnd;

    /// <summary>More output than is kept; ended by us.</summary>
    public sealed record LogLimit(long BytesMax) : ShellEnd;

    public sealed record NotStarted(string Reason) : ShellEnd;
}

/// <summary>A command that the configuration names, for the shell.</summary>
/// <param name="Environment">Complete.</param>
/// <param name="Log">A file of this run alone, for all that it prints.</param>
/// <param name="Tag">Of this run alone: whatever carries it is ended with it.</param>
/// <param name="Grace">Between asking it to end and killing it.</param>
sealed record ShellCommand(
    string Text, string Directory, IReadOnlyDictionary<string, string> Environment, string Log, string Tag,
    TimeSpan Timeout, TimeSpan Grace, long LogBytesMax)
{
    static readonly TimeSpan CheckPeriod = TimeSpan.FromMilliseconds(100);

    /// <summary>Runs it within its limits; all that it started is gone afterwards, and told.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; its processes are gone.</exception>
    public async Task<(ShellEnd End, LeakReport Leaks)> RunAsync(
        TimeProvider time, CancellationToken cancellationToken)
    {
        ChildProcess child;
        try
        {
            child = ChildProcess.Start(
                new ChildSpec
                {
                    FileName = "/bin/sh",
                    Arguments = ["-c", Text],
                    WorkingDirectory = Directory,
                    Environment = Environment,
                    Tag = Tag,
                    StandardOutputFile = Log,
                    StandardErrorFile = Log,
                    Folders = [Directory, Log],
                },
                time);
        }
        catch (Exception refused) when (refused is ProcessStartException or IOException)
        {
            return (new ShellEnd.NotStarted(refused.Message), LeakReport.Nothing);
        }

        using (child)
        {
            return await WatchAsync(child, time, cancellationToken);
        }
    }

    async Task<(ShellEnd End, LeakReport Leaks)> WatchAsync(
        ChildProcess child, TimeProvider time, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(CheckPeriod, time);
        var began = time.GetTimestamp();
        ShellEnd? caused = null;
        while (!child.Exit.IsCompleted && caused is null && !cancellationToken.IsCancellationRequested)
        {
            // Cancelling ends the waiting; what was started is then ended below, not abandoned.
            await Task.WhenAny(child.Exit, timer.WaitForNextTickAsync(cancellationToken).AsTask());
            caused = child.Exit.IsCompleted ? null
                : time.GetElapsedTime(began) >= Timeout ? new ShellEnd.TimedOut(Timeout)
                : new FileInfo(Log) is { Exists: true } log && log.Length > LogBytesMax
                    ? new ShellEnd.LogLimit(LogBytesMax)
                : null;
        }

        if (child.Exit.IsCompleted)
        {
            var leaks = await child.SweepAsync(CancellationToken.None);
            return (ToEnd(await child.Exit), leaks);
        }

        var left = await child.TerminateAsync(Grace, CancellationToken.None);
        cancellationToken.ThrowIfCancellationRequested();
        CutLog();
        return (caused ?? ToEnd(await child.Exit), left);
    }

    static ShellEnd ToEnd(ChildExit exit) => exit switch
    {
        ChildExit.Exited exited => new ShellEnd.Exited(exited.Code),
        ChildExit.Killed killed => new ShellEnd.Killed(killed.Signal),
        ChildExit.Unknown => new ShellEnd.NotStarted("its exit code was taken by somebody else"),
    };

    void CutLog()
    {
        if (new FileInfo(Log) is { LinkTarget: null } log && log.Length > LogBytesMax)
        {
            using var file = log.OpenWrite();
            file.SetLength(LogBytesMax);
        }
    }
}
