using Beadswarm.Cli.Rendering;
using Beadswarm.Processes;
using Beadswarm.Swarms;
using Command = System.CommandLine.Command;

namespace Beadswarm.Cli.Commands;

/// <summary>Starts the swarm as a daemon and comes back when it is up, or with the reason why it is not.</summary>
static class StartCommand
{
    public static Command Create(CliHost host)
    {
        var command = new Command("start", "Work the backlog in the background; takes the options of run");
        var options = new RunOptions(command);
        command.Does(host, async (call, cancellationToken) =>
        {
            if (await options.PlanAsync(call, cancellationToken) is { } planned)
            {
                return planned;
            }

            var paths = new SwarmPaths(options.RepositoryOf(call));
            using var given = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            using var signals = new Signals(_ => given.Cancel());
            switch (await Daemon.StartAsync(call, given.Token))
            {
                case DetachedStart.Up up:
                    call.Print(call.Json ? ToJson(up, paths) + "\n" : ToText(up, paths));
                    return ExitCodes.Ok;
                case DetachedStart.Refused { Exit: ChildExit.Exited { Code: > 0 and var code } } refused:
                    // Its own words: they name the cause and the remedy, as run would have said them here.
                    await host.Error.WriteAsync(refused.Said);
                    return code;
                case var odd:
                    throw new UserError(
                        $"the swarm did not come up: {odd}", $"see {paths.Log}, or try 'beadswarm run'", ExitCodes.Bug);
            }
        });
        return command;
    }

    static string ToText(DetachedStart.Up up, SwarmPaths paths) =>
        $"""
        the swarm is running: process {up.Process.Pid}
          beadswarm attach    follow it; Ctrl-C leaves it running
          beadswarm status    its counts and agents
          beadswarm stop      end it and keep all work; --graceful lets stages finish
        it prints into {paths.Log}

        """;

    static string ToJson(DetachedStart.Up up, SwarmPaths paths) =>
        JsonLine.Object(json =>
        {
            json.WriteString("type", "started");
            json.WriteNumber("pid", up.Process.Pid);
            json.WriteString("log", paths.Log);
        });
}
