using System.Globalization;
using System.Text;
using Beadswarm.Processes;

namespace Beadswarm.Git;

/// <summary>
/// Runs git with everything pinned that could make the same command answer differently: locale, prompts, hooks,
/// housekeeping, identity, dates and, in the swarm's own repositories, the user's configuration.
/// </summary>
sealed class GitRunner(GitSettings settings)
{
    const int StandardErrorCharactersMax = 16 * 1024;

    // fsync of loose objects and refs: a landing that was recorded must survive a power cut, and git's defaults do not.
    static readonly string[] PinnedConfiguration =
    [
        "-c", "core.hooksPath=/dev/null",
        "-c", "gc.auto=0",
        "-c", "maintenance.auto=false",
        "-c", "core.fsmonitor=false",
        "-c", "core.fsync=reference,loose-object,pack,pack-metadata",
        "-c", "core.quotePath=false",
        "-c", "advice.detachedHead=false",
    ];

    readonly Dictionary<string, string> _own = Pinned(settings, GitScope.Own);
    readonly Dictionary<string, string> _user = Pinned(settings, GitScope.User);

    public TimeProvider TimeProvider => settings.TimeProvider;

    public GitIdentity Identity => settings.Identity;

    /// <summary>The same, with every git to be found by this tag when it outlives us.</summary>
    public GitRunner Tagged(string tag) => new(settings with { Tag = tag });

    /// <summary>
    /// Runs the command; waits a little, a bounded number of times, while another git holds a lock it needs.
    /// </summary>
    /// <exception cref="GitException">The exit code is none of the call's answers.</exception>
    public async Task<GitOutput> RunAsync(
        string directory, GitScope scope, GitCall call, CancellationToken cancellationToken)
    {
        var delay = settings.LockRetryDelayMin;
        for (var attempt = 0; ; attempt++)
        {
            var output = await RunOnceAsync(directory, scope, call, cancellationToken);
            if (call.Answers.Contains(output.ExitCode))
            {
                return output;
            }

            var error = output.StandardErrorTail;
            if (attempt >= settings.LockRetriesMax || !GitFailureRules.IsLockHeld(error))
            {
                throw new GitException(
                    call.Arguments, output.ExitCode, error, directory,
                    GitFailureRules.IsTransient(error) || GitFailureRules.WasKilled(output.ExitCode));
            }

            await Task.Delay(delay, settings.TimeProvider, cancellationToken);
            delay = delay * 2 < settings.LockRetryDelayMax ? delay * 2 : settings.LockRetryDelayMax;
        }
    }

    /// <summary>Runs the command once; every exit code is an answer.</summary>
    /// <exception cref="GitException">It took too long or said too much.</exception>
    public async Task<GitOutput> RunOnceAsync(
        string directory, GitScope scope, GitCall call, CancellationToken cancellationToken)
    {
        var spec = new CommandSpec
        {
            FileName = settings.FileName,
            Arguments = Arguments(call),
            WorkingDirectory = directory,
            Environment = EnvironmentOf(scope, call),
            Tag = settings.Tag ?? ProcessSweep.CommandTag,
            StandardInput = call.Input,
            Timeout = call.Timeout ?? settings.Timeout,
            OutputBytesMax = call.OutputBytesMax,
            TimeProvider = settings.TimeProvider,
        };

        try
        {
            var result = await Command.RunAsync(spec, cancellationToken);
            var error = Encoding.UTF8.GetString(result.Stderr);
            return new GitOutput(
                result.ExitCode,
                result.Stdout,
                error.Length <= StandardErrorCharactersMax ? error : error[^StandardErrorCharactersMax..]);
        }
        catch (CommandException exception)
        {
            throw new GitException(call.Arguments, -1, exception.Message, directory, exception.IsTransient, exception);
        }
    }

    static string[] Arguments(GitCall call) =>
    [
        .. PinnedConfiguration,
        .. call.Configuration.SelectMany(entry => new[] { "-c", $"{entry.Name}={entry.Value}" }),
        .. call.Arguments,
    ];

    Dictionary<string, string> EnvironmentOf(GitScope scope, GitCall call)
    {
        var pinned = scope == GitScope.Own ? _own : _user;
        if (call.When is null && call.Environment.Count == 0)
        {
            return pinned;
        }

        var environment = new Dictionary<string, string>(pinned);
        if (call.When is { } when)
        {
            var date = $"@{when.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)} +0000";
            environment["GIT_AUTHOR_DATE"] = date;
            environment["GIT_COMMITTER_DATE"] = date;
            environment["GIT_AUTHOR_NAME"] = settings.Identity.Name;
            environment["GIT_AUTHOR_EMAIL"] = settings.Identity.Email;
            environment["GIT_COMMITTER_NAME"] = settings.Identity.Name;
            environment["GIT_COMMITTER_EMAIL"] = settings.Identity.Email;
        }

        foreach (var (name, value) in call.Environment)
        {
            environment[name] = value;
        }

        return environment;
    }

    static Dictionary<string, string> Pinned(GitSettings settings, GitScope scope)
    {
        // GIT_DIR and its like in the caller's environment would make every command act on another repository. The
        // transport's own variables are the exception: without them a remote may not be reachable.
        var environment = settings.Environment
            .Where(variable => !variable.Key.StartsWith("GIT_", StringComparison.Ordinal)
                || variable.Key.StartsWith("GIT_SSH", StringComparison.Ordinal)
                || variable.Key is "GIT_ASKPASS" or "GIT_CONFIG_GLOBAL" or "GIT_CONFIG_SYSTEM" or "GIT_CONFIG_NOSYSTEM"
                    or "GIT_PROXY_COMMAND" or "GIT_EXEC_PATH")
            .ToDictionary(variable => variable.Key, variable => variable.Value);
        environment["LC_ALL"] = "C";
        environment["GIT_TERMINAL_PROMPT"] = "0";
        environment["GIT_OPTIONAL_LOCKS"] = "0";
        environment["GIT_LITERAL_PATHSPECS"] = "1";
        environment["GIT_EDITOR"] = "true";
        environment["GIT_SEQUENCE_EDITOR"] = "true";
        environment["GIT_NO_REPLACE_OBJECTS"] = "1";
        if (scope == GitScope.Own)
        {
            environment["GIT_CONFIG_NOSYSTEM"] = "1";
            environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
            environment["GIT_ATTR_NOSYSTEM"] = "1";
        }

        return environment;
    }
}
