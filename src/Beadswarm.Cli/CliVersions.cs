using System.Text;
using Beadswarm.Configuration;
using Beadswarm.Processes;

namespace Beadswarm.Cli;

/// <summary>An agent CLI on PATH and what it calls its version; null when it does not tell.</summary>
sealed record CliVersion(FoundRunner Runner, string? Version)
{
    /// <summary>As people read it.</summary>
    public string Words => $"{Version ?? "version unknown"}  ({Runner.Program})";
}

/// <summary>
/// Asks the agent CLIs for their versions, all of them at once: each starts a runtime of its own. One that hangs is
/// ended with all it has started, and is one without a version.
/// </summary>
static class CliVersions
{
    /// <summary>One of them takes two seconds on an idle machine, and much longer on one where a swarm works.</summary>
    public static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(30);

    const int LengthMax = 100;
    const int OutputBytesMax = 64 * 1024;

    /// <summary>They are not to start themselves once more, with other limits, only to say a number.</summary>
    static readonly Dictionary<string, string> Added = new() { ["GEMINI_CLI_NO_RELAUNCH"] = "true" };

    /// <param name="waitMax">Longest time for each.</param>
    public static async Task<IReadOnlyList<CliVersion>> AskAsync(
        IReadOnlyList<FoundRunner> runners, CliHost host, TimeSpan waitMax, CancellationToken cancellationToken) =>
        await Task.WhenAll(runners.Select(async runner =>
            new CliVersion(runner, await AskAsync(runner.Program, host, waitMax, cancellationToken))));

    static async Task<string?> AskAsync(
        string program, CliHost host, TimeSpan waitMax, CancellationToken cancellationToken)
    {
        try
        {
            var result = await Command.RunAsync(
                new CommandSpec
                {
                    FileName = program,
                    Arguments = ["--version"],
                    WorkingDirectory = host.WorkingFolder,
                    Environment = AllowedEnvironment.Build(host.Environment, [], Added),
                    Timeout = waitMax,
                    OutputBytesMax = OutputBytesMax,
                    TimeProvider = host.Time,
                },
                cancellationToken);
            var line = Encoding.UTF8.GetString(result.Stdout).Split('\n')[0].Trim();
            return result.ExitCode == 0 && line.Length is > 0 and <= LengthMax ? line : null;
        }
        catch (Exception error) when (error is CommandException or ProcessStartException)
        {
            // It is on PATH; that it cannot tell its version is for whoever runs it.
            return null;
        }
    }
}
