using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Beadswarm.Cli.Commands;

namespace Beadswarm.Cli;

/// <summary>
/// The verbs of the program, and the one place where what they throw becomes a message and an exit code.
/// </summary>
static class CommandTree
{
    /// <summary>A plain command, since a root command would be called what the running executable is called.</summary>
    public static Command Create(CliHost host)
    {
        var root = new Command("beadswarm", "Work a backlog of beads with many coding agents and land what passes")
        {
            GlobalOptions.Format,
            GlobalOptions.Repo,
            GlobalOptions.Store,
            new HelpOption("--help", "-h", "-?") { Recursive = true },
            new VersionOption { Action = new PrintVersion(host) },
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
        InitCommand.Create(host),
        DemoCommand.Create(host),
        RunCommand.Create(host),
        StartCommand.Create(host),
        StopCommand.Create(host),
        AttachCommand.Create(host),
        StatusCommand.Create(host),
        ProgressCommand.Create(host),
        AgentsCommand.Create(host),
        FailuresCommand.Create(host),
        BeadsCommand.Create(host),
        QueueCommand.Create(host),
        GatesCommand.Create(host),
        HistoryCommand.Create(host),
        CostsCommand.Create(host),
        WhyCommand.Create(host),
        LogsCommand.Create(host),
        WatchCommand.Create(host),

        PlanCommand.Create(host),
        RetryCommand.Create(host),
        ReleaseCommand.Create(host),
        AuditCommand.Create(host),
        DoctorCommand.Create(host),
        CleanCommand.Create(host),
        ConfigCommand.Create(host),
        DbCommand.Create(host),
        PromptsCommand.Create(host),

        ClaimCommand.Create(host),
        HeartbeatCommand.Create(host),
        StageCommand.Create(host),
        DoneCommand.Create(host),

        SimulateCommand.Create(host),
        CompletionCommand.Create(host),
        AcpClientCommand.Create(host),
        AgentHookCommand.Create(host),
    ];

    /// <summary>
    /// An argument that begins with @ is an argument: the library would put a file's lines in its place.
    /// </summary>
    public static ParseResult Parse(IReadOnlyList<string> args, CliHost host) =>
        Create(host).Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });

    public static async Task<int> InvokeAsync(IReadOnlyList<string> args, CliHost host)
    {
        var parsed = Parse(args, host);
        if (parsed.Errors.Count > 0 || CliErrors.MistakenOption(parsed) is not null)
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

    /// <summary>The version of the program, also when it runs inside of a test.</summary>
    sealed class PrintVersion(CliHost host) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            host.Out.WriteLine($"beadswarm {typeof(CommandTree).Assembly.GetName().Version?.ToString(3)}");
            return ExitCodes.Ok;
        }
    }

    /// <summary>Gives a command what it does.</summary>
    public static void Does(
        this Command command, CliHost host, Func<VerbCall, CancellationToken, Task<int>> action) =>
        command.SetAction((parsed, cancellationToken) => action(new VerbCall(parsed, host), cancellationToken));

    /// <summary>Also right for a line that cannot be parsed.</summary>
    static bool AsksForJson(IReadOnlyList<string> args) =>
        Asks(args, "json")
        || (args.Count > 0 && ExternalVerbs.Names.Contains(args[0]) && !Asks(args, "text"));

    static bool Asks(IReadOnlyList<string> args, string format) =>
        args.Contains($"--format={format}") || args.Contains($"--format:{format}")
        || args.Zip(args.Skip(1)).Any(pair => pair == ("--format", format));
}
