using System.Text.RegularExpressions;
using Beadswarm.Beads;
using Beadswarm.Processes;

namespace Beadswarm.Gates;

/// <summary>One gate to run on one commit.</summary>
/// <param name="Directory">A checkout of exactly that commit.</param>
/// <param name="LogPath">A file of this run alone.</param>
/// <param name="Tag">Marks all processes of this run; unique among all.</param>
sealed record GateRun(GateSpec Spec, string Directory, string Commit, string Tree, string LogPath, string Tag)
{
    /// <summary>Whose change it is; null for the target as a whole.</summary>
    public BeadId? Bead { get; init; }

    /// <summary>A failure on record does not count: perhaps the gate is flaky.</summary>
    public bool Again { get; init; }

    /// <summary>It begins only while others leave room, and leaves them room where there is more than for
    /// one.</summary>
    public bool Behind { get; init; }
}

/// <summary>The bounds of gates.</summary>
sealed record GateLimits
{
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(10);
    public long LogBytesMax { get; init; } = 64 * 1024 * 1024;

    /// <summary>Size of the trimmed output in the result.</summary>
    public int OutputBytesMax { get; init; } = 16 * 1024;

    /// <summary>With less than this free, a failure is blamed on the disk.</summary>
    public long DiskFreeBytesMin { get; init; } = 64 * 1024 * 1024;
}

/// <summary>Runs the commands of a gate: as processes of this machine, or simulated ones.</summary>
interface IGateCommands
{
    /// <summary>The hash of everything that decides what is run; with a tree, it identifies a result.</summary>
    string RecipeOf(GateSpec spec);

    /// <summary>Runs the gate's commands and judges how they ended.</summary>
    /// <param name="baseline">What a counting gate must not exceed, or null before the first one landed.</param>
    /// <exception cref="OperationCanceledException">Cancelled; its processes are gone.</exception>
    Task<GateResult> RunAsync(GateRun run, int? baseline, CancellationToken cancellationToken);
}

/// <summary>
/// Runs commands as evidence: on exactly the commit they are evidence for, with their whole process tree gone
/// afterwards, their log kept and hashed, and the directory put back as it was.
/// </summary>
/// <param name="environment">The orchestrator's own; gates run the agents' code and see only what is allowed.</param>
/// <param name="passEnvironment">Variables that gates see beside the allowed ones.</param>
sealed class GateCommands(
    IReadOnlyDictionary<string, string> environment,
    IReadOnlyList<string> passEnvironment,
    IGateCheckout checkout,
    GateLimits limits,
    TimeProvider timeProvider) : IGateCommands
{
    static readonly TimeSpan CleanupTimeMax = TimeSpan.FromMinutes(2);

    /// <summary>For all lines together: each alone may be quick enough, and there are many.</summary>
    static readonly TimeSpan CountTimeMax = TimeSpan.FromMinutes(1);

    // A test may print this error on purpose; it counts only when the disk is also rather full.
    const long DiskTightFactor = 16;

    readonly Dictionary<string, string> _environment = AllowedEnvironment.Build(
        environment, passEnvironment, new Dictionary<string, string>());

    readonly IReadOnlyList<string> _secrets = Redaction.SecretsOf(environment);

    public string RecipeOf(GateSpec spec) => GateRecipe.Hash(spec, _environment);

    public async Task<GateResult> RunAsync(GateRun run, int? baseline, CancellationToken cancellationToken)
    {
        var recipe = RecipeOf(run.Spec);
        Directory.CreateDirectory(Path.GetDirectoryName(run.LogPath)!); // A log path is a file in a folder.
        await File.WriteAllBytesAsync(run.LogPath, [], cancellationToken);
        var began = timeProvider.GetTimestamp();
        var before = await checkout.InspectAsync(run.Directory, cancellationToken);
        if (Refusal(run, before) is { } refusal)
        {
            return await ResultAsync(
                run, recipe, new GateJudgement(GateStatus.NoVerdict, null, refusal), null, began, cancellationToken);
        }

        var (end, leaks) = await ExecuteAsync(run, run.Spec.Run, run.Spec.Timeout, cancellationToken);
        var diskFull = DiskFull(run, GateLog.Shown(run.LogPath));
        var (count, countProblem) = await CountAsync(run, end, cancellationToken);
        var judgement = GateRules.Judge(end, diskFull, count, baseline);
        judgement = countProblem is null
            ? judgement
            : new GateJudgement(GateStatus.NoVerdict, judgement.ExitCode, countProblem);
        if (!leaks.Clean)
        {
            judgement = judgement with { Reason = $"{judgement.Reason}; left running: {Describe(leaks)}" };
        }

        if (judgement.Status != GateStatus.Passed && run.Spec.Cleanup is { } cleanup)
        {
            await AppendAsync(run.LogPath, $"\n[cleanup: {cleanup}]\n", cancellationToken);
            var (cleaned, _) = await ExecuteAsync(run, cleanup, CleanupTimeMax, cancellationToken);
            await AppendAsync(run.LogPath, $"[cleanup: {GateRules.Judge(cleaned, false, null, null).Reason}]\n",
                cancellationToken);
        }

        var after = await checkout.InspectAsync(run.Directory, cancellationToken);
        if (after.Commit != run.Commit)
        {
            // Whatever it looked at was not this commit, or not to its end. The folder belongs to whoever moved it.
            judgement = new GateJudgement(
                GateStatus.NoVerdict, judgement.ExitCode, $"'{run.Directory}' was moved to {after.Commit} meanwhile");
        }
        else if (after.Changes.Count > 0)
        {
            await checkout.RestoreAsync(run.Directory, run.Commit, cancellationToken);
        }

        return await ResultAsync(run, recipe, judgement, count, began, cancellationToken);
    }

    static string? Refusal(GateRun run, CheckoutState state) =>
        state.Commit != run.Commit ? $"'{run.Directory}' is at {state.Commit}, expected {run.Commit}"
        : state.Changes.Count > 0 ? $"'{run.Directory}' is not clean: {string.Join(", ", state.Changes.Take(5))}"
        : null;

    Task<(ShellEnd End, LeakReport Leaks)> ExecuteAsync(
        GateRun run, string command, TimeSpan timeout, CancellationToken cancellationToken) =>
        new ShellCommand(
            command, run.Directory, _environment, run.LogPath, run.Tag, timeout, limits.Grace, limits.LogBytesMax)
            .RunAsync(timeProvider, cancellationToken);

    async Task<(int? Count, string? Problem)> CountAsync(
        GateRun run, ShellEnd end, CancellationToken cancellationToken)
    {
        if (run.Spec.CountPattern is not { } pattern || end is not ShellEnd.Exited { Code: 0 })
        {
            return (null, null);
        }

        using var late = new CancellationTokenSource(CountTimeMax, timeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        try
        {
            return (await GateLog.CountAsync(run.LogPath, pattern, either.Token), null);
        }
        catch (Exception ended) when (ended is RegexMatchTimeoutException
            || (ended is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return (null, $"counting '{Excerpt.Of(pattern)}' takes too long on this output; "
                + "write gates.*.countPattern without nested repetitions or references back");
        }
    }

    bool DiskFull(GateRun run, string shown)
    {
        var free = Math.Min(
            new DriveInfo(run.Directory).AvailableFreeSpace, new DriveInfo(run.LogPath).AvailableFreeSpace);
        return free < limits.DiskFreeBytesMin
            || (free < limits.DiskFreeBytesMin * DiskTightFactor && GateLog.MentionsNoSpace(shown));
    }

    async Task<GateResult> ResultAsync(
        GateRun run, string recipe, GateJudgement judgement, int? count, long began,
        CancellationToken cancellationToken)
    {
        var shown = OutputTrimming.Trim(GateLog.Shown(run.LogPath), limits.OutputBytesMax);
        return new GateResult(
            run.Spec.Name, recipe, run.Commit, run.Tree, judgement.Status, judgement.ExitCode, judgement.Reason,
            run.LogPath, await GateLog.HashAsync(run.LogPath, cancellationToken), Redaction.Apply(shown, _secrets),
            count, timeProvider.GetUtcNow(), timeProvider.GetElapsedTime(began));
    }

    static Task AppendAsync(string path, string text, CancellationToken cancellationToken) =>
        File.AppendAllTextAsync(path, text, cancellationToken);

    static string Describe(LeakReport leaks) =>
        string.Join(", ", leaks.Ended.Concat(leaks.Remaining).Select(leak => $"{leak.Command} ({leak.Pid})"));
}
