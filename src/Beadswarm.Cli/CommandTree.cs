using System.CommandLine;
using Beadswarm.Cli.Commands;

namespace Beadswarm.Cli;

/// <summary>
/// The verbs of the program, and the one place where what they throw becomes a message and an exit code.
/// </summary>
static class CommandTree
{
    public static RootCommand Create(CliHost host)
    {
        var root = new RootCommand("Work a backlog of beads with many coding agents and land what passes")
        {
            GlobalOptions.Format,
            GlobalOptions.Repo,
        };
        foreach (var verb in Verbs(host))
        {
            root.Subcommands.Add(verb);
        }

        return root;
    }

    /// <summary>Every verb, in the order of <c>--help</c>. Each is made by <c>Create</c> in Commands/.</summary>
    static IEnumerable<Command> Verbs(CliHost host) =>
    [
        StatusCommand.Create(host),
        ProgressCommand.Create(host),
        AgentsCommand.Create(host),
        FailuresCommand.Create(host),
        QueueCommand.Create(host),
        HistoryCommand.Create(host),
        CompletionCommand.Create(host),
    ];

    public static async Task<int> InvokeAsync(IReadOnlyList<string> args, CliHost host)
    {
        var parsed = Create(host).Parse(args);
        if (parsed.Errors.Count > 0)
        {
            return CliErrors.Report(CliErrors.OfParsing(parsed), AsksForJson(args), host);
        }

        // Signals belong to the verbs: run drains on the first one, so the library must not end the process.
        var configuration = new InvocationConfiguration
        {
            Output = host.Out,
            Error = host.Error,
            EnableDefaultExceptionHandler = false,
            ProcessTerminationTimeout = null,
        };
        try
        {
            return await parsed.InvokeAsync(configuration);
        }
        catch (Exception error) when (CliErrors.From(error) is { } known)
        {
            return CliErrors.Report(known, AsksForJson(args), host);
        }
    }

    /// <summary>Gives a command what it does.</summary>
    public static void Does(
        this Command command, CliHost host, Func<VerbCall, CancellationToken, Task<int>> action) =>
        command.SetAction((parsed, cancellationToken) => action(new VerbCall(parsed, host), cancellationToken));

    /// <summary>Also right for a line that cannot be parsed.</summary>
    static bool AsksForJson(IReadOnlyList<string> args) =>
        args.Contains("--format=json") || args.Contains("--format:json")
        || args.Zip(args.Skip(1)).Any(pair => pair is ("--format", "json"));
}
