using System.CommandLine;
using System.Globalization;
using Beadswarm.Cli.Commands;
using Beadswarm.Configuration;
using Beadswarm.Swarms;

namespace Beadswarm.Cli;

/// <summary>
/// The options of <c>run</c>, which are those of <c>start</c>: what is worked, with whom, and for how long.
/// </summary>
sealed class RunOptions
{
    const double TimeoutMinutesMax = 60 * 24 * 30;

    readonly Argument<string?> _path = new("PATH")
    {
        Description = "The repository; the current folder when it is left out",
        Arity = ArgumentArity.ZeroOrOne,
    };

    readonly Option<bool> _noCommit = new("--no-commit") { Description = "Do not commit the tracker's file" };

    readonly Option<string[]> _set = new("--set")
    {
        Description = "Give any other value of the configuration, for example limits.stageTimeout=5m",
        HelpName = "KEY=VALUE",
    };

    readonly Option<TimeSpan?> _timeout = Minutes("--timeout", "Stop at a safe point after this many minutes");

    readonly Option<bool> _once = new("--once")
    {
        Description = "Do not take what becomes ready only while it runs",
    };

    readonly Option<bool> _resume = new("--resume")
    {
        Description = "Go on with the swarm that was stopped or killed; refused when there is none",
    };

    readonly Option<bool> _dryRun = new("--dry-run")
    {
        Description = "Print what would be claimed, by which agents and with which gates; change nothing",
    };

    readonly SelectOptions _select;

    public RunOptions(Command command)
    {
        command.Arguments.Add(_path);
        _select = new SelectOptions(command);
        _select.Value(command, "--agents", "N", "agents", "Work with this many agents, spread over the pools");
        _select.Value(command, "--target", "N", "select.target", "Stop when this many beads have landed");
        _select.Value(command, "--limit", "N", "select.limit", "Begin at most this many beads");
        _select.Value(command, "--runner", "NAME", "runner", "Use this runner where a pool names none");
        _select.Value(command, "--preset", "NAME", "pipeline.preset", "Use the stages of this preset");
        _select.Value(command, "--max-attempts", "N", "pipeline.maxAttempts", "Attempts before a bead is blocked");
        _select.Value(
            command, "--mode", "MODE", "landing.mode", "How beads land: queue, integration, branch or pull-request");
        _set.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => token.Value.IndexOf('=') < 1))
            {
                result.AddError($"--set is '{token.Value}'; it must be KEY=VALUE");
            }
        });
        foreach (var option in new Option[] { _noCommit, _set, _timeout, _once, _resume, _dryRun })
        {
            command.Options.Add(option);
        }
    }

    /// <summary>An option that takes a number of minutes above 0.</summary>
    public static Option<TimeSpan?> Minutes(string name, string description) =>
        new(name)
        {
            Description = description,
            HelpName = "MIN",
            CustomParser = result =>
            {
                if (double.TryParse(
                        result.Tokens[0].Value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture,
                        out var minutes)
                    && minutes is > 0 and <= TimeoutMinutesMax)
                {
                    return TimeSpan.FromMinutes(minutes);
                }

                result.AddError($"{name} is '{result.Tokens[0].Value}'; it must be a number of minutes above 0");
                return null;
            },
        };

    /// <summary>The root of the repository that is to be worked.</summary>
    public string RepositoryOf(VerbCall call) =>
        call.Get(_path) is { } given
            ? RepositoryFolder.Find(Path.GetFullPath(given, call.StartFolder))
            : call.RepositoryPath;

    /// <summary>Prints the plan when that is all that was asked for, and says the exit code; else null.</summary>
    public async Task<int?> PlanAsync(VerbCall call, CancellationToken cancellationToken)
    {
        if (!call.Get(_dryRun))
        {
            return null;
        }

        var repository = RepositoryOf(call);
        return await RunPlan.PrintAsync(
            call, repository, await LoadAsync(call, repository, cancellationToken), cancellationToken);
    }

    /// <exception cref="UserError">The configuration is refused, or names no agent that can be started.</exception>
    public async Task<SwarmSetup> SetupAsync(VerbCall call, CancellationToken cancellationToken)
    {
        var repository = RepositoryOf(call);
        var loaded = await LoadAsync(call, repository, cancellationToken);
        if (loaded.RunProblems.Count > 0 && loaded.Config.AgentCount > 0)
        {
            throw new UserError(
                Settings.Say("no agent can be started", loaded.RunProblems),
                "name a runner with --runner, or in .beadswarm/swarm.yaml; 'beadswarm doctor' tells what is there",
                ExitCodes.ConfigInvalid);
        }

        return RunCommand.Setup(call.Host, repository, loaded.Config) with
        {
            Resume = call.Get(_resume),
            Timeout = call.Get(_timeout),
            Once = call.Get(_once),
        };
    }

    async Task<ConfigResult.Loaded> LoadAsync(
        VerbCall call, string repository, CancellationToken cancellationToken)
    {
        IReadOnlyList<ConfigFlag> flags =
        [
            .. _select.Flags(call),
            .. StoreChoice.Flags(call),
            .. call.Get(_noCommit)
                ? [new ConfigFlag("tracker.commit", "false", "--no-commit")]
                : Array.Empty<ConfigFlag>(),
            .. (call.Get(_set) ?? []).Select(pair => pair.Split('=', 2))
                .Select(pair => new ConfigFlag(pair[0], pair[1], "--set")),
        ];
        return Settings.Load(await Settings.ReadAsync(repository, call.Host, flags, cancellationToken));
    }
}
