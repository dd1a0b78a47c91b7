using System.CommandLine;
using Beadswarm.Cli.Rendering;
using Beadswarm.Configuration;
using Beadswarm.Swarms;

namespace Beadswarm.Cli.Commands;

/// <summary>Works the backlog until its target is reached or nothing can become ready.</summary>
static class RunCommand
{
    const string ScriptedAgentName = "beadswarm-scripted-agent";

    public static Command Create(CliHost host)
    {
        var command = new Command(SwarmHolder.RunVerb, "Work the backlog with many agents and land what passes");
        var options = new RunOptions(command);
        var detached = new Option<bool>(Daemon.Option)
        {
            Description = "Run without a terminal, printing into the log; this is how 'start' runs it",
            Hidden = true,
        };
        command.Options.Add(detached);
        command.Does(host, async (call, cancellationToken) =>
        {
            if (await options.PlanAsync(call, cancellationToken) is { } planned)
            {
                return planned;
            }

            var setup = await options.SetupAsync(call, cancellationToken);
            var run = call.Get(detached)
                ? RunSession.RunDetachedAsync(call, setup, cancellationToken)
                : RunSession.RunAsync(call, setup, cancellationToken);
            return (await run).ExitCode;
        });
        return command;
    }

    /// <summary>What every run of this program is started with.</summary>
    public static SwarmSetup Setup(CliHost host, string repositoryPath, SwarmConfig config) =>
        new()
        {
            RepositoryPath = repositoryPath,
            Config = config,
            Environment = host.Environment,
            ScriptedAgentPath = Path.Combine(AppContext.BaseDirectory, ScriptedAgentName),
            ProgramPath = Path.Combine(AppContext.BaseDirectory, Daemon.ProgramName),
            Time = host.Time,
            StatusText = (json, width) =>
                StatusView.Parse(json.Span).Format(host.Time.GetUtcNow().UtcDateTime, width),
        };
}
