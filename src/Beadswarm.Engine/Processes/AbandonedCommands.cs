namespace Beadswarm.Processes;

/// <summary>
/// Short commands that outlived the orchestrator that started them: a push that waits for its remote, a checkout that
/// is
/// half done. They are ended before the next orchestrator acts where they act; then what they have locked is nobody's.
/// </summary>
static class AbandonedCommands
{
    // git removes its locks when it is asked to end, and leaves them when it is killed.
    static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    /// <summary>
    /// Programs that serve the user as well and that a command only happened to start: they hold nothing.
    /// </summary>
    static readonly string[] Daemons = ["credential-cache--daemon", "fsmonitor--daemon", "[mux]"];

    /// <summary>The tag of all commands of one swarm; not one of those that belong to its stages.</summary>
    public static string TagOf(string swarm) => $"{ProcessSweep.CommandTag}/{swarm}";

    /// <summary>Asks them to end, kills those that do not, and says which there were.</summary>
    public static async Task<LeakReport> EndAsync(
        string tag, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var found = Find(tag);
        if (found.Count == 0)
        {
            return LeakReport.Nothing;
        }

        var described = found.Select(ProcessSweep.Describe).ToArray();
        await AskAsync(found, timeProvider, cancellationToken);
        var killed = await ProcessSweep.KillAsync(() => Find(tag), _ => true, timeProvider, cancellationToken);
        return killed with { Ended = [.. described.Union(killed.Ended).Except(killed.Remaining)] };
    }

    static IReadOnlyList<ProcessEntry> Find(string tag) =>
    [
        .. ProcessSweep.Members(tag).Where(entry =>
            ProcessTable.CommandLine(entry.Pid) is var line && !Daemons.Any(line.Contains)),
    ];

    static async Task AskAsync(
        IReadOnlyList<ProcessEntry> commands, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        var opened = commands.Select(entry => ProcessDescriptor.TryOpen(entry.Pid, entry.StartTicks))
            .OfType<ProcessDescriptor>().ToArray();
        try
        {
            foreach (var process in opened)
            {
                process.Signal(Libc.SignalTerminate);
                process.Signal(Libc.SignalContinue);
            }

            await Task.WhenAny(
                Task.WhenAll(opened.Select(process => process.Ended)),
                Task.Delay(Grace, timeProvider, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
        finally
        {
            Array.ForEach(opened, process => process.Dispose());
        }
    }
}
