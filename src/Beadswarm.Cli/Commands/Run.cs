using System.CommandLine;
using System.Globalization;
using Beadswarm.Cli.Rendering;
using Beadswarm.Configuration;
using Beadswarm.Swarms;

namespace Beadswarm.Cli.Commands;

/// <summary>Works the backlog until its target is reached or nothing can become ready.</summary>
static class RunCommand
{
    const string ScriptedAgentName = "beadswarm-scripted-agent";
    const double TimeoutMinutesMax = 60 * 24 * 30;

    public static Command Create(CliHost host)
    {
        var path = new Argument<string?>("PATH")
        {
            Description = "The repository; the current folder when it is left out",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new Command("run", "Work the backlog with many agents and land what passes") { path };
        var options = new SelectOptions(command);
        options.Value(command, "--agents", "N", "agents", "Work with this many agents, spread over the pools");
        options.Value(command, "--target", "N", "select.target", "Stop when this many beads have landed");
        options.Value(command, "--limit", "N", "select.limit", "Begin at most this many beads");
        options.Value(command, "--runner", "NAME", "runner", "Use this runner where a pool names none");
        options.Value(command, "--preset", "NAME", "pipeline.preset", "Use the stages of this preset");
        options.Value(command, "--max-attempts", "N", "pipeline.maxAttempts", "Attempts before a bead is blocked");
        options.Value(command, "--mode", "MODE", "landing.mode", "How beads land: queue, integration or branch");

        var noCommit = new Option<bool>("--no-commit") { Description = "Do not commit the tracker's file" };
        var set = new Option<string[]>("--set")
        {
            Description = "Give any other value of the configuration, for example limits.stageTimeout=5m",
            HelpName = "KEY=VALUE",
        };
        set.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => token.Value.IndexOf('=') < 1))
            {
                result.AddError($"--set is '{token.Value}'; it must be KEY=VALUE");
            }
        });
        var timeout = Timeout();
        var once = new Option<bool>("--once") { Description = "Do not take what becomes ready only while it runs" };
        var resume = new Option<bool>("--resume") { Description = "Go on with the swarm that was stopped" };
        var dryRun = new Option<bool>("--dry-run")
        {
            Description = "Print what would be claimed, by which agents and with which gates; change nothing",
        };
        foreach (var option in new Option[] { noCommit, set, timeout, once, resume, dryRun })
        {
            command.Options.Add(option);
        }

        command.Does(host, async (call, cancellationToken) =>
        {
            var repository = call.Get(path) is { } given
                ? RepositoryFolder.Find(Path.GetFullPath(given, call.StartFolder))
                : call.RepositoryPath;
            IReadOnlyList<ConfigFlag> flags =
            [
                .. options.Flags(call),
                .. call.Get(noCommit)
                    ? [new ConfigFlag("tracker.commit", "false", "--no-commit")]
                    : Array.Empty<ConfigFlag>(),
                .. (call.Get(set) ?? []).Select(pair => pair.Split('=', 2))
                    .Select(pair => new ConfigFlag(pair[0], pair[1], "--set")),
            ];
            var loaded = Settings.Load(await Settings.ReadAsync(repository, host, flags, cancellationToken));
            if (call.Get(dryRun))
            {
                return await RunPlan.PrintAsync(call, repository, loaded, cancellationToken);
            }

            RequireRunnable(loaded);
            var setup = Setup(host, repository, loaded.Config) with
            {
                Resume = call.Get(resume),
                Timeout = call.Get(timeout),
                Once = call.Get(once),
            };
            return (await RunSession.RunAsync(call, setup, cancellationToken)).ExitCode;
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
            Time = host.Time,
            StatusText = (json, width) =>
                StatusView.Parse(json.Span).Format(host.Time.GetUtcNow().UtcDateTime, width),
        };

    static void RequireRunnable(ConfigResult.Loaded loaded)
    {
        if (loaded.RunProblems.Count > 0)
        {
            throw new UserError(
                Settings.Say("no agent can be started", loaded.RunProblems),
                "name a runner with --runner, or in .beadswarm/swarm.yaml; 'beadswarm doctor' tells what is there",
                ExitCodes.ConfigInvalid);
        }
    }

    static Option<TimeSpan?> Timeout() =>
        new("--timeout")
        {
            Description = "Stop at a safe point after this many minutes",
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

                result.AddError($"--timeout is '{result.Tokens[0].Value}'; it must be a number of minutes above 0");
                return null;
            },
        };
}
