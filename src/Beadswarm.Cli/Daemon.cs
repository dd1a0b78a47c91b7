using Beadswarm.Processes;
using Beadswarm.Swarms;

namespace Beadswarm.Cli;

/// <summary>
/// The swarm as a daemon: <c>run --detached</c>, started by <c>start</c> in a session of its own. It is the same run;
/// only its output, its log and what a closed terminal means are different.
/// </summary>
static class Daemon
{
    /// <summary>The hidden option of <c>run</c> that <c>start</c> gives.</summary>
    public const string Option = "--detached";

    /// <summary>The log and the older one beside it hold at most twice this.</summary>
    const long LogBytesMax = 8 * 1024 * 1024;

    /// <summary>The program, in the folder that it runs from.</summary>
    public const string ProgramName = "beadswarm";

    public static BoundedLog OpenLog(string repositoryPath) =>
        new(new SwarmPaths(repositoryPath).Log, LogBytesMax);

    /// <summary>
    /// Says to whoever started us that we are up, and prints into the log from here on. What the runtime itself says
    /// when it dies goes there too.
    /// </summary>
    public static CliHost TakeLeave(CliHost host, BoundedLog log)
    {
        StandardStreams.AppendTo(log.Path);
        host.Out.Write(DetachedProgram.UpMark);
        host.Out.Flush();
        return host with { Out = log, Error = log, Interactive = false, CanAsk = false };
    }

    /// <summary>
    /// Starts this program as a daemon with the same words, and waits until it is up or has been refused.
    /// </summary>
    public static Task<DetachedStart> StartAsync(VerbCall call, CancellationToken cancellationToken)
    {
        var words = call.Words.ToList();
        words[words.IndexOf(call.Verb)] = SwarmHolder.RunVerb;
        return DetachedProgram.StartAsync(
            new DetachedSpec(
                Path.Combine(AppContext.BaseDirectory, ProgramName), [.. words, Option], call.Host.WorkingFolder,
                call.Host.Environment),
            cancellationToken);
    }
}
