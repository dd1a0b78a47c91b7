using System.Diagnostics;
using Beadswarm.Configuration;

namespace Beadswarm.Tests.Swarms;

/// <summary>
/// An orchestrator in a process of its own, to be killed: this test program again, asked for the one test below, which
/// does nothing in an ordinary run.
/// </summary>
public sealed class SwarmChild : IDisposable
{
    const string Repository = "BEADSWARM_TEST_CHILD_REPOSITORY";
    const string Remote = "BEADSWARM_TEST_CHILD_REMOTE";
    const string Pause = "BEADSWARM_TEST_CHILD_PAUSE";
    const string Agents = "BEADSWARM_TEST_CHILD_AGENTS";
    const string Resolve = "BEADSWARM_TEST_CHILD_RESOLVE";
    const string Budget = "BEADSWARM_TEST_CHILD_BUDGET";

    readonly Process? _process;

    public SwarmChild()
    {
    }

    SwarmChild(Process process) => _process = process;

    /// <summary>Starts a run with one agent.</summary>
    /// <param name="pause">Minutes before what failed for no fault of a bead is tried again.</param>
    /// <param name="resolve">A command that settles conflicts in <c>lock</c>.</param>
    /// <param name="budget">Dollars; its agents then print what Claude Code prints.</param>
    internal static SwarmChild Start(
        SwarmRepository repository, string? remote = null, string? pause = null, int agents = 1,
        string? resolve = null, string? budget = null)
    {
        repository.Config();
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["-class", typeof(SwarmChild).FullName!, "-noLogo"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                [Repository] = repository.Path, [Remote] = remote, [Pause] = pause, [Resolve] = resolve,
                [Agents] = agents.ToString(System.Globalization.CultureInfo.InvariantCulture), [Budget] = budget,
            },
        };
        var process = Process.Start(start)!; // not shell execute: a process is always returned
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new SwarmChild(process);
    }

    /// <summary>Ends it as a power cut would: nothing of it runs any more code. Its agents live.</summary>
    internal async Task KillAsync()
    {
        _process!.Kill(); // only called on what Start gave
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Child_runs_a_swarm_until_it_is_killed()
    {
        if (Environment.GetEnvironmentVariable(Repository) is not { } path)
        {
            return;
        }

        using var repository = SwarmRepository.At(path);
        await repository.RunAsync(repository.Config(
            int.Parse(
                Environment.GetEnvironmentVariable(Agents) ?? "1",
                System.Globalization.CultureInfo.InvariantCulture),
            Change));
    }

    static SwarmConfig Change(SwarmConfig config)
    {
        var remote = Environment.GetEnvironmentVariable(Remote);
        var pause = Environment.GetEnvironmentVariable(Pause);
        if (Environment.GetEnvironmentVariable(Budget) is { Length: > 0 } budget)
        {
            config = BudgetTests.Limited(
                config, BudgetTests.Swarm(decimal.Parse(budget, System.Globalization.CultureInfo.InvariantCulture)));
        }

        return config with
        {
            Landing = config.Landing with
            {
                Remote = remote is { Length: > 0 } ? remote : config.Landing.Remote,
                Resolve = Environment.GetEnvironmentVariable(Resolve) is { Length: > 0 } command
                    ? [ResolvingLock(command)]
                    : [],
            },
            Limits = pause is { Length: > 0 } ? Pausing(config.Limits, pause) : config.Limits,
        };
    }

    internal static ResolveRule ResolvingLock(string command) =>
        new([new PathPattern("lock")], command, TimeSpan.FromMinutes(5));

    internal static LimitsConfig Pausing(LimitsConfig limits, string minutes)
    {
        var pause = TimeSpan.FromMinutes(int.Parse(minutes, System.Globalization.CultureInfo.InvariantCulture));
        return limits with { RetryDelayMin = pause, RetryDelayMax = pause };
    }

    public void Dispose()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
        }

        _process?.Dispose();
    }
}
